//! A day of a time zone, divided into slots of five minutes.

use jiff::{civil::Date, tz::TimeZone};

use super::{dates, sheet::MOST_SLOTS, words};
use crate::{
    model::{TimeRange, overlaps},
    zones,
};

/// Length of a slot, in seconds.
const SLOT: i64 = 5 * 60;

/// Number of slots of a day of 24 hours.
const DAY: i64 = 24 * 60 * 60 / SLOT;

/// A day of a time zone.
#[derive(Clone)]
pub(in crate::serve) struct Track {
    pub(in crate::serve) day: Date,
    pub(in crate::serve) zone: TimeZone,
    /// From the beginning to the end of the day.
    pub(in crate::serve) time: TimeRange,
    /// The hours of the day.
    pub(in crate::serve) axis: Vec<Hour>,
}

/// A label of the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Hour {
    /// Slot at which the hour begins.
    pub(in crate::serve) at: i64,
    /// The hour, as the clock shows it.
    pub(in crate::serve) hour: i8,
}

impl Track {
    pub(in crate::serve) fn new(day: Date, zone: TimeZone) -> Self {
        let time = zones::days(day, dates::later(day, 1), &zone);
        let mut track = Self { day, zone, time, axis: Vec::new() };
        // The offsets of time zones are quarters of hours.
        track.axis = (0..track.slots()).step_by(3).filter_map(|at| track.hour(at)).collect();
        track
    }

    fn hour(&self, at: i64) -> Option<Hour> {
        let second = self.time.starts + at * SLOT;
        let clock = self.zone.to_datetime(jiff::Timestamp::from_second(second).ok()?);
        (clock.minute() == 0).then(|| Hour { at, hour: clock.hour() })
    }

    /// Returns the number of slots.
    pub(in crate::serve) fn slots(&self) -> i64 {
        ((self.time.ends - self.time.starts + SLOT - 1) / SLOT).clamp(1, MOST_SLOTS)
    }

    /// Returns the first slot of a time, and the one after its last. It takes at least one.
    pub(in crate::serve) fn place(&self, time: TimeRange) -> (i64, i64) {
        let within =
            |second: i64| second.clamp(self.time.starts, self.time.ends.max(self.time.starts));
        let from = (within(time.starts) - self.time.starts) / SLOT;
        let to = (within(time.ends) - self.time.starts + SLOT - 1) / SLOT;
        let from = from.min(self.slots() - 1);
        (from, to.clamp(from + 1, self.slots()))
    }

    /// Whether a time is on the day. One without length counts.
    pub(in crate::serve) fn has(&self, time: TimeRange) -> bool {
        overlaps(time, self.time)
    }

    /// Returns the sentence about a day on which the clock changes.
    pub(in crate::serve) fn note(&self) -> Option<String> {
        let minutes = (self.time.ends - self.time.starts) / 60;
        if minutes * 60 == DAY * SLOT {
            return None;
        }
        let length = match (minutes / 60, minutes % 60) {
            (hours, 0) => format!("{hours} hours"),
            (hours, minutes) => format!("{hours} hours and {minutes} minutes"),
        };
        Some(format!("The clock changes on {}: the day has {length}", words::short_day(self.day)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn track(day: &str, zone: &str) -> Track {
        Track::new(day.parse().unwrap(), zones::zone(zone).unwrap())
    }

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    fn hours(track: &Track) -> Vec<i8> {
        track.axis.iter().map(|hour| hour.hour).collect()
    }

    #[test]
    fn a_day_has_the_hours_that_its_clock_shows() {
        assert_eq!(hours(&track("2027-01-11", "Europe/Berlin")), (0..24).collect::<Vec<_>>());
        let spring = track("2027-03-28", "Europe/Berlin");
        assert_eq!((spring.slots(), &hours(&spring)[..4]), (276, &[0, 1, 3, 4][..]));
        let autumn = track("2027-10-31", "Europe/Berlin");
        assert_eq!((autumn.slots(), &hours(&autumn)[..5]), (300, &[0, 1, 2, 2, 3][..]));
        // Half an hour.
        let autumn = track("2027-04-04", "Australia/Lord_Howe");
        assert_eq!((autumn.slots(), &hours(&autumn)[..4]), (294, &[0, 1, 2, 3][..]));
        assert_eq!(autumn.axis[3].at, 42, "03:00 is three hours and a half after midnight");
        assert!(autumn.note().unwrap().ends_with("the day has 24 hours and 30 minutes"));
        // At midnight.
        let spring = track("2027-09-05", "America/Santiago");
        assert_eq!((spring.slots(), hours(&spring)[0]), (276, 1));
        // Samoa had no 30 December 2011.
        assert_eq!(track("2011-12-30", "Pacific/Apia").slots(), 1);
    }

    #[test]
    fn a_time_is_placed_by_what_has_passed_of_the_day_and_is_cut_to_it() {
        let autumn = track("2027-10-31", "Europe/Berlin");
        let place = |starts, ends| autumn.place(TimeRange { starts: at(starts), ends: at(ends) });
        assert_eq!(place("2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"), (0, 300));
        assert_eq!(place("2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z"), (24, 36));
        assert_eq!(place("2027-10-31T01:00:00Z", "2027-10-31T02:00:00Z"), (36, 48));
        assert_eq!(place("2020-01-01T00:00:00Z", "2027-10-30T22:01:00Z"), (0, 1));
        assert_eq!(place("2027-10-31T22:59:00Z", "2030-01-01T00:00:00Z"), (299, 300));
        assert_eq!(place("2027-10-31T12:00:00Z", "2027-10-31T12:00:00Z"), (168, 169));
    }
}
