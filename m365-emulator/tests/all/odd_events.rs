//! Events that a client has to survive: odd values, long ones, and rounds without an end.

use m365_emulator::{Booking, Edit, Fault, Override, Then};
use serde_json::{Value, json};

use crate::follower::Follower;
use crate::outlook::{Calendar, recurring, room, start, starts};
use crate::session::Session;

const YEAR: &str = "startDateTime=2027-01-01T00:00:00Z&endDateTime=2028-01-01T00:00:00Z";

/// Books one meeting a day in May, and returns the ids of the room's copies.
fn book_days(session: &Session, days: std::ops::Range<u32>) -> Vec<String> {
    let book = |day| {
        let (start, end) = (format!("2027-05-{day:02}T09:00"), format!("2027-05-{day:02}T10:00"));
        let booked = session.emulator.book(&session.booking(&start, &end)).unwrap();
        booked.rooms[0].event.clone().unwrap()
    };
    days.map(book).collect()
}

#[tokio::test]
async fn cases_c53_to_c58_any_member_of_an_event_can_have_any_value() {
    let session = start(1).await;
    let ids = book_days(&session, 1..8);
    let whole_name = r#"{"emailAddress":{"address":"Ann Bo <ann@corp.example>"}}"#;
    let earlier = r#"{"dateTime":"2027-05-05T08:00:00.0000000","timeZone":"UTC"}"#;
    for (id, name, value) in [
        (&ids[0], "subject", "null"),
        (&ids[1], "body", "null"),
        (&ids[2], "organizer", whole_name),
        (&ids[3], "organizer", "null"),
        (&ids[4], "end", earlier),
        (&ids[5], "subject", r#""half \ud83d""#),
        (&ids[6], "start", "null"),
    ] {
        let set = Override::for_id(id).set(name, value).unwrap();
        session.emulator.add_override(set);
    }
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let prefer = [("Prefer", "IdType=\"ImmutableId\"")];
    let text = session.get_with(&link, &prefer).await.text;
    assert!(text.contains(r#""subject":null"#) && text.contains(r#""body":null"#));
    assert!(text.contains(whole_name) && text.contains(r#""organizer":null"#));
    assert!(text.contains(earlier) && text.contains(r#""subject":"half \ud83d""#));
    assert!(text.contains(r#""start":null"#));
    // The calendar itself is as it was.
    assert_eq!(session.truth(1).len(), 7);
}

#[tokio::test]
async fn case_c39_two_ids_can_differ_in_the_case_of_a_letter() {
    let session = start(1).await;
    let ids = book_days(&session, 1..3);
    for (id, odd) in ids.iter().zip(["\"AAMkW1=\"", "\"AAMkw1=\""]) {
        session.emulator.add_override(Override::for_id(id).set("id", odd).unwrap());
    }
    let (_, entries) = Follower::start(&session, YEAR).await;
    assert_eq!((&entries[0]["id"], &entries[1]["id"]), (&json!("AAMkW1="), &json!("AAMkw1=")));
}

#[tokio::test]
async fn cases_c55_and_c56_meetings_without_length_and_of_other_centuries() {
    let session = start(1).await;
    let at = |start: &str, end: &str| Booking { force: true, ..session.booking(start, end) };
    for booking in [
        at("2027-05-11T09:00", "2027-05-11T09:00"),
        at("1601-01-01T00:00", "1601-01-01T01:00"),
        at("1995-05-11T09:00", "2035-05-11T09:00"),
        at("4501-01-01T00:00", "4501-01-01T01:00"),
    ] {
        session.emulator.book(&booking).unwrap();
    }
    assert_eq!(starts(&session.truth(1)), ["1995-05-11T09:00:00Z", "2027-05-11T09:00:00Z"]);
    let (_, entries) = Follower::start(&session, YEAR).await;
    assert_eq!(entries.len(), 2);
}

#[tokio::test]
async fn case_c57_a_meeting_of_500_with_a_body_of_a_megabyte() {
    let session = start(2).await;
    let mut policy = session.emulator.policy("*").unwrap();
    policy.delete_comments = false;
    session.emulator.set_policy("*", &policy).unwrap();
    let attendees = (0..498).map(|number| format!("guest{number}@fabrikam.example")).collect();
    let booking = Booking {
        attendees,
        rooms: vec![room(1), room(2)],
        body: "word ".repeat(200_000),
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    session.emulator.book(&booking).unwrap();
    let (_, entries) = Follower::start(&session, YEAR).await;
    assert_eq!(entries[0]["attendees"].as_array().unwrap().len(), 500);
    assert!(entries[0]["body"]["content"].as_str().unwrap().len() > 1_000_000);
    let preview = entries[0]["bodyPreview"].as_str().unwrap();
    assert_eq!(preview.len(), 255);
}

#[tokio::test]
async fn a_round_can_be_without_an_end() {
    let session = start(1).await;
    book_days(&session, 1..3);
    let again = Edit { pointer: "/@odata.nextLink".to_owned(), value: Some("{self}".into()) };
    let fault = Fault::once("/calendarView/delta", Then::Rewrite(vec![again])).times(None);
    session.emulator.add_fault(fault).unwrap();
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let page = session.get(&link).await.expect(200);
    assert_eq!(page["@odata.nextLink"], session.url(&link));
}

#[tokio::test]
async fn a_mailbox_refuses_with_the_errors_of_exchange() {
    let session = start(1).await;
    let path = format!("/users/{}/calendarView", room(1));
    for (status, code) in
        [(404, "ErrorItemNotFound"), (429, "ApplicationThrottled"), (504, "GatewayTimeout")]
    {
        session.emulator.add_fault(Fault::once(&path, Then::fail(status))).unwrap();
        session.get(&format!("{path}?{YEAR}")).await.refused(status, code);
    }
}

#[tokio::test]
async fn entries_and_instances_can_be_in_no_order() {
    let session = start(1).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 20});
    let daily = Booking {
        recurrence: Some(recurring("daily", json!({}), "2027-05-10", range)),
        ..session.booking("2027-05-10T09:00", "2027-05-10T10:00")
    };
    let booked = session.emulator.book(&daily).unwrap();
    let master = booked.rooms[0].event.clone().unwrap();
    let path = format!("/users/{}/events/{master}/instances?{YEAR}&$top=50", room(1));
    let instances = async || -> Vec<String> {
        let answer = session.get(&path).await.expect(200);
        let value = answer["value"].as_array().unwrap();
        let start = |event: &Value| event["start"]["dateTime"].as_str().unwrap().to_owned();
        value.iter().map(start).collect()
    };
    let ordered = instances().await;
    assert!(ordered.is_sorted());
    session.emulator.update_settings(|settings| settings.delta_shuffles = true);
    let mut shuffled = instances().await;
    assert!(!shuffled.is_sorted());
    shuffled.sort();
    assert_eq!(shuffled, ordered);
    let (_, entries) = Follower::start(&session, YEAR).await;
    assert_eq!(entries.len(), 21);
    assert_ne!(entries[0]["type"], "seriesMaster");
}
