//! What a room answers, and what is private.

use serde_json::{Value, json};

use super::{calendar::Calendar, event, on, room, store::Store, window, with};
use crate::model::{Booking, Hold};

const START: &str = "2027-05-04T15:00:00Z";
const END: &str = "2027-05-04T16:00:00Z";

fn answered(response: &str) -> (&'static str, Value) {
    ("responseStatus", json!({"response": response, "time": "0001-01-01T00:00:00Z"}))
}

/// Returns a store after one run for each list of events.
fn after(rounds: Vec<Vec<Value>>) -> Store {
    let count = rounds.len();
    let script = Calendar::of(rounds).script();
    let mut store = Store::new(room("Europe/Berlin"));
    for _ in 0..count {
        store.sync(&script, &on(), window());
    }
    store
}

/// Returns the booking that the host has after one event; `None` where it has none.
fn booking(event: Value) -> Option<Booking> {
    after(vec![vec![event]]).bookings.into_values().next()
}

fn hold(members: &[(&str, Value)]) -> Option<Hold> {
    booking(with(event("a", START, END), members)).map(|booking| booking.hold)
}

#[test]
fn the_hold_follows_the_answer_of_the_room_and_how_the_event_is_shown() {
    for (shows, response, expected) in [
        ("busy", "accepted", Some(Hold::Confirmed)),
        ("busy", "organizer", Some(Hold::Confirmed)),
        ("busy", "none", Some(Hold::Confirmed)),
        ("busy", "", Some(Hold::Confirmed)),
        ("oof", "accepted", Some(Hold::Confirmed)),
        ("workingElsewhere", "accepted", Some(Hold::Confirmed)),
        ("unknown", "accepted", Some(Hold::Confirmed)),
        ("a new word", "accepted", Some(Hold::Confirmed)),
        ("tentative", "accepted", Some(Hold::Tentative)),
        ("busy", "notResponded", Some(Hold::Tentative)),
        ("busy", "tentativelyAccepted", Some(Hold::Tentative)),
        ("free", "accepted", Some(Hold::Free)),
        ("free", "notResponded", Some(Hold::Free)),
        ("busy", "declined", None),
    ] {
        let found = hold(&[("showAs", json!(shows)), answered(response)]);
        assert_eq!(found, expected, "{shows}, {response}");
    }
    let unclear = [("showAs", json!(null)), ("responseStatus", json!(null))];
    assert_eq!(hold(&unclear), Some(Hold::Confirmed), "what is unclear takes the room");
}

#[test]
fn case_c31_a_declined_event_in_the_calendar_is_no_booking() {
    let a = event("a", START, END);
    let b = with(event("b", START, END), &[answered("declined")]);
    let shorter =
        with(event("a", START, "2027-05-04T15:20:00Z"), &[("@odata.etag", json!("W/\"2\""))]);
    let store = after(vec![vec![a, b.clone()], vec![shorter, b]]);
    assert_eq!(store.shown(), ["05-04 15:00 to 15:20"]);
}

#[test]
fn case_c34_the_first_title_is_nowhere_after_the_room_hid_it() {
    let first = with(
        event("a", START, END),
        &[
            ("subject", json!("Budget 2028")),
            ("showAs", json!("tentative")),
            answered("notResponded"),
        ],
    );
    let second = with(
        event("a", START, END),
        &[("subject", json!("Mara Lind")), ("@odata.etag", json!("W/\"2\"")), answered("accepted")],
    );
    let before = after(vec![vec![first.clone()]]).bookings["a"].clone();
    assert_eq!(before.hold, Hold::Tentative);
    let store = after(vec![vec![first], vec![second]]);
    let booking = &store.bookings["a"];
    assert_eq!((booking.hold, booking.title.as_deref()), (Hold::Confirmed, Some("Mara Lind")));
    assert_ne!(booking.version, before.version);
}

#[test]
fn case_c63_a_meeting_that_changes_rooms_is_cancelled_in_one_and_accepted_in_the_other() {
    let meeting = ("iCalUId", json!("meeting"));
    let copy = |id, more: &[(&str, Value)]| {
        with(with(event(id, START, END), std::slice::from_ref(&meeting)), more)
    };
    let left = [("isCancelled", json!(true)), ("@odata.etag", json!("W/\"2\""))];
    let old = after(vec![vec![copy("a", &[])], vec![copy("a", &left)]]);
    assert_eq!(old.log.last().map(String::as_str), Some("a Cancelled"));
    let open = copy("b", &[answered("notResponded")]);
    let accepted = copy("b", &[("@odata.etag", json!("W/\"2\"")), answered("accepted")]);
    let waiting = after(vec![vec![open.clone()]]);
    assert_eq!(waiting.bookings["b"].hold, Hold::Tentative);
    let new = after(vec![vec![open], vec![accepted]]);
    assert_eq!(new.bookings["b"].hold, Hold::Confirmed);
    assert_eq!(new.bookings["b"].meeting.as_deref(), Some("meeting"));
}

#[test]
fn case_c38_a_private_event_takes_the_room_and_neither_title_nor_organizer_leave_the_plugin() {
    for sensitivity in [
        json!("private"),
        json!("personal"),
        json!("confidential"),
        json!("a new word"),
        json!(null),
        json!(5),
    ] {
        let secret = with(
            event("a", START, END),
            &[("subject", json!("Oncology")), ("sensitivity", sensitivity.clone())],
        );
        let booking = booking(secret).expect("a booking");
        assert!(booking.private, "{sensitivity}");
        assert_eq!((booking.title.as_deref(), &booking.organizer), (None, &None));
        assert_eq!(booking.hold, Hold::Confirmed, "hidden does not mean free");
    }
}

#[test]
fn the_words_of_a_private_event_are_in_no_error() {
    let broken = [
        ("end", json!({"dateTime": "Oncology", "timeZone": "UTC"})),
        ("isAllDay", json!("Oncology")),
        ("isCancelled", json!({"a": "Oncology"})),
        ("start", json!({"dateTime": "2027-05-04T09:00:00", "timeZone": "Oncology"})),
    ];
    for (name, value) in broken {
        let secret = with(
            event("a", START, END),
            &[("subject", json!("Oncology")), ("sensitivity", json!("private")), (name, value)],
        );
        let script = Calendar::of(vec![vec![secret]]).script();
        let mut store = Store::new(room("Europe/Berlin"));
        let (batches, failures, result) = store.try_sync(&script, &on(), window(), usize::MAX);
        assert_eq!(result.as_ref().expect("a good run").unreadable, 1, "{name}");
        let said = format!("{batches:?} {failures:?} {result:?}");
        assert!(!said.contains("Oncology") && !said.contains("Mara"), "{said}");
    }
}

#[test]
fn a_private_exception_of_an_open_series_is_private_and_the_others_are_not() {
    use super::{bare, exception, master};
    let (start, end) = ("2027-05-11T15:00:00Z", "2027-05-11T16:00:00Z");
    let private = [("sensitivity", json!("private")), ("subject", json!("Oncology"))];
    let store = after(vec![vec![
        bare("o1", "m", START, END),
        with(exception("o2", "m", start, end), &private),
        master("m", START, END, "UTC"),
    ]]);
    assert_eq!(store.bookings["o1"].title.as_deref(), Some("Review"));
    assert_eq!((store.bookings["o2"].private, store.bookings["o2"].title.as_deref()), (true, None));
}
