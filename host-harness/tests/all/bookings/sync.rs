//! Runs of bookings.

use ones_host::model::{Booking, BookingTime, TimeRange};

use super::calendar::*;
use crate::fake::*;

#[test]
fn bookings_are_stored_with_the_checkpoint_of_their_room() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]),
    ]);
    assert_eq!(ones.booked(), ["a", "s1", "s2"]);
    let moved = Booking {
        version: "2".to_owned(),
        time: BookingTime::Hours(TimeRange { starts: clock("18:00"), ends: clock("19:00") }),
        ..booked("a", "12:00", "13:00")
    };
    let source = &mut Fake::bookings([of_room("r1", CHANGES, "c2", [one(moved)])]);
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!((counts.added, counts.updated, counts.removed), (0, 1, 0));
    assert_eq!(source.asked[0].since.as_deref(), Some("c1"));
    assert_eq!(source.asked[0].email, "r1@contoso.com");
    assert_eq!(ones.booked(), ["s1", "s2", "a"]);
}
