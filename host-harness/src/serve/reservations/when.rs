//! When a booking takes place, as the form has it.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    clock::{self, Which},
    fields::{Wrong, name},
};
use crate::{
    form::Entered,
    model::{BookingTime, DateRange, TimeRange},
    serve::bookings::dates,
    zones,
};

/// Longest booking, in days.
const LONGEST: i64 = 31;

/// Reads the day, without which no other field has a meaning.
pub(super) fn day(entered: &Entered) -> Result<Date, Wrong> {
    let text = entered.text(name::DAY).unwrap_or_default().trim();
    let problem = || Wrong::new(name::DAY, "Enter a day such as 2027-01-31");
    if text.is_empty() {
        return Err(problem());
    }
    dates::read(text).ok().flatten().ok_or_else(problem)
}

/// Reads when a booking takes place. `zone` is that of the rooms.
pub(super) fn read(entered: &Entered, zone: &TimeZone) -> Result<BookingTime, Vec<Wrong>> {
    let day = day(entered).map_err(|wrong| vec![wrong])?;
    match entered.text(name::WHEN) {
        Some("days") => days(entered, day).map_err(|wrong| vec![wrong]),
        _ => hours(entered, day, zone),
    }
}

fn days(entered: &Entered, first: Date) -> Result<BookingTime, Wrong> {
    let text = entered.text(name::LAST).unwrap_or_default().trim();
    let last = match text {
        "" => first,
        text => {
            let last = dates::read(text).ok().flatten();
            last.ok_or_else(|| Wrong::new(name::LAST, "Enter a day such as 2027-01-31"))?
        }
    };
    if last < first {
        return Err(Wrong::new(name::LAST, "The last day is before the first one"));
    }
    if first.duration_until(last).as_hours() >= LONGEST * 24 {
        let text = format!("A booking has {LONGEST} days at most");
        return Err(Wrong::new(name::LAST, text));
    }
    let until = dates::later(last, 1).to_string();
    Ok(BookingTime::Days(DateRange { first: first.to_string(), until }))
}

fn hours(entered: &Entered, day: Date, zone: &TimeZone) -> Result<BookingTime, Vec<Wrong>> {
    let (from, to) = (time(entered, name::FROM), time(entered, name::TO));
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => return Err(from.err().into_iter().chain(to.err()).collect()),
    };
    // 00:00 is the end of the day.
    let is_midnight = to == Time::midnight();
    let last = if is_midnight { dates::later(day, 1) } else { day };
    if !is_midnight && to <= from && !clock::is_doubled(day.to_datetime(to), zone) {
        let text = "The booking ends before it begins. 00:00 is the end of the day";
        return Err(vec![Wrong::new(name::TO, text)]);
    }
    let starts = instant(entered, name::FROM, day, from, zone);
    let ends = instant(entered, name::TO, last, to, zone);
    match (starts, ends) {
        (Ok(starts), Ok(ends)) if starts >= ends => {
            Err(vec![Wrong::new(name::TO, "The booking ends before it begins")])
        }
        (Ok(starts), Ok(ends)) => Ok(BookingTime::Hours(TimeRange { starts, ends })),
        (starts, ends) => Err(starts.err().into_iter().chain(ends.err()).collect()),
    }
}

fn time(entered: &Entered, field: &'static str) -> Result<Time, Wrong> {
    let text = entered.text(field).unwrap_or_default();
    clock::read(text).ok_or_else(|| Wrong::new(field, "Enter a time such as 09:00"))
}

fn instant(
    entered: &Entered,
    field: &'static str,
    day: Date,
    time: Time,
    zone: &TimeZone,
) -> Result<i64, Wrong> {
    let which = match entered.text(&format!("{field}-which")) {
        Some("first") => Some(Which::First),
        Some("second") => Some(Which::Second),
        _ => None,
    };
    clock::instant(day, time, which, zone).map_err(|unclear| Wrong::new(field, unclear.text()))
}

/// Returns the two meanings of a time of the form that the clock shows twice on its day.
pub(super) fn meanings(entered: &Entered, field: &str, zone: &TimeZone) -> Option<[String; 2]> {
    let day = day(entered).ok()?;
    let time = clock::read(entered.text(field)?)?;
    let is_end = field == name::TO && time == Time::midnight();
    let day = if is_end { dates::later(day, 1) } else { day };
    clock::offsets(day.to_datetime(time), zone)
}

/// Returns whether a booking is over.
pub(super) fn is_over(time: &BookingTime, zone: &TimeZone, now: Timestamp) -> bool {
    instants(time, zone).ends <= now.as_second()
}

/// Returns the instants of a booking. Days are those of the zone.
pub(super) fn instants(time: &BookingTime, zone: &TimeZone) -> TimeRange {
    match time {
        BookingTime::Hours(time) => *time,
        BookingTime::Days(DateRange { first, until }) => {
            let day = |text: &str| text.parse::<Date>().unwrap_or_default();
            zones::days(day(first), day(until), zone)
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn entered(fields: &[(&str, &str)]) -> Entered {
        let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Entered::new(pairs)
    }

    fn hours(fields: &[(&str, &str)]) -> Result<(String, String), Vec<Wrong>> {
        let zone = zones::zone("Europe/Berlin").unwrap();
        let at = |second| Timestamp::from_second(second).unwrap().to_string();
        read(&entered(fields), &zone).map(|time| match time {
            BookingTime::Hours(time) => (at(time.starts), at(time.ends)),
            BookingTime::Days(days) => (days.first, days.until),
        })
    }

    #[test]
    fn hours_and_days_are_those_of_the_room() {
        let read = hours(&[("day", "2027-01-11"), ("from", "09:00"), ("to", "10:30")]).unwrap();
        assert_eq!(read, ("2027-01-11T08:00:00Z".to_owned(), "2027-01-11T09:30:00Z".to_owned()));
        let night = hours(&[("day", "2027-01-11"), ("from", "23:00"), ("to", "00:00")]).unwrap();
        assert_eq!(night.1, "2027-01-11T23:00:00Z", "midnight ends the day");
        let days = [("when", "days"), ("day", "2027-01-11"), ("last", "2027-01-12")];
        assert_eq!(hours(&days).unwrap(), ("2027-01-11".to_owned(), "2027-01-13".to_owned()));
        assert_eq!(hours(&days[..2]).unwrap().1, "2027-01-12", "one day without a last one");
        let changes = [("day", "2027-10-31"), ("from", "02:00"), ("to", "02:30")];
        let both = [("from-which", "first"), ("to-which", "second")];
        let autumn = hours(&[changes.as_slice(), &both].concat()).unwrap();
        assert_eq!(autumn, ("2027-10-31T00:00:00Z".to_owned(), "2027-10-31T01:30:00Z".to_owned()));
    }

    #[test]
    fn what_cannot_be_is_said_at_its_field() {
        let wrong = |fields: &[(&str, &str)]| -> Vec<_> {
            hours(fields).unwrap_err().into_iter().map(|wrong| wrong.field).collect()
        };
        assert_eq!(wrong(&[("from", "09:00"), ("to", "10:00")]), ["day"]);
        assert_eq!(wrong(&[("day", "2027-02-30")]), ["day"]);
        assert_eq!(wrong(&[("day", "2027-01-11")]), ["from", "to"]);
        let day = ("day", "2027-01-11");
        assert_eq!(wrong(&[day, ("from", "10:00"), ("to", "09:00")]), ["to"]);
        assert_eq!(wrong(&[day, ("from", "10:00"), ("to", "10:00")]), ["to"]);
        assert_eq!(wrong(&[day, ("when", "days"), ("last", "2027-01-10")]), ["last"]);
        assert_eq!(wrong(&[day, ("when", "days"), ("last", "2027-02-11")]), ["last"]);
        let spring = [("day", "2027-03-28"), ("from", "02:15"), ("to", "02:45")];
        assert_eq!(wrong(&spring), ["from", "to"]);
        let autumn = [("day", "2027-10-31"), ("from", "02:30"), ("to", "04:00")];
        assert_eq!(wrong(&autumn), ["from"]);
        let backwards = [("from-which", "second"), ("to-which", "first"), ("to", "02:30")];
        assert_eq!(wrong(&[&autumn[..2], &backwards].concat()), ["to"]);
    }
}
