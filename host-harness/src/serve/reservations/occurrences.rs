//! The coming dates of a series that was booked in ONES.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{booker::Booker, series, when};
use crate::{
    model::{BookingTime, DateRange},
    serve::{app::App, bookings::dates::later, failure::Failure},
    store::Reservation,
    zones,
};

/// Largest number of dates to choose from.
const LISTED: usize = 200;

/// Returns the coming dates of a series, each with a key. They are those that its rooms have, as
/// far as ONES has read them, and otherwise those of its pattern.
pub(super) async fn coming(
    app: &App,
    booker: &Booker,
    found: &Reservation,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<(String, BookingTime)>, Failure> {
    let Some(recurrence) = &found.request.recurrence else { return Ok(Vec::new()) };
    let mut times = Vec::new();
    let booked = found.rooms.iter().find_map(|room| Some((&room.room, room.booking.as_ref()?)));
    if let Some((room, series)) = booked {
        let (id, room, series) = (booker.viewer.integration, room.clone(), series.clone());
        let rows = app.look(move |store| store.bookings_with_id(id, &room, &series)).await?;
        times.extend(rows.into_iter().map(|row| row.booking.time));
    }
    if times.is_empty() {
        let first = found.time.as_ref().unwrap_or(&found.request.time);
        let begins = zones::day_of(when::instants(first, zone).starts, zone);
        let ranges = series::times(begins, recurrence, first, zone);
        let ranges = ranges.skip_while(|range| range.ends <= now.as_second()).take(LISTED);
        times.extend(ranges.map(|range| match first {
            BookingTime::Hours(_) => BookingTime::Hours(range),
            BookingTime::Days(days) => {
                let length = |days: &DateRange| -> Option<i64> {
                    let first: Date = days.first.parse().ok()?;
                    Some(first.duration_until(days.until.parse().ok()?).as_hours() / 24)
                };
                let day = zones::day_of(range.starts, zone);
                let until = later(day, length(days).unwrap_or(1)).to_string();
                BookingTime::Days(DateRange { first: day.to_string(), until })
            }
        }));
    }
    let coming = times.into_iter().filter(|time| !when::is_over(time, zone, now)).take(LISTED);
    let key = |time: &BookingTime| when::instants(time, zone).starts.to_string();
    Ok(coming.map(|time| (key(&time), time)).collect())
}
