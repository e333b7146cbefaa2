//! Days in the addresses of pages.

use axum::http::StatusCode;
use jiff::{Span, Timestamp, ToSpan as _, civil::Date};

use crate::{serve::failure::Failure, store::BookableRoom, zones};

/// Years that pages show.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2200;

/// Reads a day as it is written in addresses. `None` where the text is empty.
///
/// # Errors
/// The text is not a day of the years that pages show.
pub(in crate::serve) fn read(text: &str) -> Result<Option<Date>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse::<Date>().ok().filter(|day| YEARS.contains(&day.year()));
    day.map(Some).ok_or_else(|| {
        Failure::new(
            StatusCode::BAD_REQUEST,
            "day",
            "The date in the address is not valid",
            format!(
                "Go back and enter a date such as 2027-01-31, between the years {} and {}",
                YEARS.start(),
                YEARS.end()
            ),
        )
    })
}

/// Returns the day some days later, or the day itself at the end of the calendar.
pub(in crate::serve) fn later(day: Date, days: i64) -> Date {
    day.checked_add(Span::new().days(days)).unwrap_or(day)
}

/// Returns the Monday of the week of a day.
pub(in crate::serve) fn monday(day: Date) -> Date {
    let days = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(days.days()).unwrap_or(day)
}

/// Returns the present day in the time zone that most rooms have; `other` is that of rooms that
/// have none of their own.
pub(in crate::serve) fn today(rooms: &[BookableRoom], other: Option<&str>, now: Timestamp) -> Date {
    let mut counts = std::collections::BTreeMap::new();
    for name in rooms.iter().filter_map(|room| room.time_zone.as_deref().or(other)) {
        *counts.entry(name).or_insert(0) += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name);
    let zone = most.or(other).and_then(zones::zone).unwrap_or(jiff::tz::TimeZone::UTC);
    zones::day_of(now.as_second(), &zone)
}
