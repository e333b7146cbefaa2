//! The records of the interface.

use jiff::{Timestamp, civil::Date};
pub use ones_records::{Error as Refusal, *};

/// Returns when the oldest of what is owed was first reported.
pub fn owed_since(owed: Owed) -> Timestamp {
    Timestamp::from_second(owed.since).unwrap_or_default()
}

/// Returns whether a time overlaps another one. One without length counts as in it.
pub fn overlaps(time: TimeRange, other: TimeRange) -> bool {
    time.starts < other.ends && (time.ends > other.starts || time.starts >= other.starts)
}

/// Returns the day of the week.
pub fn weekday(date: Date) -> Weekday {
    match date.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}
