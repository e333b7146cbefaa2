//! Times as Graph writes them.

use jiff::civil::{Date, DateTime};

use crate::zones::Zone;

/// Reads a wall-clock time (`2027-05-11T09:00:00.0000000`) in `zone`, or a time with an offset.
/// Returns the seconds since 1970, and what the wall clock of `zone` shows; `None` for anything
/// else, and for a time without offset where no zone is known.
pub(super) fn wall_clock(text: &str, zone: Option<&Zone>) -> Option<(i64, DateTime)> {
    let (text, offset) = split_offset(text)?;
    let wall = read_wall(text)?;
    match offset {
        Some(offset) => {
            let instant = Zone::UTC.instant(wall)? - offset;
            Some((instant, zone.unwrap_or(&Zone::UTC).wall(instant)?))
        }
        None => Some((zone?.instant(wall)?, wall)),
    }
}

/// Reads a day such as `2027-05-11`.
pub fn read_day(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| read_wall(&format!("{text}T00:00:00")))?.map(DateTime::date)
}

/// Returns a day as `2027-05-11`.
pub fn day_text(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// Splits a time from its offset, in seconds, where it has one.
fn split_offset(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(text) = text.strip_suffix(['Z', 'z']) {
        return Some((text, Some(0)));
    }
    // The date has hyphens too.
    let Some(sign) = text.rfind(['+', '-']).filter(|at| *at > 10) else {
        return Some((text, None));
    };
    let (hours, minutes) = text.get(sign + 1..)?.split_once(':')?;
    let seconds = i64::from(number(hours)?) * 3600 + i64::from(number(minutes)?) * 60;
    let is_west = text.get(sign..)?.starts_with('-');
    Some((text.get(..sign)?, Some(if is_west { -seconds } else { seconds })))
}

fn read_wall(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    let mut date = date.split('-').map(number);
    let mut time = time.split(':').map(number);
    let year = date.next()??;
    let small = |part: Option<Option<i16>>| i8::try_from(part??).ok();
    let (month, day) = (small(date.next())?, small(date.next())?);
    let (hour, minute) = (small(time.next())?, small(time.next())?);
    let second = small(time.next())?;
    let is_complete = date.next().is_none() && time.next().is_none();
    is_complete.then(|| DateTime::new(year, month, day, hour, minute, second, 0).ok())?
}

fn number(digits: &str) -> Option<i16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        wall_clock(text, Some(&Zone::UTC)).map(|(instant, _)| instant)
    }

    #[test]
    fn times_are_read_in_every_form_that_graph_writes() {
        let nine = Some(1_809_421_200);
        for same in [
            "2027-05-04T09:00:00.0000000",
            "2027-05-04T09:00:00",
            "2027-05-04T09:00:00Z",
            "2027-05-04T09:00:00.1234567Z",
            "2027-05-04T11:00:00+02:00",
            "2027-05-04T03:30:00-05:30",
        ] {
            assert_eq!(seconds(same), nine, "{same}");
        }
        assert_eq!(seconds("1970-01-01T00:00:01"), Some(1));
        assert_eq!(seconds("1601-01-01T00:00:00Z"), Some(-11_644_473_600));
        assert!(
            seconds("9999-12-30T00:00:00").is_some() && seconds("0001-01-01T00:00:00").is_some()
        );
    }

    #[test]
    fn anything_else_is_no_time() {
        for wrong in [
            "",
            "T",
            "2027-05-04",
            "2027-05-04T",
            "2027-05-04T09",
            "2027-02-30T09:00:00",
            "2027-05-04T24:00:00",
            "2027-05-04T09:00:00+",
            "2027-05-04T09:00:00+2",
            "-5",
            "2027-05-04T09:00:00.x",
            "2027-05-04T09:00:00:00",
            "20270-05-04T09:00:00",
            "2027-05-04T09:00:00é",
            "2027-13-04T09:00:00",
            "99999999999-05-04T09:00:00",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert_eq!(wall_clock("2027-05-04T09:00:00", None), None);
    }

    #[test]
    fn a_day_has_ten_characters() {
        assert_eq!(day_text(jiff::civil::date(27, 5, 4)), "0027-05-04");
        assert_eq!(day_text(jiff::civil::date(2027, 12, 31)), "2027-12-31");
    }
}
