//! Times of day as users enter them, and the instants that they are.

use jiff::{
    Timestamp, ZonedDateTime,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// Which of two instants a time of day is that the clock shows twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    First,
    Second,
}

/// Why a time of day is not one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unclear {
    /// The clock leaves the time out.
    Skipped(String),
    /// The clock shows the time twice, and no choice was made.
    Doubled(String),
}

impl Unclear {
    /// Returns the explanation for the user.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Skipped(text) | Self::Doubled(text) => text,
        }
    }
}

/// Reads a time as browsers send it: `09:00`, or `09:00:00`.
pub(super) fn read(text: &str) -> Option<Time> {
    let text = text.trim();
    let hours = text.split(':').next()?;
    // `Time` also reads `0900`, and fractions of seconds.
    let is_clock = matches!(text.len(), 5 | 8) && hours.len() == 2;
    let time = text.parse::<Time>().ok().filter(|_| is_clock)?;
    Time::new(time.hour(), time.minute(), 0, 0).ok()
}

/// Returns the instant of a time of day, in seconds since 1970.
pub(super) fn instant(
    day: Date,
    time: Time,
    which: Option<Which>,
    zone: &TimeZone,
) -> Result<i64, Unclear> {
    let at = day.to_datetime(time);
    let found = zone.to_ambiguous_timestamp(at);
    let chosen = match (found.offset(), which) {
        (AmbiguousOffset::Unambiguous { .. }, _) => found.earlier(),
        (AmbiguousOffset::Fold { .. }, Some(Which::First)) => found.earlier(),
        (AmbiguousOffset::Fold { .. }, Some(Which::Second)) => found.later(),
        (AmbiguousOffset::Gap { before, .. }, _) => {
            let (from, to) = change(before.to_timestamp(at).ok(), zone);
            let clock = at.strftime("%H:%M");
            return Err(Unclear::Skipped(format!(
                "{clock} does not exist on this day: the clock goes forward from {from} to {to}"
            )));
        }
        (AmbiguousOffset::Fold { after, .. }, None) => {
            let (from, to) = change(after.to_timestamp(at).ok(), zone);
            let clock = at.strftime("%H:%M");
            return Err(Unclear::Doubled(format!(
                "The clock shows {clock} twice on this day, because it goes back from {from} to \
                 {to}. Choose which time you mean"
            )));
        }
    };
    // Only at the ends of the calendar, which days of pages do not reach.
    Ok(chosen.map_or(0, Timestamp::as_second))
}

/// Whether the clock shows this time twice.
pub(super) fn is_doubled(at: DateTime, zone: &TimeZone) -> bool {
    matches!(zone.to_ambiguous_timestamp(at).offset(), AmbiguousOffset::Fold { .. })
}

/// Returns the names of both offsets of a time that the clock shows twice: `UTC+02:00`.
pub(super) fn offsets(at: DateTime, zone: &TimeZone) -> Option<[String; 2]> {
    let AmbiguousOffset::Fold { before, after } = zone.to_ambiguous_timestamp(at).offset() else {
        return None;
    };
    let name = |offset| {
        let zoned = ZonedDateTime::new(Timestamp::UNIX_EPOCH, TimeZone::fixed(offset));
        zoned.strftime("UTC%:z").to_string()
    };
    Some([name(before), name(after)])
}

/// Returns what the clock shows before and after the latest change up to an instant.
fn change(up_to: Option<Timestamp>, zone: &TimeZone) -> (String, String) {
    let next =
        up_to.and_then(|instant| instant.checked_add(jiff::SignedDuration::from_secs(1)).ok());
    let changed = next.and_then(|instant| zone.preceding(instant).next());
    let Some(changed) = changed else { return ("one time".to_owned(), "another".to_owned()) };
    let at = changed.timestamp();
    let before = at.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(at);
    let before = zone.to_offset(before).to_datetime(at);
    let clock = |time: DateTime| time.strftime("%H:%M").to_string();
    (clock(before), clock(changed.offset().to_datetime(at)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::zones;

    fn at(day: &str, time: &str, which: Option<Which>, zone: &str) -> Result<String, String> {
        let zone = zones::zone(zone).unwrap();
        instant(day.parse().unwrap(), read(time).unwrap(), which, &zone)
            .map(|second| Timestamp::from_second(second).unwrap().to_string())
            .map_err(|unclear| unclear.text().to_owned())
    }

    #[test]
    fn a_time_is_an_instant_of_its_zone() {
        let winter = at("2027-01-11", "09:00", None, "Europe/Berlin");
        assert_eq!(winter.unwrap(), "2027-01-11T08:00:00Z");
        let summer = at("2027-07-11", "09:00:30", None, "Europe/Berlin");
        assert_eq!(summer.unwrap(), "2027-07-11T07:00:00Z");
        // A choice that is not needed changes nothing.
        let chosen = at("2027-01-11", "09:00", Some(Which::Second), "Asia/Kolkata");
        assert_eq!(chosen.unwrap(), "2027-01-11T03:30:00Z");
    }

    #[test]
    fn a_time_that_the_clock_leaves_out_is_explained() {
        let skipped = |zone, day, time| at(day, time, Some(Which::First), zone).unwrap_err();
        assert_eq!(
            skipped("Europe/Berlin", "2027-03-28", "02:30"),
            "02:30 does not exist on this day: the clock goes forward from 02:00 to 03:00"
        );
        assert_eq!(
            skipped("Australia/Lord_Howe", "2027-10-03", "02:15"),
            "02:15 does not exist on this day: the clock goes forward from 02:00 to 02:30"
        );
        assert_eq!(
            skipped("America/Santiago", "2027-09-05", "00:00"),
            "00:00 does not exist on this day: the clock goes forward from 00:00 to 01:00"
        );
    }

    #[test]
    fn of_a_time_that_the_clock_shows_twice_one_is_chosen() {
        let doubled = |which| at("2027-10-31", "02:30", which, "Europe/Berlin");
        assert_eq!(
            doubled(None).unwrap_err(),
            "The clock shows 02:30 twice on this day, because it goes back from 03:00 to 02:00. \
             Choose which time you mean"
        );
        assert_eq!(doubled(Some(Which::First)).unwrap(), "2027-10-31T00:30:00Z");
        assert_eq!(doubled(Some(Which::Second)).unwrap(), "2027-10-31T01:30:00Z");
        let zone = zones::zone("Europe/Berlin").unwrap();
        let both = offsets("2027-10-31T02:30".parse().unwrap(), &zone).unwrap();
        assert_eq!(both, ["UTC+02:00", "UTC+01:00"]);
    }

    #[test]
    fn only_texts_that_browsers_send_are_times() {
        for text in ["", "9:00", "0900", "24:00", "09:60", "09:00:61", "T09:00", "09:00.5", "x"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(" 23:59 ").unwrap(), jiff::civil::time(23, 59, 0, 0));
    }
}
