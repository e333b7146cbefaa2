//! All-day events: days of the room's time zone, never instants.

use std::cell::RefCell;

use serde_json::json;

use super::{
    all_day, at, bare,
    calendar::{Calendar, changing},
    event, exception, instance, master, on, room,
    store::Store,
    window, with,
};
use crate::model::{BookingTime, TimeRange};

#[test]
fn case_c13_a_day_is_a_day_of_the_room_wherever_it_was_made() {
    let mut store = Store::new(room("Asia/Hong_Kong"));
    let calendar = Calendar::of(vec![vec![all_day("a", "2027-03-05", "2027-03-06")]]);
    store.sync(&calendar.script(), &on(), window());
    assert_eq!(store.shown(), ["2027-03-05 to 2027-03-06"]);
}

#[test]
fn case_c14_days_are_cut_to_the_range_in_the_time_zone_of_the_room() {
    // The range ends 30 days after the window, so that it need not be listed again every day.
    let window = TimeRange { starts: at("2027-02-01T00:00:00Z"), ends: at("2027-02-09T00:00:00Z") };
    let calendar = Calendar::of(vec![vec![
        all_day("before", "2027-01-30", "2027-01-31"),
        all_day("first", "2027-01-31", "2027-02-01"),
        all_day("last", "2027-03-10", "2027-03-11"),
        all_day("after", "2027-03-11", "2027-03-12"),
    ]]);
    let script = calendar.script();
    let mut store = Store::new(room("America/Chicago"));
    store.sync(&script, &on(), window);
    assert_eq!(store.shown(), ["2027-01-31 to 2027-02-01", "2027-03-10 to 2027-03-11"]);
    let asked = &script.paths()[0];
    let (start, end) = ("startDateTime=2027-01-31T00:00:00Z", "endDateTime=2027-03-12T00:00:00Z");
    assert!(asked.contains(start) && asked.contains(end), "a day wider on both sides: {asked}");
    store.changes();
    store.sync(&script, &on(), window);
    store.sync(&script, &on(), window);
    assert_eq!(store.changes(), [""; 0]);
}

#[test]
fn case_c15_the_original_date_of_a_day_is_that_of_the_series_zone() {
    let zone = "Pacific Standard Time";
    let master = with(
        master("m", "2027-05-28T00:00:00Z", "2027-05-29T00:00:00Z", ""),
        &[("isAllDay", json!(true)), ("originalStartTimeZone", json!(zone))],
    );
    let moved = with(
        exception("o2", "m", "2027-06-05T00:00:00Z", "2027-06-06T00:00:00Z"),
        &[("isAllDay", json!(true)), ("originalStart", json!("2027-06-04T07:00:00Z"))],
    );
    let calendar = Calendar::of(vec![vec![
        master,
        bare("o1", "m", "2027-05-28T00:00:00Z", "2027-05-29T00:00:00Z"),
        moved,
    ]]);
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&calendar.script(), &on(), window());
    assert_eq!(store.shown(), ["2027-05-28 to 2027-05-29", "2027-06-05 to 2027-06-06"]);
    assert_eq!(store.bookings["o1"].meeting.as_deref(), Some("ical-m/2027-05-28"));
    assert_eq!(store.bookings["o2"].meeting.as_deref(), Some("ical-m/2027-06-04"));
}

#[test]
fn case_c16_midnight_to_midnight_stays_hours_where_it_is_not_all_day() {
    let hours = event("a", "2027-05-09T22:00:00Z", "2027-05-10T22:00:00Z");
    let script = Calendar::of(vec![vec![hours.clone()], vec![hours]]).script();
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    let time = TimeRange { starts: at("2027-05-09T22:00:00Z"), ends: at("2027-05-10T22:00:00Z") };
    assert_eq!(store.bookings["a"].time, BookingTime::Hours(time));
    store.changes();
    store.sync(&script, &on(), window());
    assert_eq!(store.changes(), [""; 0], "read again, and no change");
}

#[test]
fn an_all_day_series_in_delta_gets_its_days_from_the_master() {
    let first = bare("o1", "m", "2027-05-04T00:00:00Z", "2027-05-05T00:00:00Z");
    let days = [("isAllDay", json!(true))];
    let master = with(master("m", "2027-05-04T00:00:00Z", "2027-05-05T00:00:00Z", "UTC"), &days);
    let calendar =
        RefCell::new(Calendar::of(vec![vec![master.clone(), first.clone()], vec![first.clone()]]));
    calendar.borrow_mut().events.insert("m".to_owned(), master);
    let read = with(instance(&first), &days);
    calendar.borrow_mut().instances.insert("m".to_owned(), vec![read]);
    let script = changing(&calendar);
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.shown(), ["2027-05-04 to 2027-05-05"]);
    store.changes();
    store.sync(&script, &on(), window());
    assert_eq!(store.changes(), [""; 0], "a read of the series says the same as delta");
}

#[test]
fn days_that_a_server_converts_to_universal_time_are_days_of_the_room() {
    let converted = with(
        event("a", "2027-03-04T16:00:00Z", "2027-03-05T16:00:00Z"),
        &[("isAllDay", json!(true))],
    );
    let mut store = Store::new(room("Asia/Hong_Kong"));
    store.sync(&Calendar::of(vec![vec![converted]]).script(), &on(), window());
    assert_eq!(store.shown(), ["2027-03-05 to 2027-03-06"]);
}
