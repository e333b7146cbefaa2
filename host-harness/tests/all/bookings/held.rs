//! Many bookings that disappear at once wait for an administrator.

use ones_host::{
    model::{BookingChange, BookingEnd},
    store::{Decision, Kind},
};

use super::calendar::*;
use crate::fake::*;

fn numbered(count: usize) -> Vec<BookingChange> {
    ids(count).iter().map(|id| one(booked(id, "12:00", "12:00"))).collect()
}

fn all_ended(ids: &[String], end: BookingEnd) -> Vec<BookingChange> {
    ids.iter().map(|id| ended(id, end)).collect()
}

fn decide(ones: &Ones, decision: Decision, ids: &[String]) -> u64 {
    let (mut store, id) = ones.integration();
    store.decide(id, decision, ids).unwrap()
}

#[test]
fn more_deletions_than_the_limit_are_held_and_the_bookings_stay() {
    let mut ones = Ones::with_bookings(numbered(20));
    let changes = all_ended(&ids(11), BookingEnd::Deleted);
    let outcome =
        ones.sync_bookings(&mut Fake::bookings([of_room("r1", CHANGES, "c2", changes)])).unwrap();
    assert_eq!((outcome.counts.removed, outcome.counts.held), (0, 11));
    assert_eq!(outcome.counts.all_held(), 11);
    assert_eq!(ones.booked().len(), 20);
    assert!(ones.all_of("r1").iter().filter(|row| row.held).count() == 11);
    assert_eq!(ones.held(), ids(11));
    let (store, id) = ones.integration();
    let mut rows = Vec::new();
    store
        .each_held(id, |row| {
            rows.push((row.kind, row.name, row.address, row.reason));
            Ok::<_, ones_host::Error>(())
        })
        .unwrap();
    let first = (Kind::Booking, "P000".to_owned(), "r1@contoso.com".to_owned());
    assert_eq!(rows[0], (first.0, first.1, first.2, "deleted".to_owned()));
    assert_eq!(store.held(id).unwrap(), 11);
    drop(store);
    // One of them is reported again, and is held no more.
    ones.change([one(booked("p000", "12:00", "12:00"))]);
    assert_eq!(ones.held(), ids(11)[1..]);
    assert_eq!(decide(&ones, Decision::Approve, &ids(3)[1..]), 2);
    assert_eq!((ones.held().len(), ones.booked().len()), (8, 18));
    assert_eq!(decide(&ones, Decision::Approve, &[]), 8);
    assert_eq!(ones.booked().len(), 10);
}

#[test]
fn what_an_administrator_keeps_is_held_again_however_few_there_are() {
    let mut ones = Ones::with_bookings(numbered(20));
    ones.change(all_ended(&ids(11), BookingEnd::Deleted));
    assert_eq!(decide(&ones, Decision::Discard, &[]), 11);
    assert!(ones.held().is_empty());
    assert_eq!(ones.change([ended("p001", BookingEnd::Deleted)]), (0, 0, 0));
    assert_eq!(ones.held(), ["p001"]);
    // Reported again, it is as any other.
    ones.change([one(booked("p002", "12:00", "12:00"))]);
    assert_eq!(ones.change([ended("p002", BookingEnd::Deleted)]), (0, 0, 1));
    let unknown = {
        let (mut store, id) = ones.integration();
        store.decide(id, Decision::Approve, &["nope".to_owned()]).unwrap_err()
    };
    assert!(unknown.to_string().contains("nope"), "{unknown}");
}

#[test]
fn what_the_vendor_returns_as_ended_is_not_held() {
    for end in [BookingEnd::Cancelled, BookingEnd::Declined, BookingEnd::OutsideWindow] {
        let mut ones = Ones::with_bookings(numbered(20));
        assert_eq!(ones.change(all_ended(&ids(20), end)), (0, 0, 20), "{end:?}");
        assert!(ones.booked().is_empty());
    }
}

#[test]
fn a_series_is_one_removal_and_the_last_booking_of_a_room_none_to_hold() {
    let dates = (0..60).map(|number| booked(&format!("d{number:02}"), "12:00", "12:00"));
    let mut ones = Ones::with_bookings([series("s", dates)]);
    assert_eq!(ones.change([series_ended("s", BookingEnd::Deleted)]), (0, 0, 60));
    assert!(ones.held().is_empty());
}

#[test]
fn deletions_in_many_rooms_count_together() {
    let rooms: Vec<_> = (0..6).map(|number| format!("r{number}")).collect();
    let mut ones = Ones::with_rooms(rooms.iter().map(|id| room(id)));
    let all = rooms.iter().map(|id| of_room(id, COMPLETE, "c1", numbered(3)));
    ones.sync_bookings(&mut Fake::bookings(all)).unwrap();
    let two = |id: &String| of_room(id, CHANGES, "c2", all_ended(&ids(2), BookingEnd::Deleted));
    let counts = ones.sync_bookings(&mut Fake::bookings(rooms.iter().map(two))).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (0, 12));
}

#[test]
fn one_room_that_is_emptied_among_many_is_held_and_the_others_are_not() {
    let rooms: Vec<_> = (0..40).map(|number| format!("r{number:02}")).collect();
    let mut ones = Ones::with_rooms(rooms.iter().map(|id| room(id)));
    let all = rooms.iter().map(|id| of_room(id, COMPLETE, "c1", numbered(12)));
    ones.sync_bookings(&mut Fake::bookings(all)).unwrap();
    let source = &mut Fake::bookings([
        of_room("r00", CHANGES, "c2", all_ended(&ids(12), BookingEnd::Deleted)),
        of_room("r01", CHANGES, "c2", all_ended(&ids(2), BookingEnd::Deleted)),
    ]);
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (2, 12));
}

#[test]
fn deletions_of_a_run_that_failed_wait_for_the_next_one() {
    let mut ones = Ones::with_bookings(numbered(3));
    let deleted = of_room("r1", CHANGES, "c2", [ended("p000", BookingEnd::Deleted)]);
    ones.sync_bookings(&mut Fake::bookings([deleted]).then_fails()).unwrap_err();
    assert_eq!(ones.booked().len(), 3);
    assert_eq!(ones.change([]), (0, 0, 1));
    assert_eq!(ones.booked().len(), 2);
}
