//! Times of bookings, in words.

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use crate::{
    model::{BookingTime, DateRange, TimeRange},
    zones,
};

/// Returns when a booking takes place, in a time zone: `2027-01-11 09:00–10:00`, or
/// `2027-01-11 all day`. The name of the zone is not part of it.
pub fn in_words(time: &BookingTime, zone: &TimeZone) -> String {
    match time {
        BookingTime::Hours(hours) => hours_in_words(*hours, zone),
        BookingTime::Days(DateRange { first, until }) => {
            let last = until.parse::<Date>().and_then(|until| until.checked_sub(1.day()));
            match last.map(|last| last.to_string()) {
                Ok(last) if last != *first => format!("{first} – {last} all day"),
                _ => format!("{first} all day"),
            }
        }
    }
}

/// As [`in_words`], with the name of the time zone: `2027-01-11 09:00–10:00 Europe/Berlin`.
pub fn in_zone(time: &BookingTime, name: &str, zone: &TimeZone) -> String {
    format!("{} {name}", in_words(time, zone))
}

fn hours_in_words(TimeRange { starts, ends }: TimeRange, zone: &TimeZone) -> String {
    let local = |second| zone.to_datetime(Timestamp::from_second(second).unwrap_or_default());
    let (first, last) = (local(starts), local(ends));
    let first = first.strftime("%Y-%m-%d %H:%M");
    match zones::day_of(starts, zone) == last.date() {
        true => format!("{first}–{}", last.strftime("%H:%M")),
        false => format!("{first} – {}", last.strftime("%Y-%m-%d %H:%M")),
    }
}
