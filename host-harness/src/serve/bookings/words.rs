//! Times of bookings as text.

use jiff::{Timestamp, ZonedDateTime, civil::Date, tz::TimeZone};

use super::dates;
use crate::{
    model::{BookingTime, DateRange, TimeRange},
    serve::view::counted,
    store::{BookableRoom, BookingRow, ListedBooking},
};

/// Returns a day: `Mon 11 Jan 2027`.
pub(in crate::serve) fn day(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

/// Returns a day without its year: `Mon 11 Jan`.
pub(in crate::serve) fn short_day(day: Date) -> String {
    day.strftime("%a %-d %b").to_string()
}

/// Returns the number of seats of a room. Vendors write 0 where no administrator entered one.
pub(in crate::serve) fn seats(room: &BookableRoom) -> Option<String> {
    room.capacity.filter(|count| *count > 0).map(|count| counted(count, "seat"))
}

/// Returns the floor of a room. Vendors write a label, or only a number.
pub(in crate::serve) fn floor(room: &BookableRoom) -> Option<String> {
    room.floor.as_ref().map(|floor| match floor.parse::<i32>() {
        Ok(_) => format!("Floor {floor}"),
        Err(_) => floor.clone(),
    })
}

/// Returns when a booking takes place: `Mon 11 Jan 2027, 09:00–10:00`, or with `all day`.
pub(in crate::serve) fn when(row: &BookingRow, zone: &TimeZone) -> String {
    match row.booking.time {
        BookingTime::Days(_) => all_day(days(row.instants, zone)),
        BookingTime::Hours(_) => range(row.instants, zone),
    }
}

/// Returns a time, as [`when`] returns that of a booking.
pub(in crate::serve) fn time(time: &BookingTime, zone: &TimeZone) -> String {
    match time {
        BookingTime::Hours(time) => range(*time, zone),
        BookingTime::Days(DateRange { first, until }) => match (first.parse(), until.parse()) {
            (Ok(first), Ok(until)) => all_day((first, dates::later(until, -1).max(first))),
            _ => format!("{first} – {until}"),
        },
    }
}

fn all_day((first, last): (Date, Date)) -> String {
    match first == last {
        true => format!("{}, all day", day(first)),
        false => format!("{} – {}, all day", day(first), day(last)),
    }
}

/// Returns a time: `Mon 11 Jan 2027, 09:00–10:00`.
pub(in crate::serve) fn range(time: TimeRange, zone: &TimeZone) -> String {
    let (starts, ends) = (zoned(time.starts, zone), zoned(time.ends, zone));
    let exact = needs_offset(&starts, &ends);
    let (first, last) = (day(starts.date()), day(ends.date()));
    let (from, to) = (clock(&starts, exact), clock(&ends, exact));
    match first == last {
        true => format!("{first}, {from}–{to}"),
        false => format!("{first}, {from} – {last}, {to}"),
    }
}

/// Returns the time of a booking as a list of the day `on` needs it: `09:00–10:00`, `All day`, and
/// with the date where it begins or ends on another day. `time` is that of the day.
pub(in crate::serve) fn on_day(
    row: &ListedBooking,
    on: Date,
    time: TimeRange,
    zone: &TimeZone,
) -> String {
    if row.all_day {
        return match days(row.instants, zone).1 {
            last if last > on => format!("All day, until {}", short_day(last)),
            _ => "All day".to_owned(),
        };
    }
    let TimeRange { starts, ends } = row.instants;
    let (first, last) = (zoned(starts, zone), zoned(ends, zone));
    let exact = needs_offset(&first, &last);
    let named = |at: &ZonedDateTime| match at.date() == on {
        true => clock(at, exact),
        false => format!("{} {}", short_day(at.date()), clock(at, exact)),
    };
    let to = match ends == time.ends {
        true => "24:00".to_owned(),
        false => named(&last),
    };
    format!("{}–{to}", named(&first))
}

/// Returns a time zone as users read it on a day: `Europe/Berlin (UTC+01:00)`. Where the clock
/// changes, with both offsets.
pub(in crate::serve) fn zone(name: &str, time: TimeRange, zone: &TimeZone) -> String {
    let offset = |second| zoned(second, zone).strftime("UTC%:z").to_string();
    let (first, last) = (offset(time.starts), offset((time.ends - 1).max(time.starts)));
    match first == last {
        true if name == "UTC" => "UTC".to_owned(),
        true => format!("{name} ({first})"),
        false => format!("{name} ({first}, later {last})"),
    }
}

/// Returns the first and the last day of an all-day booking.
fn days(time: TimeRange, zone: &TimeZone) -> (Date, Date) {
    let first = zoned(time.starts, zone).date();
    (first, dates::later(zoned(time.ends, zone).date(), -1).max(first))
}

fn zoned(second: i64, zone: &TimeZone) -> ZonedDateTime {
    Timestamp::from_second(second).unwrap_or_default().to_zoned_datetime(zone.clone())
}

/// Whether a time can be understood only with the names of its offsets.
fn needs_offset(starts: &ZonedDateTime, ends: &ZonedDateTime) -> bool {
    is_unclear(starts) || is_unclear(ends) || starts.offset() != ends.offset()
}

/// Whether the clock shows this time twice.
fn is_unclear(at: &ZonedDateTime) -> bool {
    at.time_zone().to_ambiguous_timestamp(at.datetime()).is_ambiguous()
}

fn clock(at: &ZonedDateTime, exact: bool) -> String {
    at.strftime(if exact { "%H:%M %Z" } else { "%H:%M" }).to_string()
}
