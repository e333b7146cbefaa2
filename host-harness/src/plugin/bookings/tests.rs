#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{
    model::{
        BookingBatch, BookingTime, Explanation, Hold, Mode, Participant, Refusal, RoomFailure,
        TimeRange,
    },
    settings::Settings,
};
use serde_json::json;

fn booking(id: &str) -> Booking {
    Booking {
        id: id.to_owned(),
        version: "1".to_owned(),
        meeting: None,
        series: None,
        time: BookingTime::Hours(TimeRange { starts: 0, ends: 3_600 }),
        hold: Hold::Confirmed,
        private: false,
        title: Some("Budget".to_owned()),
        organizer: Some(Participant { email: Some("ann@contoso.com".to_owned()), name: None }),
        invited: 2,
    }
}

fn admitted(change: BookingChange) -> Result<BookingChange, CallError> {
    let schema = json!({ "properties": { "server": { "properties": {
        "secret": { "type": "string", "writeOnly": true },
    } } } });
    let settings = Settings::from(json!({ "server": { "secret": "correct horse" } }));
    let secrets = Secrets::of(&settings, &schema);
    let batch = BookingBatch {
        room: "r1".to_owned(),
        mode: Mode::Incremental,
        changes: vec![change],
        checkpoint: "c1".to_owned(),
    };
    match admit_update(&secrets, RoomUpdate::Batch(batch))? {
        RoomUpdate::Batch(mut batch) => Ok(batch.changes.pop().unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn law_9_a_private_booking_has_neither_title_nor_organizer() {
    let private = Booking { private: true, ..booking("b") };
    let hidden = Booking { title: None, organizer: None, ..private.clone() };
    let single = admitted(BookingChange::Booking(private.clone())).unwrap();
    assert_eq!(single, BookingChange::Booking(hidden.clone()));
    let series = |of: &Booking| {
        let bookings = vec![booking("a"), of.clone()];
        BookingChange::Series(SeriesBookings { id: "s".to_owned(), bookings })
    };
    assert_eq!(admitted(series(&private)).unwrap(), series(&hidden));
}

#[test]
fn what_is_too_large_counts_as_unreadable() {
    let large = Booking { title: Some("x".repeat(64 << 10)), ..booking("b") };
    let series = |count: usize, title: usize| {
        let of = Booking { title: Some("x".repeat(title)), ..booking("o") };
        let bookings = vec![of; count];
        BookingChange::Series(SeriesBookings { id: "s".to_owned(), bookings })
    };
    for (change, id) in [
        (BookingChange::Booking(large), "b"),
        (series(100, 50 << 10), "s"),
        (series(2, 64 << 10), "s"),
    ] {
        let BookingChange::BookingUnreadable(it) = admitted(change).unwrap() else { panic!() };
        assert_eq!(it.id, id);
        assert!(it.reason.contains("bytes"), "{}", it.reason);
    }
    assert_eq!(admitted(series(80, 50 << 10)).unwrap(), series(80, 50 << 10));
}

#[test]
fn a_secret_is_removed_from_a_title_and_refused_in_an_id() {
    let told = Booking { title: Some("it is correct horse".to_owned()), ..booking("b") };
    let BookingChange::Booking(it) = admitted(BookingChange::Booking(told)).unwrap() else {
        panic!()
    };
    assert!(!it.title.unwrap().contains("correct horse"));
    let leaking = [
        Booking { id: "correct horse".to_owned(), ..booking("b") },
        Booking { version: "correct horse".to_owned(), ..booking("b") },
        Booking { meeting: Some("correct horse".to_owned()), ..booking("b") },
    ];
    for booking in leaking {
        let error = admitted(BookingChange::Booking(booking)).unwrap_err();
        assert!(matches!(error, CallError::BrokeInterface { .. }), "{error}");
    }
}

#[test]
fn the_error_of_a_room_is_shortened_and_has_no_secret() {
    let settings = Settings::from(json!({}));
    let secrets = Secrets::of(&settings, &json!({}));
    let error = Refusal::Unavailable(Explanation {
        code: "c".repeat(5_000),
        summary: "It failed".to_owned(),
        remedy: None,
        detail: Some("d".repeat(1 << 20)),
    });
    let failure = RoomFailure { room: "r1".to_owned(), error };
    let RoomUpdate::Failed(it) = admit_update(&secrets, RoomUpdate::Failed(failure)).unwrap()
    else {
        panic!()
    };
    let explanation = it.error.explanation().unwrap();
    assert!(explanation.code.len() < 2_000);
    assert!(explanation.detail.as_ref().unwrap().len() < 100_000);
}

#[test]
fn availability_has_each_room_once() {
    let settings = Settings::from(json!({}));
    let secrets = Secrets::of(&settings, &json!({}));
    let free = |email: &str| RoomAvailability { email: email.to_owned(), taken: Ok(Vec::new()) };
    let asked = ["a".to_owned(), "b".to_owned()];
    let admit = |rooms: &[&str]| {
        admit_availability(&secrets, rooms.iter().map(|it| free(it)).collect(), &asked)
    };
    assert_eq!(admit(&["b", "a"]).unwrap().len(), 2);
    for wrong in [&["a"] as &[&str], &["a", "a"], &["a", "b", "c"]] {
        assert!(matches!(admit(wrong), Err(CallError::BrokeInterface { .. })), "{wrong:?}");
    }
}
