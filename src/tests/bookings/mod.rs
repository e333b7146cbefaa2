//! Bookings: what a calendar reports, and what the host has afterwards.

mod all_day;
mod bad_input;
mod calendar;
mod checkpoints;
mod failures;
mod free_busy;
mod law;
mod limits;
mod occurrences;
mod odd_values;
mod payloads;
mod reads;
mod rooms;
mod store;
mod zones;

use serde_json::{Value, json};

use crate::{
    model::{Booking, BookingTime, RoomPosition, TimeRange},
    settings::Settings,
};

pub(super) const MAILBOX: &str = "room1@contoso.com";

/// Returns settings with bookings on.
pub(super) fn on() -> Settings {
    super::script::settings(json!({"rooms": {"bookings": "on"}}))
}

/// Returns an instant in seconds since 1970.
pub(super) fn at(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap_or_else(|_| panic!("{time} is a time")).as_second()
}

/// Returns the first half of 2027, the window of most cases.
pub(super) fn window() -> TimeRange {
    TimeRange { starts: at("2027-01-01T00:00:00Z"), ends: at("2027-07-01T00:00:00Z") }
}

/// Returns a room in a time zone, without a checkpoint.
pub(super) fn room(zone: &str) -> RoomPosition {
    RoomPosition {
        room: "r1".to_owned(),
        email: "Room1@contoso.com".to_owned(),
        time_zone: zone.to_owned(),
        since: None,
    }
}

/// Returns a `dateTimeTimeZone` in universal time.
pub(super) fn utc(time: &str) -> Value {
    json!({"dateTime": format!("{}.0000000", time.trim_end_matches('Z')), "timeZone": "UTC"})
}

/// Returns an event that the room accepted, from `start` to `end` (`2027-05-11T09:00:00Z`).
pub(super) fn event(id: &str, start: &str, end: &str) -> Value {
    let attendee = |kind: &str, address: &str| {
        let address = json!({"name": "An attendee", "address": address});
        json!({"type": kind, "emailAddress": address})
    };
    json!({
        "@odata.type": "#microsoft.graph.event", "@odata.etag": "W/\"1\"", "id": id,
        "type": "singleInstance", "seriesMasterId": null, "subject": "Review",
        "isAllDay": false, "isCancelled": false, "isOrganizer": false, "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "accepted", "time": "2026-12-01T00:00:00Z"},
        "iCalUId": format!("ical-{id}"), "originalStartTimeZone": "UTC",
        "start": utc(start), "end": utc(end), "recurrence": null,
        "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@contoso.com"}},
        "attendees": [
            attendee("required", "mara@contoso.com"),
            attendee("required", "ann@contoso.com"),
            attendee("resource", MAILBOX),
        ],
    })
}

/// Returns an all-day event from one day to another, as Graph reports it.
pub(super) fn all_day(id: &str, first: &str, until: &str) -> Value {
    let midnight = |day| format!("{day}T00:00:00Z");
    with(event(id, &midnight(first), &midnight(until)), &[("isAllDay", json!(true))])
}

/// Returns the event with other members.
pub(super) fn with(mut event: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members {
        event[*name] = value.clone();
    }
    event
}

/// Returns the event without a member.
pub(super) fn without(mut event: Value, member: &str) -> Value {
    event.as_object_mut().expect("an object").remove(member);
    event
}

/// Returns a series whose first occurrence is at these times.
pub(super) fn master(id: &str, start: &str, end: &str, zone: &str) -> Value {
    let pattern = json!({"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]});
    let range = json!({"type": "noEnd", "startDate": &start[..10], "endDate": "0001-01-01",
        "recurrenceTimeZone": zone, "numberOfOccurrences": 0});
    with(
        event(id, start, end),
        &[
            ("type", json!("seriesMaster")),
            ("recurrence", json!({"pattern": pattern, "range": range})),
            ("originalStartTimeZone", json!(zone)),
        ],
    )
}

/// Returns an occurrence with the seven members that delta reports.
pub(super) fn bare(id: &str, series: &str, start: &str, end: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.event", "@odata.etag": "W/\"1\"", "id": id,
        "seriesMasterId": series, "type": "occurrence", "start": utc(start), "end": utc(end),
    })
}

/// Returns an exception of a series with all its members.
pub(super) fn exception(id: &str, series: &str, start: &str, end: &str) -> Value {
    with(event(id, start, end), &[("type", json!("exception")), ("seriesMasterId", json!(series))])
}

/// Returns an occurrence as a read of the series returns it, with all its members.
pub(super) fn instance(bare: &Value) -> Value {
    let text = |name: &str| bare[name].as_str().expect("a text").to_owned();
    let time = |name: &str| bare[name]["dateTime"].as_str().expect("a time")[..19].to_owned();
    with(
        event(&text("id"), &time("start"), &time("end")),
        &[
            ("type", bare["type"].clone()),
            ("seriesMasterId", bare["seriesMasterId"].clone()),
            ("@odata.etag", bare["@odata.etag"].clone()),
        ],
    )
}

pub(super) fn removed(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.event", "id": id, "@removed": {"reason": "deleted"}})
}

/// Describes when a booking takes place: `05-11 09:00 to 10:00`, in universal time, or days.
pub(super) fn when(booking: &Booking) -> String {
    match &booking.time {
        BookingTime::Hours(TimeRange { starts, ends }) => {
            let text = |instant, format| {
                let time = jiff::Timestamp::from_second(instant).expect("a time");
                time.strftime(format).to_string()
            };
            format!("{} to {}", text(*starts, "%m-%d %H:%M"), text(*ends, "%H:%M"))
        }
        BookingTime::Days(days) => format!("{} to {}", days.first, days.until),
    }
}
