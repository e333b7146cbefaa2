//! Odd values in events: each one affects its own event at most.

use serde_json::{Value, json};

use super::{
    all_day, bare, calendar::Calendar, event, exception, master, on, removed, room, store::Store,
    window, with, without,
};
use crate::model::{BookingChange, Participant};

const START: &str = "2027-05-04T09:00:00Z";
const END: &str = "2027-05-04T10:00:00Z";

fn after(pages: Vec<Vec<Value>>) -> Store {
    let mut calendar = Calendar::of(Vec::new());
    calendar.rounds = vec![pages];
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&calendar.script(), &on(), window());
    store
}

/// Returns the ids of unreadable events, and the reasons.
fn unreadable(events: Vec<Value>) -> Vec<(String, String)> {
    let script = Calendar::of(vec![events]).script();
    let batches = Store::new(room("Europe/Berlin")).sync(&script, &on(), window());
    let changes = batches.into_iter().flat_map(|batch| batch.changes);
    let reasons = changes.filter_map(|change| match change {
        BookingChange::BookingUnreadable(it) => Some((it.id, it.reason)),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn case_c39_ids_that_differ_in_case_are_two_bookings() {
    let two = vec![event("AAMkW1=", START, END), event("AAMkw1=", START, END)];
    let script = Calendar::of(vec![two, vec![removed("AAMkw1=")]]).script();
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.bookings.len(), 2);
    store.sync(&script, &on(), window());
    assert_eq!(store.bookings.keys().collect::<Vec<_>>(), ["AAMkW1="]);
}

#[test]
fn case_c40_of_an_id_that_comes_twice_the_last_report_counts() {
    let later = with(
        event("a", "2027-05-04T10:00:00Z", "2027-05-04T11:00:00Z"),
        &[("@odata.etag", json!("W/\"2\""))],
    );
    let store = after(vec![vec![event("a", START, END)], vec![later.clone()]]);
    assert_eq!(store.shown(), ["05-04 10:00 to 11:00"]);
    let store = after(vec![vec![removed("a")], vec![later]]);
    assert_eq!(store.shown(), ["05-04 10:00 to 11:00"], "removed, and then there");
    let twice = vec![
        vec![master("m", START, END, "UTC"), bare("o", "m", START, END)],
        vec![bare("o", "m", "2027-05-04T12:00:00Z", "2027-05-04T13:00:00Z")],
    ];
    assert_eq!(after(twice).shown(), ["05-04 12:00 to 13:00"]);
}

#[test]
fn case_c41_a_meeting_has_one_id_in_all_rooms_and_another_for_each_date() {
    // In one tenant all occurrences have the id of the master, in another each has its own.
    let ids = |own: Option<&str>| {
        let moved = with(
            exception("o2", "m", "2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z"),
            &[
                ("originalStart", json!("2027-05-11T09:00:00Z")),
                ("iCalUId", json!(own.unwrap_or("ical-m"))),
            ],
        );
        let weekly = master("m", START, END, "W. Europe Standard Time");
        let store = after(vec![vec![weekly, bare("o1", "m", START, END), moved]]);
        store.bookings.values().map(|it| it.meeting.clone().expect("an id")).collect::<Vec<_>>()
    };
    assert_eq!(ids(None), ["ical-m/2027-05-04", "ical-m/2027-05-11"]);
    assert_eq!(ids(Some("ical-other")), ids(None));
}

#[test]
fn an_exception_without_its_original_date_has_its_own_id_or_none() {
    let id = |own: &str| {
        let moved = with(exception("o", "m", START, END), &[("iCalUId", json!(own))]);
        let store = after(vec![vec![master("m", START, END, "UTC"), moved]]);
        store.bookings["o"].meeting.clone()
    };
    assert_eq!(id("ical-of-the-date").as_deref(), Some("ical-of-the-date"));
    assert_eq!(id("ical-m"), None, "the id of the series does not name the date");
}

#[test]
fn case_c53_a_null_affects_only_its_own_field() {
    let mut events: Vec<_> =
        (0..37).map(|number| event(&format!("e{number}"), START, END)).collect();
    for member in ["subject", "body", "location"] {
        events.push(with(event(member, START, END), &[(member, Value::Null)]));
    }
    let store = after(vec![events]);
    assert_eq!(store.bookings.len(), 40);
    assert_eq!(store.bookings["subject"].title, None);
    assert_eq!(store.bookings["body"].title.as_deref(), Some("Review"));
}

#[test]
fn case_c54_names_and_addresses_of_organizers_in_every_form() {
    let organizer = |recipient: Value| {
        let event = with(event("a", START, END), &[("organizer", recipient)]);
        after(vec![vec![event]]).bookings["a"].organizer.clone()
    };
    let participant = |email: Option<&str>, name: Option<&str>| {
        let text = |text: &str| text.to_owned();
        Some(Participant { email: email.map(text), name: name.map(text) })
    };
    let of = |address: Value| organizer(json!({ "emailAddress": address }));
    assert_eq!(of(json!({"name": "Ann Bo"})), participant(None, Some("Ann Bo")));
    assert_eq!(
        of(json!({"address": "Ann Bo <ann@corp.example>"})),
        participant(Some("ann@corp.example"), None)
    );
    assert_eq!(of(json!({"address": "Ann Bo"})), participant(None, Some("Ann Bo")));
    let exchange = json!({"name": "Ann", "address": "/O=EXCHANGELABS/CN=ANN"});
    assert_eq!(of(exchange), participant(None, Some("Ann")));
    for nothing in [Value::Null, json!({}), json!({"emailAddress": {"name": "", "address": null}})]
    {
        assert_eq!(organizer(nothing), None);
    }
}

#[test]
fn case_c55_events_without_length_are_kept_and_inverted_ones_are_unreadable() {
    let store = after(vec![vec![
        event("zero", START, START),
        event("inverted", END, START),
        event("good", START, END),
        all_day("day", "2027-05-05", "2027-05-05"),
    ]]);
    assert_eq!(
        store.shown(),
        ["05-04 09:00 to 09:00", "05-04 09:00 to 10:00", "2027-05-05 to 2027-05-06"]
    );
    let reasons = unreadable(vec![event("inverted", END, START)]);
    assert_eq!(reasons, [("inverted".to_owned(), "end is before start".to_owned())]);
}

#[test]
fn case_c56_times_far_away_are_outside_every_window() {
    let far = |id, start: &str, end: &str| event(id, start, end);
    let answered = |time: &str| json!({"response": "accepted", "time": time});
    let store = after(vec![vec![
        far("old", "1601-01-01T00:00:00Z", "1601-01-01T01:00:00Z"),
        far("new", "4501-01-01T00:00:00Z", "4501-01-01T01:00:00Z"),
        all_day("oldest", "0001-01-01", "0001-01-02"),
        all_day("last", "9999-12-31", "9999-12-31"),
        with(event("a", START, END), &[("responseStatus", answered("4501-01-01T00:00:00Z"))]),
        with(event("b", START, END), &[("responseStatus", answered("0001-01-01T00:00:00Z"))]),
    ]]);
    assert_eq!(store.bookings.keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn case_c57_of_five_hundred_attendees_only_the_number_leaves_the_plugin() {
    let mut attendees: Vec<_> = (0..498)
        .map(|number| {
            let address = format!("guest{number}@corp.example");
            json!({"type": "required", "emailAddress": {"name": "Guest", "address": address}})
        })
        .collect();
    for resource in ["room1@contoso.com", "room2@contoso.com"] {
        let address = json!({"name": "Room", "address": resource});
        attendees.push(json!({"type": "resource", "emailAddress": address}));
    }
    let large = with(event("a", START, END), &[("attendees", json!(attendees))]);
    let booking = after(vec![vec![large]]).bookings["a"].clone();
    assert_eq!(booking.invited, 498);
    assert!(!format!("{booking:?}").contains("guest"));
}

#[test]
fn case_c58_titles_keep_their_letters_and_a_half_character_is_replaced() {
    let title = format!("👩‍👧 שלום {}", "x".repeat(300));
    let long = with(event("a", START, END), &[("subject", json!(title))]);
    let body = json!({"value": [long, event("b", START, END)],
        "@odata.deltaLink": "https://graph.microsoft.com/v1.0/users/d?token=1"});
    let body = body.to_string().replace("\"Review\"", r#""Meet \ud83d""#);
    let script = crate::tests::script::Script::new(move |asked| {
        match asked.path.contains("calendarView/delta") {
            true => crate::tests::script::Reply::Bytes(body.clone().into_bytes()),
            false => crate::tests::script::nothing(),
        }
    });
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    let title = store.bookings["a"].title.clone().expect("a title");
    assert!(title.starts_with("👩‍👧 שלום xxx") && title.chars().count() == 255, "{title}");
    assert_eq!(store.bookings["b"].title.as_deref(), Some("Meet \u{fffd}"));
}

#[test]
fn an_event_without_a_member_is_read_or_unreadable_and_never_affects_others() {
    for member in [
        "@odata.type",
        "@odata.etag",
        "type",
        "seriesMasterId",
        "subject",
        "isAllDay",
        "isCancelled",
        "showAs",
        "responseStatus",
        "iCalUId",
        "organizer",
        "attendees",
        "recurrence",
    ] {
        let store = after(vec![vec![without(event("a", START, END), member)]]);
        assert!(store.bookings.contains_key("a"), "without {member}");
    }
    for member in ["start", "end"] {
        let reasons = unreadable(vec![without(event("a", START, END), member)]);
        assert_eq!(reasons, [("a".to_owned(), format!("{member}: missing"))]);
    }
    assert_eq!(unreadable(vec![without(event("a", START, END), "id")])[0].0, "(no id)");
    assert_eq!(unreadable(vec![json!(5), json!("text"), json!([]), json!(null)]).len(), 4);
}

#[test]
fn without_an_etag_the_version_follows_the_contents() {
    let version = |event: Value| {
        after(vec![vec![without(event, "@odata.etag")]]).bookings["a"].version.clone()
    };
    let first = version(event("a", START, END));
    assert_eq!(version(event("a", START, END)), first);
    assert_ne!(version(event("a", START, "2027-05-04T11:00:00Z")), first);
    let titled = with(event("a", START, END), &[("subject", json!("Other"))]);
    assert_ne!(version(titled), first);
}
