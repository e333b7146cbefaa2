//! `bookings verify`: what is stored, compared with the calendars.

use ones_host::{
    model::{Booking, Refusal, Unreadable},
    sync::{BookingOptions, Verified, What, verify_bookings},
};

use super::calendar::*;
use crate::fake::*;

fn verify(
    ones: &Ones,
    updates: impl IntoIterator<Item = ones_host::model::RoomUpdate>,
) -> Result<Verified, ones_host::Error> {
    let (store, id) = ones.integration();
    let source = &mut Fake::bookings(updates);
    let options = BookingOptions::default();
    let verified = verify_bookings(&store, source, id, &options, NOW.parse().unwrap());
    assert!(source.asked.iter().all(|it| it.since.is_none()));
    verified
}

#[test]
fn what_agrees_is_counted_and_what_does_not_is_listed() {
    let stored = || {
        vec![
            one(booked("a", "12:00", "13:00")),
            series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]),
            one(booked("yesterday", "2027-01-10T12:00", "2027-01-10T13:00")),
        ]
    };
    let ones = Ones::with_bookings(stored());
    // What is outside the window counts nowhere, and the version is none of the fields.
    let same = vec![
        series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]),
        one(Booking { version: "9".to_owned(), ..booked("a", "12:00", "13:00") }),
        one(booked("next year", "2028-01-10T12:00", "2028-01-10T13:00")),
    ];
    let verified = verify(&ones, [of_room("r1", COMPLETE, "c9", same)]).unwrap();
    assert_eq!((verified.agree, verified.bookings, verified.rooms), (3, 3, 1));
    assert!(verified.is_agreed());

    let other = vec![
        one(Booking { private: true, title: None, ..booked("a", "12:00", "13:30") }),
        series("s", [booked("s1", "14:00", "15:00")]),
        one(booked("b", "18:00", "19:00")),
        ones_host::model::BookingChange::BookingUnreadable(Unreadable::new("u", "wrong")),
    ];
    let verified = verify(&ones, [of_room("r1", COMPLETE, "c9", other)]).unwrap();
    let found: Vec<_> =
        verified.differences.iter().map(|it| (it.id.as_str(), it.what.clone())).collect();
    assert_eq!(
        found,
        [
            ("a", What::Fields(vec!["time", "private", "title"])),
            ("b", What::NotInOnes),
            ("s2", What::NotInCalendar),
            ("u", What::Unreadable),
        ]
    );
    assert_eq!((verified.agree, verified.bookings), (1, 5));
    assert!(!verified.is_agreed());
    // Nothing was stored.
    assert_eq!(ones.booked(), ["yesterday", "a", "s1", "s2"]);
    assert_eq!(ones.runs().len(), 2);
}

#[test]
fn a_room_that_cannot_be_read_does_not_agree() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    ones.sync_bookings(&mut Fake::bookings([])).unwrap();
    let listed = || of_room("r1", COMPLETE, "c1", []);
    let verified = verify(&ones, [failed("r2", Refusal::Throttled(9)), listed()]).unwrap();
    assert_eq!((verified.rooms, verified.rooms_failed), (1, 1));
    assert!(!verified.is_agreed());
    // Nor does one that is not listed to its end.
    let error = verify(&ones, [listed(), of_room("r2", FIRST, "c1", [])]).unwrap_err();
    assert_eq!(error.problem().code, "plugin-broke-interface");
}
