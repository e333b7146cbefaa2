//! Bookings that a listing or an answer does not find.

use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use ones_host::model::{Booking, BookingChange, BookingEnd};

use super::calendar::*;
use crate::fake::*;

fn listing(changes: impl IntoIterator<Item = BookingChange>) -> Fake {
    Fake::bookings([of_room("r1", COMPLETE, "c2", changes)])
}

fn reason(ones: &Ones, number: i64) -> Option<String> {
    let (store, id) = ones.integration();
    let page = store.booking(id, number, NOW.parse().unwrap()).unwrap().unwrap();
    page.booking.history.gone.map(|gone| gone.reason)
}

#[test]
fn c29_what_a_listing_lacks_is_read_by_id_before_it_is_gone() {
    let a = || one(booked("a", "12:00", "13:00"));
    let s = || series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]);
    let mut ones = Ones::with_bookings([a(), s(), one(booked("b", "18:00", "19:00"))]);
    let number = ones.all_of("r1")[0].number;
    // The next changes are empty: nothing is asked.
    let source = &mut Fake::bookings([of_room("r1", CHANGES, "c2", [])]);
    ones.sync_bookings(source).unwrap();
    assert!(source.read.is_empty());
    let source = &mut listing([one(booked("b", "18:00", "19:00"))]).where_booking_stands(s());
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!(source.read, ["a", "s"]);
    assert_eq!(counts.removed, 1);
    assert_eq!(ones.booked(), ["s1", "s2", "b"]);
    assert_eq!(reason(&ones, number).as_deref(), Some("deleted"));
    // The answer that found the series can be the one that lags: it is read once more.
    let again = &mut Fake::bookings([]).where_booking_stands(s());
    ones.sync_bookings(again).unwrap();
    assert_eq!(again.read, ["s"]);
    let quiet = &mut Fake::bookings([]);
    ones.sync_bookings(quiet).unwrap();
    assert!(quiet.read.is_empty());
    assert_eq!(ones.booked(), ["s1", "s2", "b"]);
}

#[test]
fn one_answer_that_does_not_find_a_booking_is_confirmed_by_a_later_run() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let start: Timestamp = NOW.parse().unwrap();
    ones.options.bookings.missing_grace = Duration::from_secs(60);
    let missing = || of_room("r1", CHANGES, "c2", [BookingChange::BookingMissing("a".to_owned())]);
    for (seconds, reported, read, booked) in
        [(0, true, 0, 1), (30, false, 0, 1), (60, false, 1, 0), (120, false, 0, 0)]
    {
        ones.options.now = Some(start + seconds.seconds());
        let source = &mut Fake::bookings(reported.then(missing));
        ones.sync_bookings(source).unwrap();
        assert_eq!((source.read.len(), ones.booked().len()), (read, booked), "{seconds}");
    }
    // One that ONES does not have is none that is read.
    assert_eq!(ones.change([BookingChange::BookingMissing("b".to_owned())]), (0, 0, 0));
}

#[test]
fn a_listing_that_left_something_out_proves_nothing() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let source = &mut listing([]).incomplete();
    ones.sync_bookings(source).unwrap();
    assert!(source.read.is_empty());
    let complete = &mut Fake::bookings([]);
    ones.sync_bookings(complete).unwrap();
    assert!(complete.read.is_empty());
    assert_eq!(ones.booked(), ["a"]);
}

#[test]
fn law_4_a_room_that_fails_ends_none_of_its_bookings() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let both = |mode, checkpoint: &str| {
        ["r1", "r2"]
            .map(|room| of_room(room, mode, checkpoint, [one(booked(room, "12:00", "13:00"))]))
    };
    ones.sync_bookings(&mut Fake::bookings(both(COMPLETE, "c1"))).unwrap();
    // The enumeration of the first room broke off, and that of the second one lists nothing.
    let source = &mut Fake::bookings([
        of_room("r1", FIRST, "c2", []),
        failed("r1", unavailable()),
        of_room("r2", COMPLETE, "c2", []),
    ]);
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!(source.read, ["r2"]);
    assert_eq!((counts.removed, counts.rooms.failed), (1, 1));
    assert_eq!(ones.booked(), ["r1"]);
}

#[test]
fn a_room_whose_candidates_cannot_be_read_fails_alone_and_they_are_read_again() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let source = &mut Fake { read_fails: true, ..listing([]) };
    // It is the only room, so that the run fails.
    ones.sync_bookings(source).unwrap_err();
    assert_eq!(ones.booked(), ["a"]);
    let source = &mut Fake::bookings([]);
    assert_eq!(ones.sync_bookings(source).unwrap().counts.removed, 1);
    assert_eq!(source.read, ["a"]);
}

#[test]
fn case_the_window_rolls_on_and_what_is_over_is_neither_read_nor_gone() {
    let mut ones = Ones::with_bookings([
        one(booked("over", "2027-01-11T12:00", "2027-01-11T13:00")),
        one(booked("tomorrow", "2027-01-12T12:00", "2027-01-12T13:00")),
        one(booked("late", "2027-01-11T23:00", "2027-01-12T01:00")),
    ]);
    ones.options.now = Some("2027-01-12T10:00:00Z".parse().unwrap());
    let source = &mut listing([one(booked("tomorrow", "2027-01-12T12:00", "2027-01-12T13:00"))]);
    ones.sync_bookings(source).unwrap();
    assert_eq!(source.read, ["late"], "it lasts into the window");
    assert_eq!(ones.booked(), ["over", "tomorrow"]);
    // Nor does it end a booking that is over that the vendor finds it outside the window.
    let outside = ["over", "tomorrow"].map(|id| ended(id, BookingEnd::OutsideWindow));
    assert_eq!(ones.change(outside), (0, 0, 1));
    assert_eq!(ones.booked(), ["over"]);
}

#[test]
fn dates_of_a_series_that_are_over_stay_when_it_is_replaced_or_ends() {
    let date =
        |day: &str| booked(day, &format!("2027-01-{day}T12:00"), &format!("2027-01-{day}T13:00"));
    let mut ones =
        Ones::with_bookings([series("s", [date("11"), date("12"), date("13"), date("14")])]);
    ones.options.now = Some("2027-01-13T10:00:00Z".parse().unwrap());
    assert_eq!(ones.change([series("s", [date("14")])]), (0, 0, 1));
    assert_eq!(ones.booked(), ["11", "12", "14"]);
    assert_eq!(ones.change([series_ended("s", BookingEnd::Deleted)]), (0, 0, 1));
    assert_eq!(ones.booked(), ["11", "12"]);
}

#[test]
fn rooms_are_listed_again_after_a_day_a_part_in_each_run() {
    let rooms: Vec<_> = (0..150).map(|number| format!("r{number:03}")).collect();
    let mut ones = Ones::with_rooms(rooms.iter().map(|id| room(id)));
    let all = rooms.iter().map(|id| of_room(id, COMPLETE, "c1", []));
    ones.sync_bookings(&mut Fake::bookings(all)).unwrap();
    ones.options.bookings.list_again = Some(Duration::from_secs(24 * 60 * 60));
    let start: Timestamp = NOW.parse().unwrap();
    let mut listed = Vec::new();
    for (hours, count) in [(23, 0), (24, 2), (24, 2), (25, 2)] {
        ones.options.now = Some(start + hours.hours());
        let source = &mut Fake::bookings([]);
        ones.sync_bookings(source).unwrap();
        let again: Vec<_> = source.asked.iter().filter(|it| it.since.is_none()).collect();
        assert_eq!(again.len(), count, "after {hours} hours");
        let now = again.into_iter().map(|it| it.room.clone()).collect::<Vec<_>>();
        let updates = now.iter().map(|id| of_room(id, COMPLETE, "c2", []));
        ones.options.full = true;
        ones.options.bookings.rooms = Some(now.clone());
        ones.sync_bookings(&mut Fake::bookings(updates)).unwrap();
        (ones.options.full, ones.options.bookings.rooms) = (false, None);
        listed.extend(now);
    }
    assert_eq!(listed, rooms[..6], "the longest ago first");
}

#[test]
fn an_answer_to_another_question_breaks_the_interface() {
    let wrong = Booking { series: Some("x".to_owned()), ..booked("a", "12:00", "13:00") };
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let source = &mut listing([]).where_booking_stands(one(wrong));
    let error = ones.sync_bookings(source).unwrap_err();
    assert_eq!(error.problem().code, "plugin-broke-interface");
    assert_eq!(ones.booked(), ["a"]);
}
