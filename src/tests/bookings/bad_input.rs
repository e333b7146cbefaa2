//! Input that no calendar should contain: the room's error, or the event as unreadable.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{
    MAILBOX, bare, calendar::Calendar, event, master, on, room, store::Store, window, with,
};
use crate::{
    error::Error,
    host::Failure,
    model::{BookingChange, RoomFailure},
    tests::script::{Asked, GRAPH, Reply, Script, nothing, ok},
};

const START: &str = "2027-05-04T09:00:00Z";
const END: &str = "2027-05-04T10:00:00Z";

/// Returns a host whose calendar answers each request with a page of its own.
fn pages(page: impl Fn(usize) -> Value) -> Script<impl Fn(&Asked) -> Reply> {
    let number = Cell::new(0);
    Script::new(move |asked| match asked.path.contains("/calendarView/delta") {
        true => {
            number.set(number.get() + 1);
            ok(page(number.get()))
        }
        false => nothing(),
    })
}

fn next(number: usize) -> Value {
    json!(format!("{GRAPH}/v1.0/users/{MAILBOX}/calendarView/delta?token={number}"))
}

fn failure(script: &Script<impl Fn(&Asked) -> Reply>) -> String {
    let mut store = Store::new(room("Europe/Berlin"));
    let (_, failures, result) = store.try_sync(script, &on(), window(), usize::MAX);
    assert!(!result.expect("the run goes on").complete);
    match &failures[..] {
        [RoomFailure { room, error }] if room == "r1" => {
            error.explanation().expect("an explanation").code.clone()
        }
        other => panic!("one failure: {other:?}"),
    }
}

fn unreadable(events: Vec<Value>) -> Vec<String> {
    let script = Calendar::of(vec![events]).script();
    let batches = Store::new(room("Europe/Berlin")).sync(&script, &on(), window());
    let changes = batches.into_iter().flat_map(|batch| batch.changes);
    let reasons = changes.filter_map(|change| match change {
        BookingChange::BookingUnreadable(it) => Some(it.reason),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn a_delta_that_never_ends_is_the_failure_of_the_room() {
    let endless = pages(|number| json!({"value": [], "@odata.nextLink": next(number)}));
    assert_eq!(failure(&endless), "endless-delta");
    let circle = pages(|number| json!({"value": [], "@odata.nextLink": next(number % 3)}));
    assert_eq!(failure(&circle), "paging-loop");
    assert!(circle.paths().len() < 20);
}

#[test]
fn a_delta_without_a_link_at_its_end_is_the_failure_of_the_room() {
    assert_eq!(failure(&pages(|_| json!({"value": []}))), "no-delta-link");
    let foreign = "https://evil.example/delta";
    let script = pages(|_| json!({"value": [], "@odata.deltaLink": foreign}));
    assert_eq!(failure(&script), "foreign-link");
}

#[test]
fn a_hundred_thousand_events_in_one_room_are_its_failure() {
    let events = (0..2_000).map(|number| bare(&format!("o{number}"), "m", START, END));
    let events = json!(events.collect::<Vec<_>>()).to_string();
    let number = Cell::new(0);
    let crowded = Script::new(move |asked: &Asked| {
        number.set(number.get() + 1);
        let page = format!(r#"{{"value": {events}, "@odata.nextLink": {}}}"#, next(number.get()));
        match asked.path.contains("/calendarView/delta") {
            true => Reply::Bytes(page.into_bytes()),
            false => nothing(),
        }
    });
    assert_eq!(failure(&crowded), "too-many-events");
    assert!(crowded.paths().len() <= 26);
}

#[test]
fn a_series_with_more_occurrences_than_a_batch_takes_is_unreadable() {
    let mut events = vec![master("m", START, END, "UTC"), event("a", START, END)];
    events.extend((0..4_001).map(|number| bare(&format!("o{number}"), "m", START, END)));
    let reasons = unreadable(events);
    assert_eq!(reasons, ["the series has more than 4000 occurrences in the window"]);
}

#[test]
fn an_event_of_forty_years_is_a_booking() {
    let long = event("a", "2000-01-01T00:00:00Z", "2040-01-01T00:00:00Z");
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&Calendar::of(vec![vec![long]]).script(), &on(), window());
    assert_eq!(store.bookings.len(), 1);
}

#[test]
fn times_without_a_zone_and_in_unknown_zones_are_unreadable() {
    let start = |value: Value| with(event("a", START, END), &[("start", value)]);
    for (value, reason) in [
        (json!({"dateTime": "2027-05-04T09:00:00"}), "start: not a time, or a time without a zone"),
        (
            json!({"dateTime": "2027-05-04T09:00:00", "timeZone": "Middle Earth"}),
            "start: its time zone is unknown",
        ),
        (
            json!({"dateTime": "soon", "timeZone": "UTC"}),
            "start: not a time, or a time without a zone",
        ),
        (json!({"dateTime": 5, "timeZone": "UTC"}), "start: missing"),
        (json!("2027-05-04T09:00:00Z"), "start: missing"),
        (
            json!({"dateTime": "2027-02-30T09:00:00", "timeZone": "UTC"}),
            "start: not a time, or a time without a zone",
        ),
    ] {
        assert_eq!(unreadable(vec![start(value.clone())]), [reason], "{value}");
    }
    let offset = start(json!({"dateTime": "2027-05-04T11:00:00+02:00"}));
    assert_eq!(unreadable(vec![offset]), [""; 0], "an offset is a zone");
}

#[test]
fn an_all_day_event_that_begins_at_noon_is_unreadable() {
    let noon = with(event("a", "2027-05-04T12:00:00Z", END), &[("isAllDay", json!(true))]);
    let later = with(
        event("b", "2027-05-04T12:00:00Z", "2027-05-05T12:00:00Z"),
        &[("isAllDay", json!(true))],
    );
    assert_eq!(
        unreadable(vec![noon, later]),
        ["end is before start", "an all-day event does not begin and end at midnight"]
    );
}

#[test]
fn pages_with_bodies_of_megabytes_are_requested_with_fewer_events() {
    let script = Script::new(|asked: &Asked| {
        let prefer = asked.header("prefer").unwrap_or_default().to_owned();
        match asked.path.contains("/calendarView/delta") {
            true if prefer.ends_with("maxpagesize=9") => {
                ok(json!({"value": [event("a", START, END)], "@odata.deltaLink": next(1)}))
            }
            true => Reply::Fail(Failure::TooLarge),
            false => nothing(),
        }
    });
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.bookings.len(), 1);
    assert_eq!(script.paths().len(), 3, "150, 37 and 9 events");
    let script = Script::new(|asked: &Asked| match asked.path.contains("/calendarView/delta") {
        true => Reply::Fail(Failure::TooLarge),
        false => nothing(),
    });
    assert_eq!(failure(&script), "answer-too-large");
}

#[test]
fn an_answer_that_is_no_page_is_the_failure_of_the_room() {
    for body in ["<html>Log in, please</html>", "", "[]", "{\"value\": [", "{\"items\": []}"] {
        let script =
            Script::new(move |asked: &Asked| match asked.path.contains("/calendarView/delta") {
                true => Reply::Raw(200, Vec::new(), body.to_owned()),
                false => nothing(),
            });
        assert_eq!(failure(&script), "not-graph", "{body}");
    }
}

#[test]
fn a_window_that_cannot_be_read_and_a_room_without_a_known_zone_are_errors() {
    let script = Calendar::of(vec![Vec::new()]).script();
    let inverted = crate::model::TimeRange { starts: window().ends, ends: window().starts };
    let mut store = Store::new(room("Europe/Berlin"));
    let (_, _, result) = store.try_sync(&script, &on(), inverted, usize::MAX);
    assert!(matches!(result, Err(Error::Unexpected(it)) if it.code == "wrong-window"));
    let mut store = Store::new(room("Middle Earth"));
    let (_, failures, _) = store.try_sync(&script, &on(), window(), usize::MAX);
    let code = failures[0].error.explanation().map(|it| it.code.as_str());
    assert_eq!(code, Some("unknown-time-zone"));
}
