//! What rooms answer, and what the host receives.

use futures_executor::block_on;
use serde_json::json;

use super::{
    MARA, OTHER_ROOM, ROOM, accepted, answer, at, booked, check, exchange::Exchange, hours,
    organizers, request, ticket, two_rooms,
};
use crate::{
    model::{AnsweredRoom, BookingEnd, BookingOutcome, BookingRequest, RoomAnswer, RoomPosition},
    reserve,
    tests::script::BEGIN,
};

const TIMES: (&str, &str) = ("2027-05-11T09:30:00Z", "2027-05-11T11:00:00Z");

fn taken() -> (i64, i64) {
    (at(TIMES.0), at(TIMES.1))
}

#[test]
fn c32_a_room_that_does_not_answer_is_pending_and_never_booked() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().holds = true;
    let script = exchange.script();
    let outcome = block_on(reserve::book(&script, &organizers(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert_eq!(answer(&outcome), &RoomAnswer::Pending);
    let waited: u64 = script.pauses.borrow().iter().map(std::time::Duration::as_secs).sum();
    assert_eq!(waited, 3, "a user waits");
    let script = exchange.script();
    for _ in 0..3 {
        let later = block_on(reserve::check(&script, &organizers(), &request(), ticket(&outcome)));
        assert_eq!(later.expect("an outcome"), outcome);
    }
    assert!(super::changes(&script).is_empty(), "there is no second POST");
    exchange.deliver();
    accepted(&check(&exchange, &request(), &outcome));
}

#[test]
fn a_room_whose_copy_is_not_there_yet_is_pending_although_it_accepted() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let copies = exchange.state.borrow_mut().mailboxes.remove(ROOM).expect("copies");
    assert_eq!(answer(&check(&exchange, &request(), &outcome)), &RoomAnswer::Pending);
    exchange.state.borrow_mut().mailboxes.insert(ROOM.to_owned(), copies);
    accepted(&check(&exchange, &request(), &outcome));
}

#[test]
fn c33_a_room_that_declines_by_its_rules_has_declined_and_nothing_is_left() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().strict.insert(ROOM.to_owned());
    let outcome = booked(&exchange, &request());
    let RoomAnswer::Declined(reason) = answer(&outcome) else { panic!("{outcome:?}") };
    assert!(reason.summary.contains("rules") && reason.remedy.is_some(), "{reason:?}");
    assert_eq!((&outcome.ticket, &outcome.time), (&None, &None));
    assert!(exchange.copies(MARA).is_empty(), "the meeting is withdrawn");
}

#[test]
fn c33_a_room_that_declines_after_a_while_has_declined_too() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().holds = true;
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().strict.insert(ROOM.to_owned());
    exchange.deliver();
    let outcome = check(&exchange, &request(), &outcome);
    assert!(matches!(answer(&outcome), RoomAnswer::Declined(_)), "{outcome:?}");
    assert!(outcome.ticket.is_none() && exchange.copies(MARA).is_empty());
}

#[test]
fn a_room_that_others_have_declines_and_their_bookings_are_named_without_what_is_private() {
    let exchange = Exchange::default();
    let uid = exchange.invite("ann@contoso.com", ROOM, taken());
    {
        let mut state = exchange.state.borrow_mut();
        let copy = state.mailboxes.get_mut(ROOM).and_then(|copies| copies.first_mut());
        copy.expect("a booking").body["sensitivity"] = json!("private");
    }
    let outcome = booked(&exchange, &request());
    let RoomAnswer::Conflict(bookings) = answer(&outcome) else { panic!("{outcome:?}") };
    let [booking] = bookings.as_slice() else { panic!("{bookings:?}") };
    assert_eq!(booking.time, hours(TIMES.0, TIMES.1));
    assert!(booking.private && booking.title.is_none() && booking.organizer.is_none());
    assert_eq!(booking.meeting, Some(uid));
    assert!(outcome.ticket.is_none());
    assert_eq!(exchange.held(ROOM).len(), 1, "only theirs");
}

#[test]
fn the_meeting_stays_as_long_as_one_room_accepted() {
    let exchange = Exchange::default();
    exchange.invite("ann@contoso.com", OTHER_ROOM, taken());
    let outcome = booked(&exchange, &two_rooms());
    assert!(matches!(outcome.rooms[0].answer, RoomAnswer::Accepted(_)), "{outcome:?}");
    assert!(matches!(outcome.rooms[1].answer, RoomAnswer::Conflict(_)), "{outcome:?}");
    assert!(outcome.ticket.is_some());
    assert_eq!(exchange.copies(MARA).len(), 1);
}

#[test]
fn c41_one_series_in_two_rooms_has_an_id_in_each() {
    use crate::model::{Recurrence, RecurrenceEnd, RecurrencePattern};
    let exchange = Exchange::default();
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(3));
    let recurrence = Some(Recurrence { pattern, interval: 1, ends });
    let outcome = booked(&exchange, &BookingRequest { recurrence, ..two_rooms() });
    let ids = outcome.rooms.iter().map(|room| match &room.answer {
        RoomAnswer::Accepted(id) => id.clone(),
        other => panic!("{other:?}"),
    });
    let copies = [ROOM, OTHER_ROOM].map(|room| exchange.copies(room)[0].id.clone());
    assert_eq!(ids.collect::<Vec<_>>(), copies);
}

#[test]
fn a_meeting_that_was_moved_in_outlook_has_its_new_time() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.shift(MARA, &uid, taken());
    let outcome = check(&exchange, &request(), &outcome);
    assert_eq!(outcome.time, Some(hours(TIMES.0, TIMES.1)));
    accepted(&outcome);
}

#[test]
fn a_meeting_that_ended_in_outlook_has_ended_and_so_has_one_without_the_room() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].attendees.clear();
    let without = check(&exchange, &request(), &outcome);
    assert_eq!(answer(&without), &RoomAnswer::Ended(BookingEnd::Cancelled));
    assert!(without.ticket.is_some(), "the meeting goes on");
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.cancel(MARA, &uid);
    let gone = check(&exchange, &request(), &outcome);
    assert_eq!(answer(&gone), &RoomAnswer::Ended(BookingEnd::Deleted));
    assert_eq!((gone.ticket, gone.time), (None, None));
}

#[test]
fn a_meeting_that_was_moved_in_outlook_is_not_withdrawn_where_its_room_declines() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.invite(
        "ann@contoso.com",
        ROOM,
        (at("2027-05-11T12:00:00Z"), at("2027-05-11T13:00:00Z")),
    );
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.shift(MARA, &uid, (at("2027-05-11T12:30:00Z"), at("2027-05-11T13:30:00Z")));
    let outcome = check(&exchange, &request(), &outcome);
    assert!(matches!(answer(&outcome), RoomAnswer::Conflict(_)), "{outcome:?}");
    assert!(outcome.ticket.is_some());
    assert_eq!(exchange.copies(MARA).len(), 1, "the organizer may want it without the room");
}

#[test]
fn a_booking_that_was_made_has_a_ticket_also_where_the_answers_cannot_be_read() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().closed.insert(ROOM.to_owned(), (403, "ErrorAccessDenied"));
    let outcome = booked(&exchange, &request());
    assert_eq!(answer(&outcome), &RoomAnswer::Pending);
    exchange.state.borrow_mut().closed.clear();
    accepted(&check(&exchange, &request(), &outcome));
}

/// Lets the organizer's calendar name the first room by another address.
fn rename(exchange: &Exchange, address: &str) {
    let mut state = exchange.state.borrow_mut();
    let copy = &mut state.mailboxes.get_mut(MARA).expect("copies")[0];
    copy.attendees[0].address = address.to_owned();
}

#[test]
fn a_room_that_exchange_names_by_another_of_its_addresses_is_found_by_its_place() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    rename(&exchange, "alias@contoso.com");
    assert_eq!(answer(&check(&exchange, &request(), &outcome)), &RoomAnswer::Pending, "unknown");
    let place = json!({"placeId": "id-room1", "emailAddress": ROOM, "displayName": "Room 1"});
    exchange.state.borrow_mut().places.insert("alias@contoso.com".to_owned(), place);
    accepted(&check(&exchange, &request(), &outcome));
}

#[test]
fn a_room_that_a_user_replaced_in_outlook_has_ended_whatever_the_other_one_answers() {
    for response in ["none", "accepted", "declined"] {
        let exchange = Exchange::default();
        let outcome = booked(&exchange, &request());
        exchange.state.borrow_mut().mailboxes.remove(ROOM);
        rename(&exchange, OTHER_ROOM);
        {
            let mut state = exchange.state.borrow_mut();
            let copy = &mut state.mailboxes.get_mut(MARA).expect("copies")[0];
            copy.attendees[0].response = response.to_owned();
            let place = json!({"placeId": "id-room2", "emailAddress": OTHER_ROOM});
            state.places.insert(OTHER_ROOM.to_owned(), place);
        }
        let outcome = check(&exchange, &request(), &outcome);
        assert_eq!(answer(&outcome), &RoomAnswer::Ended(BookingEnd::Cancelled), "{response}");
        assert!(outcome.ticket.is_some() && exchange.copies(MARA).len() == 1, "it goes on");
    }
}

#[test]
fn a_meeting_whose_room_was_released_is_not_withdrawn_where_its_other_room_declines() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().strict.insert(OTHER_ROOM.to_owned());
    let outcome = {
        exchange.state.borrow_mut().holds = true;
        let outcome = booked(&exchange, &two_rooms());
        let mut state = exchange.state.borrow_mut();
        let message = state.waiting.remove(0);
        state.process(&message);
        outcome
    };
    let outcome = check(&exchange, &two_rooms(), &outcome);
    let [one, other] = outcome.rooms.as_slice() else { panic!("{outcome:?}") };
    assert!(matches!(one.answer, RoomAnswer::Accepted(_)), "{outcome:?}");
    assert_eq!(other.answer, RoomAnswer::Pending);
    release(&exchange);
    exchange.deliver();
    let after = check(&exchange, &two_rooms(), &outcome);
    let is_declined = |room: &AnsweredRoom| matches!(room.answer, RoomAnswer::Declined(_));
    assert!(after.rooms.iter().all(is_declined) && after.ticket.is_some(), "{after:?}");
    assert_eq!(exchange.copies(MARA).len(), 1, "the meeting goes on without its rooms");
    let mut old: serde_json::Value = serde_json::from_str(ticket(&outcome)).expect("JSON");
    old.as_object_mut().expect("an object").remove("accepted");
    let outcome = BookingOutcome { ticket: Some(old.to_string()), ..outcome };
    check(&exchange, &two_rooms(), &outcome);
    assert_eq!(exchange.copies(MARA).len(), 1, "an earlier version did not say who had accepted");
}

/// Declines the meeting in the name of the first room.
fn release(exchange: &Exchange) {
    let id = exchange.copies(ROOM)[0].id.clone();
    let position = RoomPosition {
        room: "id-room1".to_owned(),
        email: ROOM.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        since: None,
    };
    block_on(reserve::release(&exchange.script(), &organizers(), &position, &id, "Nobody came."))
        .expect("it is released");
}

#[test]
fn a_series_that_began_long_ago_is_compared_at_the_dates_that_are_to_come() {
    use crate::model::{Recurrence, RecurrenceEnd, RecurrencePattern};
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(3));
    let recurrence = Some(Recurrence { pattern, interval: 1, ends });
    let wish = BookingRequest { recurrence, ..request() };
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &wish);
    let script = exchange.script();
    // Three years after it was made.
    script.clock.set(BEGIN + std::time::Duration::from_secs(3 * 365 * 24 * 3600));
    let later = block_on(reserve::check(&script, &organizers(), &wish, ticket(&outcome)));
    later.expect("an outcome");
    let paths = script.paths();
    let reads: Vec<_> = paths.iter().filter(|path| path.contains("/instances?")).collect();
    assert!(!reads.is_empty());
    let range = "startDateTime=2029-07-17T08:00:00Z&endDateTime=2031-03-10T08:00:00Z";
    assert!(reads.iter().all(|path| path.contains(range)), "{reads:?}");
}
