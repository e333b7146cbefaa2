//! Sending wishes: attempts, answers, pauses.

use jiff::SignedDuration;
use ones_host::{
    model::BookingTime,
    store::{Actor, ReleaseState, ReservationChange, ReservationState, RoomState},
};

use super::{host::*, vendor::*};
use crate::bookings::calendar::*;

const NINE: (&str, &str) = ("2027-01-12T09:00", "2027-01-12T10:00");

pub(super) fn nine(room: &str) -> ones_host::store::NewReservation {
    wished(&[room], NINE.0, NINE.1)
}

fn to(starts: &str, ends: &str) -> ReservationChange {
    let time = BookingTime::Hours(between(starts, ends));
    ReservationChange { time: Some(time), ..ReservationChange::default() }
}

fn change(host: &mut Host, reference: &str, change: ReservationChange) {
    let (id, now, by) = (host.id, host.now, Actor::User(ANN.to_owned()));
    host.store().change_reservation(id, reference, change, by, now).unwrap();
}

fn cancel(host: &mut Host, reference: &str) {
    let (id, now, by) = (host.id, host.now, Actor::Administrator);
    host.store().cancel_reservation(id, reference, None, "No longer needed", by, now).unwrap();
}

#[test]
fn a_room_that_accepts_is_booked_and_its_booking_is_linked_to_the_reservation() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    assert_eq!(host.run(), ["r1"], "its calendar is to be read");
    let booked = host.get(&made.reference);
    assert_eq!(booked.state, ReservationState::Confirmed);
    assert_eq!((booked.waiting, booked.problem), (None, None));
    assert_eq!(booked.time, Some(BookingTime::Hours(between(NINE.0, NINE.1))));
    assert_eq!(booked.rooms[0].booking.as_deref(), Some("b0 in r1"));
    host.sync();
    let id = host.id;
    let linked = host.store().reservation_of_booking(id, "r1", "b0 in r1").unwrap().unwrap();
    assert_eq!(linked.reference, made.reference);
    assert_eq!(host.store().reservation_of_booking(id, "r2", "b0 in r1").unwrap(), None);
    assert_eq!(host.history(&made.reference), ["requested", "room-accepted"]);
    let entry = host.store().reservation_history(id, &made.reference).unwrap().remove(0);
    assert_eq!((entry.actor, entry.name.as_deref()), (Actor::User(ANN.to_owned()), Some("ANN")));
    assert_eq!(entry.text, "Requested R1: 2027-01-12 09:00–10:00 UTC");
}

#[test]
fn case_c32_a_room_that_does_not_answer_is_never_shown_as_booked() {
    let vendor = Vendor::default();
    vendor.calendars().rooms_are_late = true;
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    let begun = host.now;
    let mut asked = vec![];
    while host.now < begun + SignedDuration::from_hours(1) {
        let pending = host.get(&made.reference);
        assert_eq!(pending.state, ReservationState::Pending);
        assert_eq!(pending.rooms[0].state, RoomState::Pending);
        assert_eq!(pending.pending_since, Some(begun));
        assert_eq!(pending.rooms[0].booking, None);
        let id = host.id;
        let next = host.store().next_reservation_due(id).unwrap().unwrap();
        asked.push((next - host.now).as_secs());
        host.now = next;
        host.run();
    }
    assert_eq!(asked, [2, 5, 15, 60, 300, 300, 900, 3_600]);
    assert_eq!(vendor.calendars().made[&made.reference], 1, "it is sent once");
    // It still has its place.
    assert!(host.reserve(nine("r1")).unwrap_err().to_string().contains(&made.reference));
    assert_eq!(host.history(&made.reference), ["requested", "room-pending"]);
    vendor.calendars().answer();
    host.run_for(1);
    let booked = host.get(&made.reference);
    assert_eq!((booked.state, booked.pending_since), (ReservationState::Confirmed, None));
    let id = host.id;
    assert_eq!(host.store().next_reservation_due(id).unwrap(), None);
}

#[test]
fn a_room_that_never_answered_is_not_booked_when_the_meeting_is_over() {
    let vendor = Vendor::default();
    vendor.calendars().rooms_are_late = true;
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run_for(48);
    let over = host.get(&made.reference);
    assert_eq!(
        (over.state, over.rooms[0].state),
        (ReservationState::Declined, RoomState::Declined)
    );
    assert_eq!(over.rooms[0].reason.as_ref().unwrap().code, "room-never-answered");
    let id = host.id;
    assert_eq!(host.store().next_reservation_due(id).unwrap(), None);
}

#[test]
fn case_c33_a_room_that_declines_late_is_declined_with_its_reason() {
    let vendor = Vendor::default();
    vendor.calendars().rooms_are_late = true;
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    vendor.calendars().book("r1", between("2027-01-12T09:30", "2027-01-12T09:45"));
    vendor.calendars().answer();
    host.run_for(1);
    let declined = host.get(&made.reference);
    assert_eq!(declined.state, ReservationState::Declined);
    let reason = declined.rooms[0].reason.as_ref().unwrap();
    assert_eq!(reason.summary, "The room is not free at that time");
    assert_eq!(host.history(&made.reference), ["requested", "room-pending", "room-declined"]);
    // The room is free for others of ONES.
    host.reserve(wished(&["r1"], "2027-01-12T09:00", "2027-01-12T09:30")).unwrap();
}

#[test]
fn several_rooms_are_one_meeting_of_which_some_accept() {
    let vendor = Vendor::default();
    vendor.calendars().book("r1", between(NINE.0, NINE.1));
    let mut host = Host::new(&vendor);
    let made = host.reserve(wished(&["r0", "r1", "r2"], NINE.0, NINE.1)).unwrap();
    let mut rooms = host.run();
    rooms.sort();
    assert_eq!(rooms, ["r0", "r2"]);
    let booked = host.get(&made.reference);
    assert_eq!(booked.state, ReservationState::Partly);
    let states: Vec<_> = booked.rooms.iter().map(|room| room.state).collect();
    assert_eq!(states, [RoomState::Accepted, RoomState::Declined, RoomState::Accepted]);
}

#[test]
fn case_c42_an_answer_that_was_lost_leads_to_one_meeting() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Throttled] {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        let made = host.reserve(nine("r1")).unwrap();
        host.vendor.fault = fault;
        host.run();
        let waiting = host.get(&made.reference);
        assert_eq!(waiting.state, ReservationState::Requested, "{fault:?}");
        let wish = waiting.waiting.unwrap();
        assert_eq!(wish.attempts, 1);
        let pause = (wish.next - host.now).as_secs();
        assert_eq!(pause, if fault == Fault::Throttled { 7 } else { 5 });
        assert_eq!(wish.problem, waiting.problem);
        assert!(waiting.problem.is_some());
        host.restart();
        host.run_for(1);
        let booked = host.get(&made.reference);
        assert_eq!((booked.state, booked.problem), (ReservationState::Confirmed, None));
        assert_eq!(vendor.calendars().made[&made.reference], 1, "{fault:?}");
        assert_eq!(vendor.calendars().broken, [""; 0]);
        assert_eq!(host.history(&made.reference), ["requested", "attempt-failed", "room-accepted"]);
    }
}

#[test]
fn a_process_that_ends_at_any_step_makes_one_meeting() {
    // Before the call, after it, and after its answer is stored.
    for step in 0..3 {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        let made = host.reserve(nine("r1")).unwrap();
        let job = host.take(1).pop().unwrap();
        match step {
            0 => {}
            1 => {
                let _answer = job.ask(&mut host.vendor);
            }
            _ => {
                host.finish(job);
            }
        }
        host.restart();
        host.run();
        host.run_for(1);
        assert_eq!(host.get(&made.reference).state, ReservationState::Confirmed, "{step}");
        assert_eq!(vendor.calendars().made[&made.reference], 1, "{step}");
        assert_eq!(vendor.calendars().broken, [""; 0], "{step}");
    }
}

#[test]
fn pauses_grow_to_an_hour_and_a_booking_that_begins_is_given_up() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    let mut pauses = vec![];
    while host.get(&made.reference).waiting.is_some() {
        host.vendor.fault = Fault::LostBefore;
        host.run();
        let Some(wish) = host.get(&made.reference).waiting else { break };
        pauses.push((wish.next - host.now).as_secs());
        host.now = wish.next;
    }
    assert_eq!(pauses[..8], [5, 15, 45, 120, 300, 900, 1_800, 3_600]);
    assert!(pauses[8..].iter().all(|pause| *pause == 3_600));
    let failed = host.get(&made.reference);
    assert_eq!(failed.state, ReservationState::Failed);
    let problem = failed.problem.unwrap();
    assert_eq!(problem.code, "reservation-past");
    assert!(problem.summary.contains("no attempt was answered"), "{}", problem.summary);
    assert!(host.now.as_second() > clock(NINE.1), "until its end, since it may exist");
    // Four kinds of entries, however many attempts there were.
    assert_eq!(host.history(&made.reference), ["requested", "attempt-failed", "failed"]);
}

#[test]
fn a_booking_that_could_not_be_sent_in_time_is_never_sent() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.now = "2027-01-12T09:05:01Z".parse().unwrap();
    host.run();
    assert_eq!(vendor.calendars().calls, 0);
    let failed = host.get(&made.reference);
    assert_eq!(failed.state, ReservationState::Failed);
    assert_eq!(failed.problem.unwrap().summary, "2027-01-12 09:00–10:00 is past");
}

#[test]
fn one_room_has_one_call_at_a_time_and_other_rooms_go_on() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let hour = |room: &'static str, hour: u32| {
        let at = |hour| format!("2027-01-12T{hour:02}:00");
        wished(&[room], &at(hour), &at(hour + 1))
    };
    for at in 9..12 {
        host.reserve(hour("r1", at)).unwrap();
    }
    host.reserve(hour("r2", 9)).unwrap();
    host.reserve(wished(&["r0", "r2"], "2027-01-12T14:00", "2027-01-12T15:00")).unwrap();
    let mut jobs = host.take(10);
    let rooms: Vec<_> = jobs.iter().map(|job| job.rooms().to_vec()).collect();
    assert_eq!(rooms, [vec!["r1".to_owned()], vec!["r2".to_owned()]]);
    assert!(host.take(10).is_empty());
    let second = jobs.pop().unwrap();
    host.finish(second);
    let next = host.take(10);
    assert_eq!(next.len(), 1, "r1 hangs, and r2 goes on");
    assert_eq!(next[0].rooms(), ["r0", "r2"]);
    drop((jobs, next));
    host.restart();
    host.run();
    host.run_for(1);
    assert!(host.all().iter().all(|it| it.state == ReservationState::Confirmed));
    assert!(vendor.calendars().made.values().all(|made| *made == 1));
}

#[test]
fn a_change_is_sent_with_what_it_changes_and_the_rooms_decide_again() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    change(&mut host, &made.reference, to("2027-01-12T10:00", "2027-01-12T10:30"));
    let waiting = host.get(&made.reference);
    assert_eq!(waiting.state, ReservationState::Confirmed, "as it is until the vendor answers");
    assert_eq!(waiting.time, Some(BookingTime::Hours(between(NINE.0, NINE.1))));
    assert_eq!(
        waiting.request.time,
        BookingTime::Hours(between("2027-01-12T10:00", "2027-01-12T10:30"))
    );
    host.run();
    let changed = host.get(&made.reference);
    assert_eq!(changed.time.as_ref(), Some(&changed.request.time));
    assert_eq!(changed.state, ReservationState::Confirmed);
    assert_eq!(
        host.history(&made.reference),
        ["requested", "room-accepted", "change-requested", "changed"]
    );
}

#[test]
fn case_c36_a_room_that_declines_an_extension_is_no_longer_booked() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    vendor.calendars().book("r1", between("2027-01-12T10:15", "2027-01-12T11:00"));
    vendor.calendars().rooms_are_late = true;
    change(&mut host, &made.reference, to(NINE.0, "2027-01-12T10:30"));
    host.run();
    let pending = host.get(&made.reference);
    assert_eq!(pending.state, ReservationState::Pending, "not shown as booked at any moment");
    vendor.calendars().answer();
    host.run_for(1);
    assert_eq!(host.get(&made.reference).state, ReservationState::Declined);
}

#[test]
fn a_meeting_ends_early_while_it_takes_place() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    host.now = "2027-01-12T09:20:00Z".parse().unwrap();
    change(&mut host, &made.reference, to(NINE.0, "2027-01-12T09:25"));
    host.run();
    let shorter = host.get(&made.reference);
    assert_eq!(shorter.instants, between(NINE.0, "2027-01-12T09:25"));
    // Case C31: then the room is free.
    host.reserve(wished(&["r1"], "2027-01-12T09:25", "2027-01-12T10:00")).unwrap();
}

#[test]
fn a_change_of_what_was_moved_meanwhile_fails_and_the_present_state_is_read() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    vendor.calendars().move_to(0, between("2027-01-12T12:00", "2027-01-12T13:00"));
    change(&mut host, &made.reference, to("2027-01-12T15:00", "2027-01-12T16:00"));
    host.run();
    let moved = host.get(&made.reference);
    assert_eq!(moved.waiting, None);
    assert_eq!(moved.instants, between("2027-01-12T12:00", "2027-01-12T13:00"));
    assert_eq!(moved.state, ReservationState::Confirmed);
    assert_eq!(moved.problem.unwrap().code, "changed-meanwhile");
    assert_eq!(
        host.history(&made.reference),
        ["requested", "room-accepted", "change-requested", "failed", "moved"]
    );
}

#[test]
fn a_change_that_is_wished_while_the_booking_is_unclear_follows_it() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.vendor.fault = Fault::LostAfter;
    host.run();
    change(&mut host, &made.reference, to("2027-01-12T11:00", "2027-01-12T12:00"));
    change(&mut host, &made.reference, to("2027-01-12T12:00", "2027-01-12T13:00"));
    host.run_for(1);
    let changed = host.get(&made.reference);
    assert_eq!(changed.instants, between("2027-01-12T12:00", "2027-01-12T13:00"));
    assert_eq!((changed.state, changed.waiting), (ReservationState::Confirmed, None));
    assert_eq!(vendor.calendars().writes, 2, "booked and changed once");
}

#[test]
fn a_cancellation_while_the_booking_is_unclear_leaves_no_meeting_behind() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.vendor.fault = Fault::LostAfter;
    host.run();
    cancel(&mut host, &made.reference);
    host.run_for(1);
    assert_eq!(host.get(&made.reference).state, ReservationState::Cancelled);
    assert!(vendor.calendars().meeting(&made.reference).is_none());
    assert_eq!(vendor.calendars().made[&made.reference], 1);
}

#[test]
fn a_cancellation_that_is_repeated_ends_well() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Throttled] {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        let made = host.reserve(nine("r1")).unwrap();
        host.run();
        cancel(&mut host, &made.reference);
        host.vendor.fault = fault;
        host.run();
        assert_eq!(host.get(&made.reference).state, ReservationState::Confirmed, "{fault:?}");
        host.run_for(1);
        let gone = host.get(&made.reference);
        assert_eq!((gone.state, gone.time), (ReservationState::Cancelled, None));
        assert_eq!(gone.rooms[0].state, RoomState::Ended);
        assert!(vendor.calendars().meeting(&made.reference).is_none());
    }
}

#[test]
fn case_c37_a_booking_waits_until_the_one_that_was_cancelled_has_left_the_room() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let first = host.reserve(nine("r1")).unwrap();
    host.run();
    host.sync();
    cancel(&mut host, &first.reference);
    let second = host.reserve(nine("r1")).unwrap();
    let calls = vendor.calendars().calls;
    host.run();
    assert_eq!(vendor.calendars().calls, calls + 1, "the cancellation alone");
    assert_eq!(host.get(&second.reference).state, ReservationState::Requested);
    host.sync();
    host.wait(5);
    host.run();
    assert_eq!(host.get(&second.reference).state, ReservationState::Confirmed);
    // Where the calendar is not read, it waits two minutes.
    cancel(&mut host, &second.reference);
    let third = host.reserve(nine("r1")).unwrap();
    let begun = host.now;
    while host.get(&third.reference).state == ReservationState::Requested {
        host.run();
        host.wait(1);
    }
    assert!(host.now - begun <= SignedDuration::from_secs(130));
}

#[test]
fn a_room_is_released_whoever_booked_it() {
    let vendor = Vendor::default();
    let theirs = vendor.calendars().book("r1", between(NINE.0, NINE.1));
    let mut host = Host::new(&vendor);
    let booking = booking_id(theirs, "r1");
    let (id, now) = (host.id, host.now);
    let by = Actor::Administrator;
    let release = |host: &mut Host, booking: &str| {
        host.store().release(id, "r1", booking, "Water damage", by.clone(), now)
    };
    let unknown = release(&mut host, "nope").unwrap_err();
    assert!(unknown.to_string().contains("nope"), "{unknown}");
    let wished = release(&mut host, &booking).unwrap();
    assert_eq!(wished.state, ReleaseState::Waiting);
    assert_eq!(release(&mut host, &booking).unwrap(), wished, "the same wish");
    host.vendor.fault = Fault::LostAfter;
    host.run();
    host.restart();
    host.run_for(1);
    let released = host.store().last_release(id, "r1", &booking).unwrap().unwrap();
    assert_eq!(
        (released.state, released.comment.as_str()),
        (ReleaseState::Released, "Water damage")
    );
    host.sync();
    let history = host.store().history_of_booking(id, "r1", &booking).unwrap();
    let what: Vec<_> = history.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(what, ["release-requested", "attempt-failed", "released"]);
    assert_eq!(history[2].actor, Actor::Administrator);
    host.reserve(nine("r1")).unwrap();
    host.run();
    assert_eq!(host.all()[0].state, ReservationState::Confirmed);
}

#[test]
fn an_answer_that_is_older_than_what_a_sync_read_changes_nothing() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    host.run();
    host.sync();
    let (ten, noon) = (
        between("2027-01-12T10:00", "2027-01-12T11:00"),
        between("2027-01-12T12:00", "2027-01-12T13:00"),
    );
    vendor.calendars().move_to(0, ten);
    change(&mut host, &made.reference, to("2027-01-12T15:00", "2027-01-12T16:00"));
    // It is refused, and the vendor is asked how the meeting stands.
    let refused = host.take(1).pop().unwrap();
    host.finish(refused);
    let question = host.take(1).pop().unwrap();
    let answer = question.ask(&mut host.vendor);
    vendor.calendars().move_to(0, noon);
    host.sync();
    assert_eq!(host.get(&made.reference).instants, noon);
    let now = host.now;
    assert_eq!(question.settle(host.store(), answer, now).unwrap(), [""; 0]);
    assert_eq!(host.get(&made.reference).instants, noon);
    let id = host.id;
    let next = host.store().next_reservation_due(id).unwrap().unwrap();
    assert_eq!((next - now).as_secs(), 1);
    host.wait(1);
    host.run();
    assert_eq!(host.get(&made.reference).instants, noon);
    assert_eq!(host.store().next_reservation_due(id).unwrap(), None);
}
