//! Microsoft's published payloads of calendars. They are in `tests/payloads`.

use futures_executor::block_on;
use serde_json::Value;

use super::{bare, calendar::Calendar, event, master, on, room, store::Store};
use crate::{
    bookings,
    error::Error,
    graph::GraphError,
    host::Response,
    model::{BookingChange, Hold, TimeRange},
    tests::script::{Asked, Reply, Script, nothing},
};

macro_rules! payload {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../tests/payloads/",
            $name,
            ".json"
        )))
        .expect("JSON")
    };
}

fn items(page: &Value) -> Vec<Value> {
    page["value"].as_array().expect("a page").clone()
}

fn year(year: i64) -> TimeRange {
    TimeRange {
        starts: super::at(&format!("{year}-01-01T00:00:00Z")),
        ends: super::at(&format!("{}-01-01T00:00:00Z", year + 1)),
    }
}

#[test]
fn a_complete_event_of_delta() {
    let mut store = Store::new(room("America/Los_Angeles"));
    let page = items(&payload!("calendarview-delta-full-beta"));
    store.sync(&Calendar::of(vec![page]).script(), &on(), year(2020));
    let booking = &store.bookings["AAMkADI5MAAKkeE1QAAA="];
    assert_eq!(super::when(booking), "06-02 20:00 to 22:30");
    assert!(booking.version.starts_with("Jdsb3FEkPk2qoUHCdliYowACwixTgw==~"));
    assert_eq!((booking.title.as_deref(), booking.private), (Some("Summer party"), false));
    assert_eq!((booking.hold, booking.invited), (Hold::Confirmed, 0));
}

#[test]
fn a_bare_occurrence_is_completed_from_its_master() {
    let bare = payload!("calendarview-delta-occurrence-bare");
    let start = ("2023-07-23T10:25:00Z", "2023-07-23T10:55:00Z");
    let series = master("seriesMasterId", start.0, start.1, "UTC");
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&Calendar::of(vec![vec![bare, series]]).script(), &on(), year(2023));
    assert_eq!(store.shown(), ["07-23 10:25 to 10:55"]);
    assert_eq!(store.bookings["id"].title.as_deref(), Some("Review"));
}

#[test]
fn a_removal_of_an_event_that_lives_outside_the_window() {
    let removed = items(&payload!("calendarview-delta-removed-not-deleted"));
    let id = removed[0]["id"].as_str().expect("an id").to_owned();
    let there = event(&id, "2023-05-04T09:00:00Z", "2023-05-04T10:00:00Z");
    let moved = event(&id, "2026-05-04T09:00:00Z", "2026-05-04T10:00:00Z");
    let script = Calendar::of(vec![vec![there], removed]).with_events(vec![moved]).script();
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), year(2023));
    store.changes();
    store.sync(&script, &on(), year(2023));
    assert_eq!(store.changes(), [format!("{id} OutsideWindow")]);
}

#[test]
fn the_occurrences_of_a_series_out_of_order_and_with_one_etag() {
    let instances = items(&payload!("event-instances-exception"));
    let id = instances[0]["seriesMasterId"].as_str().expect("an id").to_owned();
    let series = master(&id, "2019-04-08T20:30:00Z", "2019-04-08T21:00:00Z", "UTC");
    let first = bare("x", &id, "2019-04-08T20:30:00Z", "2019-04-08T21:00:00Z");
    let script =
        Calendar::of(vec![Vec::new(), vec![first]]).with_series(series, instances).script();
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), year(2019));
    store.sync(&script, &on(), year(2019));
    let shown = [
        "04-08 20:30 to 21:00",
        "04-16 20:30 to 21:00",
        "04-22 20:30 to 21:00",
        "04-29 20:30 to 21:00",
    ];
    assert_eq!(store.shown(), shown);
}

#[test]
fn events_of_older_samples_that_do_not_say_what_is_private() {
    let mut calendar = Calendar::of(vec![items(&payload!("events-delta-1-initial"))]);
    calendar.rounds.push(vec![items(&payload!("events-delta-4-changes-removed"))]);
    let script = calendar.script();
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), year(2016));
    assert_eq!(store.shown(), ["12-09 20:30 to 22:00", "12-10 01:00 to 02:00"]);
    assert!(store.bookings.values().all(|booking| booking.private && booking.title.is_none()));
    let batches = store.sync(&script, &on(), year(2016));
    let ids = batches[0].changes.iter().filter(|it| matches!(it, BookingChange::Booking(_)));
    assert_eq!(ids.map(BookingChange::id).collect::<Vec<_>>(), ["AAMkADj1HvAAA="]);
}

#[test]
fn schedules_in_the_time_zone_of_the_user() {
    let ask = |body: Value, rooms: &[&str]| {
        let script = Script::new(move |asked: &Asked| match asked.path.contains("getSchedule") {
            true => Reply::Json(200, body.clone()),
            false => nothing(),
        });
        let rooms: Vec<_> = rooms.iter().map(|room| (*room).to_owned()).collect();
        let window = TimeRange { starts: 1_552_600_000, ends: 1_552_700_000 };
        block_on(bookings::availability(&script, &on(), &rooms, window)).expect("an answer")
    };
    let rooms = ["adelev@contoso.onmicrosoft.com", "meganb@contoso.onmicrosoft.com"];
    let answers = ask(payload!("calendar-getschedule"), &rooms);
    let taken = answers[0].taken.as_ref().expect("known");
    let times: Vec<_> = taken.iter().map(|taken| (taken.time.starts, taken.time.ends)).collect();
    let at = super::at;
    assert_eq!(times, [(at("2019-03-15T19:00:00Z"), at("2019-03-15T21:00:00Z"))]);
    assert!(answers[1].taken.as_ref().is_ok_and(|taken| taken.len() >= 5));
    let answers = ask(payload!("schedule-tentative-busy"), &["AlexW@contoso.OnMicrosoft.com"]);
    let taken = answers[0].taken.as_ref().expect("known");
    let holds: Vec<_> = taken.iter().map(|taken| taken.hold).collect();
    assert_eq!(holds, [Hold::Tentative, Hold::Confirmed]);
}

#[test]
fn errors_of_calendars() {
    let code = |status, body: Value| {
        let body = body.to_string().into_bytes();
        GraphError::read(&Response { status, headers: Vec::new(), body }).code
    };
    assert_eq!(code(403, payload!("error-403-raop")), "ErrorAccessDenied");
    assert_eq!(
        code(403, payload!("error-403-delegatedcalendaraccessdenied")),
        "DelegatedCalendarAccessDenied"
    );
    assert_eq!(code(404, payload!("error-404-erroritemnotfound")), "ErrorItemNotFound");
    assert_eq!(code(429, payload!("error-429-mailboxconcurrency")), "ApplicationThrottled");
    let too_many = payload!("error-400-schedule-too-many");
    let script = Script::new(move |asked: &Asked| match asked.path.contains("getSchedule") {
        true => Reply::Json(400, too_many.clone()),
        false => nothing(),
    });
    let window = TimeRange { starts: 1_552_600_000, ends: 1_552_700_000 };
    let (settings, rooms) = (on(), ["a@b.c".to_owned()]);
    let error =
        block_on(bookings::availability(&script, &settings, &rooms, window)).expect_err("refused");
    assert!(matches!(error, Error::Unexpected(it) if it.code == "ErrorMailboxDataArrayTooBig"));
}
