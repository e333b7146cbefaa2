//! Whether a batch obeys the interface.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    model::{
        BATCH, BOOKINGS, Booking, BookingBatch, BookingChange, BookingTime, DateRange, TimeRange,
    },
    plugin::CallError,
    zones,
};

/// Largest checkpoint of a room, in bytes.
const LARGEST_CHECKPOINT: usize = 256 << 10;

/// Checks a batch on its own.
pub(super) fn check(batch: &BookingBatch) -> Result<(), CallError> {
    let BookingBatch { room: _, mode: _, changes, checkpoint } = batch;
    within("a batch", changes.len(), BATCH, "changes")?;
    let bookings = changes.iter().map(|change| change.bookings().len()).sum();
    within("a batch", bookings, BOOKINGS, "bookings")?;
    within("a checkpoint", checkpoint.len(), LARGEST_CHECKPOINT, "bytes")?;
    changes.iter().try_for_each(check_change)
}

/// Checks that a change says of its bookings whether they are occurrences of a series.
pub(super) fn check_change(change: &BookingChange) -> Result<(), CallError> {
    let series = match change {
        BookingChange::Series(series) => Some(series.id.as_str()),
        _ => None,
    };
    match change.bookings().iter().find(|booking| booking.series.as_deref() != series) {
        Some(booking) => Err(CallError::broke(format!(
            "it reports {} as part of {:?}, and says that its series is {:?}",
            booking.id, series, booking.series
        ))),
        None => Ok(()),
    }
}

fn within(what: &str, count: usize, most: usize, unit: &str) -> Result<(), CallError> {
    match count > most {
        true => {
            Err(CallError::broke(format!("{what} has {count} {unit}, {most} at most are allowed")))
        }
        false => Ok(()),
    }
}

/// Returns the instants of a booking in the room's time zone, or why it has none.
pub(super) fn instants(booking: &Booking, zone: &TimeZone) -> Result<TimeRange, String> {
    match &booking.time {
        BookingTime::Hours(hours) => {
            for second in [hours.starts, hours.ends] {
                Timestamp::from_second(second)
                    .map_err(|_| format!("time: {second} is outside the years -9999 to 9999"))?;
            }
            match hours.ends < hours.starts {
                true => Err("time: it ends before it begins".to_owned()),
                false => Ok(*hours),
            }
        }
        BookingTime::Days(DateRange { first, until }) => {
            let first = day(first)?;
            let until = day(until)?;
            match until <= first {
                true => Err("time: its last day is before its first one".to_owned()),
                false => Ok(zones::days(first, until, zone)),
            }
        }
    }
}

/// Reads a day, which has no other form than `YYYY-MM-DD`.
fn day(text: &str) -> Result<Date, String> {
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| format!("time: {text:?} is no day"))
}
