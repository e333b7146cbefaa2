//! What users of the vendor do with a meeting that was made in ONES.

use ones_host::{
    model::{
        AnsweredRoom, BookingCalendar, BookingEnd, BookingOutcome, BookingTime, Recurrence,
        RecurrenceEnd, RecurrencePattern, RoomAnswer,
    },
    reservations::Answer,
    store::{Actor, NewReservation, ReservationChange, ReservationState, RoomState},
};

use super::{host::*, vendor::*};
use crate::{bookings::calendar::*, fake::*, program::check};

const NINE: (&str, &str) = ("2027-01-12T09:00", "2027-01-12T10:00");
const TEN: (&str, &str) = ("2027-01-12T10:00", "2027-01-12T11:00");

fn booked_at_nine(vendor: &Vendor, rooms: &[&str]) -> (Host, String) {
    let mut host = Host::new(vendor);
    let made = host.reserve(wished(rooms, NINE.0, NINE.1)).unwrap();
    host.run();
    host.sync();
    (host, made.reference)
}

#[test]
fn a_meeting_that_is_moved_in_the_calendar_moves_in_ones() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r0", "r1"]);
    vendor.calendars().move_to(0, between(TEN.0, TEN.1));
    host.sync();
    let moved = host.get(&reference);
    assert_eq!(moved.time, Some(BookingTime::Hours(between(TEN.0, TEN.1))));
    assert_eq!(moved.instants, between(TEN.0, TEN.1));
    assert_eq!(moved.state, ReservationState::Confirmed);
    // The second room says the same.
    assert_eq!(host.history(&reference), ["requested", "room-accepted", "room-accepted", "moved"]);
    let id = host.id;
    let entry = host.store().reservation_history(id, &reference).unwrap().pop().unwrap();
    assert_eq!(entry.actor, Actor::Vendor);
    assert_eq!(
        entry.text,
        "Moved from 2027-01-12 09:00–10:00 to 2027-01-12 10:00–11:00 UTC, in the calendar"
    );
    // A change starts from there.
    let change = ReservationChange {
        time: Some(BookingTime::Hours(between(NINE.0, NINE.1))),
        ..ReservationChange::default()
    };
    let now = host.now;
    host.store().change_reservation(id, &reference, change, Actor::Administrator, now).unwrap();
    host.run();
    assert_eq!(host.get(&reference).problem, None);
    assert_eq!(host.get(&reference).instants, between(NINE.0, NINE.1));
}

#[test]
fn a_meeting_that_is_cancelled_in_the_calendar_is_cancelled_in_ones() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r0", "r1"]);
    vendor.calendars().cancel(0);
    host.sync();
    let gone = host.get(&reference);
    assert_eq!(gone.state, ReservationState::Cancelled);
    assert!(gone.rooms.iter().all(|room| room.state == RoomState::Ended));
    assert_eq!(gone.rooms[0].reason.as_ref().unwrap().summary, "The meeting was cancelled");
    assert_eq!(host.history(&reference)[3..], ["room-ended", "room-ended"]);
    host.reserve(wished(&["r0"], NINE.0, NINE.1)).unwrap();
}

#[test]
fn a_room_that_is_taken_from_a_meeting_is_no_longer_booked_and_the_others_are() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r0", "r1"]);
    vendor.calendars().drop_room(0, "r0");
    host.sync();
    let left = host.get(&reference);
    assert_eq!(left.state, ReservationState::Partly);
    assert_eq!(left.rooms[0].state, RoomState::Ended);
    assert_eq!(left.rooms[1].state, RoomState::Accepted);
}

#[test]
fn law_3_what_did_not_change_writes_nothing() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r0", "r1"]);
    let before = (host.get(&reference), host.history(&reference), vendor.calendars().calls);
    for _ in 0..3 {
        host.sync();
        host.run_for(1);
    }
    let after = (host.get(&reference), host.history(&reference), vendor.calendars().calls);
    assert_eq!(after, before);
}

#[test]
fn a_calendar_that_is_older_than_the_answer_says_nothing_new() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r1"]);
    let change = ReservationChange {
        time: Some(BookingTime::Hours(between(TEN.0, TEN.1))),
        ..ReservationChange::default()
    };
    let (id, now) = (host.id, host.now);
    host.store().change_reservation(id, &reference, change, Actor::Administrator, now).unwrap();
    host.run();
    // Another booking of the room changes, and the synced calendar still has ours at nine.
    let other = one(booked("other", "2027-01-13T09:00", "2027-01-13T10:00"));
    let older = one(ones_host::model::Booking {
        title: Some("renamed".to_owned()),
        version: "older".to_owned(),
        ..booked(&booking_id(0, "r1"), NINE.0, NINE.1)
    });
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", [other, older])]));
    assert_eq!(host.get(&reference).instants, between(TEN.0, TEN.1));
    host.sync();
    assert_eq!(host.get(&reference).instants, between(TEN.0, TEN.1));
    assert!(!host.history(&reference).contains(&"moved".to_owned()));
}

#[test]
fn a_calendar_that_changes_while_the_vendor_answers_is_asked_about_again() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r1"]);
    let rename =
        ReservationChange { title: Some("Renamed".to_owned()), ..ReservationChange::default() };
    let (id, now) = (host.id, host.now);
    host.store().change_reservation(id, &reference, rename, Actor::Administrator, now).unwrap();
    let job = host.take(1).pop().unwrap();
    let answer = job.ask(&mut host.vendor);
    // Before the answer is stored, a user moves the meeting, and the calendar is read.
    vendor.calendars().move_to(0, between(TEN.0, TEN.1));
    host.sync();
    assert_eq!(host.get(&reference).instants, between(NINE.0, NINE.1));
    job.settle(host.store(), answer, now).unwrap();
    assert_eq!(host.get(&reference).instants, between(NINE.0, NINE.1));
    host.run_for(1);
    assert_eq!(host.get(&reference).instants, between(TEN.0, TEN.1));
    assert_eq!(host.history(&reference).last().unwrap(), "moved");
}

#[test]
fn a_meeting_that_was_cancelled_before_its_calendar_was_read_is_cancelled_in_ones() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(wished(&["r1"], NINE.0, NINE.1)).unwrap();
    host.run();
    vendor.calendars().cancel(0);
    // The calendar may not show it yet.
    host.wait(59);
    host.sync();
    assert!(host.take(1).is_empty());
    host.wait(1);
    host.sync();
    host.run();
    assert_eq!(host.get(&made.reference).state, ReservationState::Cancelled);
}

#[test]
fn a_booking_that_its_calendar_never_shows_is_asked_about_once() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(wished(&["r1"], NINE.0, NINE.1)).unwrap();
    host.run();
    let calls = vendor.calendars().calls;
    for _ in 0..3 {
        host.wait(300);
        host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", [])]));
        host.run();
    }
    assert_eq!(vendor.calendars().calls, calls + 1);
    assert_eq!(host.get(&made.reference).state, ReservationState::Confirmed);
}

#[test]
fn what_leaves_the_window_the_rooms_or_the_settings_is_not_cancelled() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r1"]);
    let outside = ended(&booking_id(0, "r1"), BookingEnd::OutsideWindow);
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", [outside])]));
    host.run_for(1);
    assert_eq!(host.get(&reference).state, ReservationState::Confirmed);
    assert!(vendor.calendars().meeting(&reference).is_some());
}

#[test]
fn a_booking_that_comes_back_is_booked_again() {
    let vendor = Vendor::default();
    let (mut host, reference) = booked_at_nine(&vendor, &["r1"]);
    let id = booking_id(0, "r1");
    let gone = ended(&id, BookingEnd::Cancelled);
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", [gone])]));
    assert_eq!(host.get(&reference).state, ReservationState::Cancelled);
    host.sync();
    host.run_for(1);
    assert_eq!(host.get(&reference).state, ReservationState::Confirmed);
    assert_eq!(host.history(&reference)[2..], ["room-ended", "room-accepted"]);
}

/// Books a series by answers of its own: the vendor of these tests has none.
fn booked_series(host: &mut Host) -> String {
    let recurrence = Recurrence {
        pattern: RecurrencePattern::Daily,
        interval: 1,
        ends: RecurrenceEnd::After(3),
    };
    let new = wished(&["r1"], NINE.0, NINE.1);
    let made = host.reserve(NewReservation { recurrence: Some(recurrence), ..new }).unwrap();
    let job = host.take(1).pop().unwrap();
    let third = BookingTime::Hours(between("2027-01-14T09:00", "2027-01-14T10:00"));
    let partly =
        ones_host::model::PartlyAccepted { id: "series".to_owned(), declined: vec![third] };
    settle(host, job, RoomAnswer::Partly(partly), NINE);
    made.reference
}

fn settle(
    host: &mut Host,
    job: ones_host::reservations::Job,
    answer: RoomAnswer,
    (starts, ends): (&str, &str),
) {
    let outcome = BookingOutcome {
        ticket: Some("t".to_owned()),
        calendar: BookingCalendar::Organizer,
        time: Some(BookingTime::Hours(between(starts, ends))),
        rooms: vec![AnsweredRoom { room: "r1".to_owned(), answer }],
    };
    let now = host.now;
    job.settle(host.store(), Answer::Outcome(outcome), now).unwrap();
}

fn dates(clock: &str) -> Vec<ones_host::model::Booking> {
    let date = |day: u32| {
        let starts = format!("2027-01-{day}T{clock}:00");
        let ends = format!("2027-01-{day}T{clock}:59");
        let booking = booked(&format!("date {day}"), &starts, &ends);
        ones_host::model::Booking { version: clock.to_owned(), ..booking }
    };
    vec![date(12), date(13)]
}

#[test]
fn a_series_that_is_declined_in_part_says_for_which_dates() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let reference = booked_series(&mut host);
    let partly = host.get(&reference);
    assert_eq!(
        (partly.state, partly.rooms[0].state),
        (ReservationState::Partly, RoomState::Partly)
    );
    let third = BookingTime::Hours(between("2027-01-14T09:00", "2027-01-14T10:00"));
    assert_eq!(partly.rooms[0].declined, [third]);
    assert_eq!(partly.rooms[0].booking.as_deref(), Some("series"));
    assert_eq!(host.history(&reference), ["requested", "room-partly"]);
}

#[test]
fn the_command_line_prints_declined_dates_in_the_time_zone_of_the_booking() {
    let vendor = Vendor::default();
    let mut host = Host::with_rooms(&vendor, [room_in("r1", "Europe/Berlin")]);
    let reference = booked_series(&mut host);
    let data = host.ones.folder.path().to_str().unwrap();
    let shown = ["--data", data, "reservations", "show", &reference];
    let shown = check(host.ones.folder.path(), &shown, 0, "");
    assert!(shown.contains("except 2027-01-14 10:00–11:00 Europe/Berlin\n"), "{shown}");
}

#[test]
fn a_series_is_followed_as_a_whole() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let reference = booked_series(&mut host);
    let changes = [series("series", dates("09"))];
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", changes)]));
    let id = host.id;
    let linked = host.store().reservation_of_booking(id, "r1", "series").unwrap().unwrap();
    assert_eq!(linked.reference, reference);
    assert!(host.take(1).is_empty(), "nothing is to be asked");
    // Another reservation must not take one of its dates.
    let second_date = wished(&["r1"], "2027-01-13T09:30", "2027-01-13T11:00");
    assert!(host.reserve(second_date).unwrap_err().to_string().contains(&reference));
    // It is moved as a whole: then the vendor is asked when it is.
    let changes = [series("series", dates("15"))];
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", changes)]));
    let job = host.take(1).pop().unwrap();
    let answer = RoomAnswer::Accepted("series".to_owned());
    settle(&mut host, job, answer, ("2027-01-12T15:00", "2027-01-12T15:59"));
    let moved = host.get(&reference);
    assert_eq!(moved.instants, between("2027-01-12T15:00", "2027-01-12T15:59"));
    assert_eq!(moved.state, ReservationState::Confirmed);
    assert!(host.take(1).is_empty());
    // It is cancelled.
    let changes = [series_ended("series", BookingEnd::Cancelled)];
    host.sync_from(&mut Fake::bookings([of_room("r1", CHANGES, "c", changes)]));
    assert_eq!(host.get(&reference).state, ReservationState::Cancelled);
    assert_eq!(
        host.history(&reference),
        ["requested", "room-partly", "moved", "room-accepted", "room-ended"]
    );
}

#[test]
fn one_date_of_a_series_is_cancelled() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let reference = booked_series(&mut host);
    let second = BookingTime::Hours(between("2027-01-13T09:00", "2027-01-13T10:00"));
    let (id, now, by) = (host.id, host.now, Actor::Administrator);
    host.store().cancel_reservation(id, &reference, Some(second), "", by, now).unwrap();
    let job = host.take(1).pop().unwrap();
    job.settle(host.store(), Answer::Done, now).unwrap();
    let left = host.get(&reference);
    assert_eq!((left.state, left.waiting), (ReservationState::Partly, None));
    assert_eq!(host.history(&reference)[2..], ["cancel-requested", "occurrence-cancelled"]);
}

#[test]
fn a_series_that_has_begun_is_changed() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let reference = booked_series(&mut host);
    host.now = "2027-01-13T12:00:00Z".parse().unwrap();
    let rename =
        ReservationChange { title: Some("Renamed".to_owned()), ..ReservationChange::default() };
    let (id, now, by) = (host.id, host.now, Actor::Administrator);
    let wished = host.store().change_reservation(id, &reference, rename, by, now).unwrap();
    assert_eq!(wished.request.title, "Renamed");
    assert_eq!(host.take(1).len(), 1);
}
