//! Batches and callbacks as JSON: clients depend on it.

use http::StatusCode;
use ones_records::{
    BookingBatch, BookingChange, BookingEnd, BookingGone, CallbackOutcome, Mode, Part, Removal,
    Removed, Room, RoomBatch, RoomField, Subject, Unreadable, User, UserBatch, UserChange,
};
use serde_json::{Value, json};

use crate::{
    plugin::{self, Batch},
    problem::Problem,
};

#[test]
fn rooms_are_lines_and_so_are_those_that_could_not_be_read() {
    let known = Room { id: "r1".to_owned(), floor_number: Some(2), ..Room::default() };
    let unknown = vec![RoomField::FloorLabel, RoomField::Lists];
    let partial = Room { id: "r2".to_owned(), unknown, ..Room::default() };
    let unreadable = vec![Unreadable::new("r3", "capacity: not a whole number")];
    let batch = Batch::from(RoomBatch { rooms: vec![known, partial], unreadable });
    assert_eq!((batch.head, batch.checkpoint), (json!({ "subject": "rooms" }), None));
    let room = |id: &str, floor: Option<i32>, unknown: &[&str]| {
        json!({
            "room": {
                "id": id, "email": "", "name": "", "nickname": null, "capacity": null,
                "building": null, "floorNumber": floor, "floorLabel": null, "label": null,
                "phone": null, "address": null, "position": null, "timeZone": null,
                "wheelchairAccessible": null,
                "audioDevice": null, "videoDevice": null, "displayDevice": null,
                "bookingType": null, "tags": [], "lists": [], "unknown": unknown,
            },
        })
    };
    let unreadable =
        json!({ "unreadable": { "id": "r3", "reason": "capacity: not a whole number" } });
    let lines = [room("r1", Some(2), &[]), room("r2", None, &["floorLabel", "lists"]), unreadable];
    assert_eq!(batch.lines, lines);
    assert!(batch.lines[0].to_string().starts_with(r#"{"room":{"id":"r1","email":"","name":"""#));
}

#[test]
fn a_batch_of_bookings_names_its_room_and_a_room_that_failed_has_no_checkpoint() {
    let gone = BookingGone { id: "b1".to_owned(), end: BookingEnd::Cancelled };
    let batch = Batch::from(BookingBatch {
        room: "r1".to_owned(),
        mode: Mode::Incremental,
        changes: vec![BookingChange::BookingGone(gone)],
        checkpoint: "c".to_owned(),
    });
    let head = r#"{"subject":"bookings","room":"r1","mode":"incremental"}"#;
    assert_eq!((batch.head.to_string().as_str(), batch.checkpoint.as_deref()), (head, Some("c")));
    assert_eq!(batch.lines, [json!({ "bookingGone": { "id": "b1", "end": "cancelled" } })]);
    let failed = plugin::failed("r2", &Problem::new(StatusCode::FORBIDDEN, "Denied", "No"));
    assert_eq!(failed.head, json!({ "subject": "bookings", "room": "r2" }));
    assert_eq!(
        (failed.lines[0]["failed"]["code"].as_str(), failed.checkpoint),
        (Some("Denied"), None)
    );
}

#[test]
fn a_batch_of_users_says_what_it_is_about_and_where_it_stands() {
    let batch = |mode, total| {
        let (subject, checkpoint) = (Subject::Users, "c".to_owned());
        let removed = Removed { id: "u2".to_owned(), removal: Removal::OutOfScope };
        let user = User { id: "u1".to_owned(), ..User::default() };
        let changes = vec![
            UserChange::User(user.clone()),
            UserChange::UserIfKnown(user),
            UserChange::UserRemoved(removed),
            UserChange::GroupMissing("g1".to_owned()),
        ];
        Batch::from(UserBatch { subject, mode, changes, checkpoint, total })
    };
    let full = batch(Mode::Full(Part { first: true, last: false }), Some(7));
    let head = r#"{"subject":"users","mode":"full","first":true,"last":false,"total":7}"#;
    assert_eq!((full.head.to_string().as_str(), full.checkpoint.as_deref()), (head, Some("c")));
    let head = r#"{"subject":"users","mode":"incremental","total":null}"#;
    assert_eq!(batch(Mode::Incremental, None).head.to_string(), head);
    let lines = [
        json!({ "user": user_json() }),
        json!({ "userIfKnown": user_json() }),
        json!({ "userRemoved": { "id": "u2", "removal": "out-of-scope" } }),
        json!({ "groupMissing": { "id": "g1" } }),
    ];
    assert_eq!(full.lines, lines);
}

#[test]
fn a_callback_shows_who_signed_in_or_that_consent_was_granted() {
    let user = User { id: "u1".to_owned(), ..User::default() };
    let shown = plugin::outcome(CallbackOutcome::SignedIn(user));
    assert_eq!(shown, json!({ "signedIn": user_json() }));
    assert_eq!(plugin::outcome(CallbackOutcome::ConsentGranted), json!({ "consentGranted": true }));
}

/// Returns the JSON of the user `u1`, whose other fields are empty.
fn user_json() -> Value {
    json!({
        "id": "u1", "username": "", "displayName": "", "email": null, "givenName": null,
        "surname": null, "jobTitle": null, "department": null, "office": null,
        "mobilePhone": null, "businessPhone": null, "language": null, "cardNumber": null,
        "enabled": false, "guest": false, "unknown": [],
    })
}
