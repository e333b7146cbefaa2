//! Bookings that take a room at the same time.

use ones_host::model::{Booking, BookingEnd, Hold};

use super::calendar::*;
use crate::fake::*;

#[test]
fn law_8_two_bookings_that_overlap_are_both_kept_and_listed_until_one_ends() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        one(booked("b", "12:30", "14:00")),
        one(booked("c", "14:00", "15:00")),
    ]);
    assert_eq!(ones.booked(), ["a", "b", "c"]);
    let conflict = ones.conflicts().remove(0);
    assert_eq!((conflict.both.starts, conflict.both.ends), (clock("12:30"), clock("13:00")));
    assert_eq!(ones.in_conflict(), [["a", "b"]]);
    ones.change([]);
    assert_eq!(ones.conflicts()[0].since, conflict.since);
    ones.change([ended("a", BookingEnd::Cancelled)]);
    assert!(ones.in_conflict().is_empty());
    // It comes back with the booking.
    ones.change([one(booked("a", "13:30", "14:30"))]);
    assert_eq!(ones.in_conflict(), [["b", "a"], ["a", "c"]]);
}

#[test]
fn c55_what_takes_no_time_and_what_is_free_conflicts_with_nothing() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        one(booked("zero", "12:30", "12:30")),
        one(Booking { hold: Hold::Free, ..booked("free", "12:00", "13:00") }),
        one(Booking {
            private: true,
            title: None,
            organizer: None,
            ..booked("p", "13:00", "14:00")
        }),
    ]);
    assert!(ones.in_conflict().is_empty());
    // What is tentative or private takes the room.
    let tentative = Booking { hold: Hold::Tentative, ..booked("t", "12:59", "13:01") };
    ones.change([one(tentative)]);
    assert_eq!(ones.in_conflict(), [["a", "t"], ["t", "p"]]);
}

#[test]
fn c13_an_all_day_booking_takes_the_day_of_the_rooms_time_zone() {
    let mut ones = Ones::with_rooms([room_in("r1", "Asia/Hong_Kong")]);
    // 09:00 of 5 March in Hong Kong, and 00:30 of 6 March.
    let changes = [
        one(all_day("day", "2027-03-05", "2027-03-06")),
        one(booked("morning", "2027-03-05T01:00", "2027-03-05T02:00")),
        one(booked("night", "2027-03-05T16:30", "2027-03-05T17:00")),
    ];
    ones.sync_bookings(&mut Fake::bookings([of_room("r1", COMPLETE, "c1", changes)])).unwrap();
    assert_eq!(ones.in_conflict(), [["day", "morning"]]);
}

#[test]
fn what_is_over_is_no_conflict() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "14:00")),
        one(booked("b", "12:30", "13:00")),
    ]);
    assert_eq!(ones.conflicts().len(), 1);
    ones.options.now = Some("2027-01-11T13:00:00Z".parse().unwrap());
    assert!(ones.conflicts().is_empty());
}

#[test]
fn a_calendar_where_everything_overlaps_lists_a_limited_number_of_conflicts() {
    let many = ids(300).into_iter().map(|id| one(booked(&id, "12:00", "13:00")));
    let ones = Ones::with_bookings(many);
    assert_eq!(ones.conflicts().len(), ones_host::store::CONFLICTS);
}

#[test]
fn a_held_removal_still_takes_the_room() {
    let mut many: Vec<_> = ids(12).iter().map(|id| one(booked(id, "12:00", "12:00"))).collect();
    many.push(one(booked("a", "12:00", "13:00")));
    many.push(one(booked("b", "12:00", "13:00")));
    let mut ones = Ones::with_bookings(many);
    let mut gone: Vec<_> = ids(12).iter().map(|id| ended(id, BookingEnd::Deleted)).collect();
    gone.push(ended("a", BookingEnd::Deleted));
    ones.change(gone);
    assert_eq!(ones.in_conflict(), [["a", "b"]]);
    let (mut store, id) = ones.integration();
    store.decide(id, ones_host::store::Decision::Approve, &[]).unwrap();
    drop(store);
    assert!(ones.in_conflict().is_empty());
}
