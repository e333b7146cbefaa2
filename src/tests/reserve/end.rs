//! Meetings that are cancelled, and rooms that are released.

use futures_executor::block_on;

use super::{
    MARA, ROOM, at, booked, cancel, changes, code,
    exchange::{Exchange, Loss},
    hours, organizers, request, ticket, user,
};
use crate::{
    error::Error,
    model::{BookingRequest, Recurrence, RecurrenceEnd, RecurrencePattern, RoomPosition},
    reserve,
};

fn series(count: u32) -> BookingRequest {
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(count));
    let recurrence = Some(Recurrence { pattern, interval: 1, ends });
    BookingRequest { recurrence, invite: vec![user("ann@contoso.com")], ..request() }
}

/// Returns the number of cancellations that a user received.
fn cancellations(exchange: &Exchange, address: &str) -> usize {
    let mails = &exchange.state.borrow().mails;
    mails.iter().filter(|(to, kind)| to == address && *kind == "cancellation").count()
}

fn release(exchange: &Exchange, id: &str) -> Result<(), Error> {
    let room = RoomPosition {
        room: "r1".to_owned(),
        email: ROOM.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        since: None,
    };
    block_on(reserve::release(&exchange.script(), &organizers(), &room, id, "Nobody came."))
}

#[test]
fn c61_a_series_is_cancelled_by_one_request_and_everyone_receives_one_mail() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series(61));
    let script = exchange.script();
    let (wish, ticket) = (series(61), ticket(&outcome));
    block_on(reserve::cancel(&script, &organizers(), &wish, ticket, None, "Off."))
        .expect("it is cancelled");
    assert_eq!(changes(&script).len(), 1);
    assert!(changes(&script)[0].ends_with("/cancel"), "{:?}", changes(&script));
    assert_eq!(cancellations(&exchange, "ann@contoso.com"), 1);
    assert!(exchange.copies(MARA).is_empty() && exchange.held(ROOM).is_empty());
}

#[test]
fn c61_one_occurrence_is_cancelled_by_its_own_id_and_the_others_stay() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series(3));
    let second = hours("2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z");
    for _ in 0..2 {
        // The second time, it is gone already.
        cancel(&exchange, &series(3), &outcome, Some(&second)).expect("it is cancelled");
    }
    let starts: Vec<_> = exchange.copies(ROOM)[0].times().into_iter().map(|it| it.0).collect();
    assert_eq!(starts, [at("2027-05-11T09:00:00Z"), at("2027-05-13T09:00:00Z")]);
    assert_eq!(cancellations(&exchange, "ann@contoso.com"), 1);
}

#[test]
fn a_series_whose_first_day_is_not_of_its_pattern_any_more_can_be_cancelled() {
    use crate::model::{Weekday, WeeklyPattern};
    let exchange = Exchange::default();
    let (days, first_day_of_week) = (vec![Weekday::Tuesday], Weekday::Monday);
    let pattern = RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week });
    let recurrence = Some(Recurrence { pattern, interval: 1, ends: RecurrenceEnd::After(3) });
    let wish = BookingRequest { recurrence, ..request() };
    let outcome = booked(&exchange, &wish);
    // Its organizer moved it to Wednesdays, and the host knows its new time.
    let time = hours("2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z");
    cancel(&exchange, &BookingRequest { time, ..wish }, &outcome, None).expect("it is cancelled");
    assert!(exchange.copies(MARA).is_empty());
}

#[test]
fn an_occurrence_that_was_moved_is_not_cancelled() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series(3));
    {
        let mut state = exchange.state.borrow_mut();
        let copy = &mut state.mailboxes.get_mut(MARA).expect("copies")[0];
        let second = &mut copy.occurrences.as_mut().expect("a series")[1];
        (second.starts, second.ends) = (second.starts + 3600, second.ends + 3600);
    }
    let second = hours("2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z");
    let result = cancel(&exchange, &series(3), &outcome, Some(&second));
    assert_eq!(code(&result.expect_err("it moved")), "booking-changed");
    assert_eq!(exchange.copies(MARA)[0].times().len(), 3);
}

#[test]
fn only_a_meeting_with_our_mark_is_cancelled_and_one_that_is_gone_counts_as_cancelled() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let other = BookingRequest { reference: "other".to_owned(), ..request() };
    let error = cancel(&exchange, &other, &outcome, None).expect_err("another reference");
    assert!(matches!(error, Error::Conflict(_)) && code(&error) == "not-ours", "{error:?}");
    assert_eq!(exchange.copies(MARA).len(), 1);
    for _ in 0..2 {
        cancel(&exchange, &request(), &outcome, None).expect("it is cancelled");
        assert!(exchange.copies(MARA).is_empty());
    }
}

#[test]
fn a_cancellation_whose_answer_was_lost_is_repeated_by_the_host() {
    for loss in [Loss::Before, Loss::After] {
        let exchange = Exchange::default();
        let outcome = booked(&exchange, &request());
        exchange.state.borrow_mut().losses = [loss].into();
        let result = cancel(&exchange, &request(), &outcome, None);
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        cancel(&exchange, &request(), &outcome, None).expect("it is cancelled");
        assert!(exchange.copies(MARA).is_empty());
        assert_eq!(cancellations(&exchange, ROOM), 1);
    }
}

#[test]
fn c30_the_id_in_the_ticket_is_that_of_the_calendar_in_which_the_meeting_was_made() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let (organizers_id, rooms_id) =
        (exchange.copies(MARA)[0].id.clone(), exchange.copies(ROOM)[0].id.clone());
    assert!(ticket(&outcome).contains(&organizers_id));
    assert_eq!(super::accepted(&outcome), rooms_id);
    // With the id of the room's copy, the meeting is found by its mark.
    let ticket = ticket(&outcome).replace(&organizers_id, &rooms_id);
    let checked = block_on(reserve::check(&exchange.script(), &organizers(), &request(), &ticket));
    assert_eq!(checked.expect("an outcome"), outcome);
}

#[test]
fn a_room_is_released_with_a_message_to_the_organizer_and_the_meeting_goes_on() {
    let exchange = Exchange::default();
    let hour = (at("2027-05-11T09:00:00Z"), at("2027-05-11T10:00:00Z"));
    exchange.invite("ann@contoso.com", ROOM, hour);
    let id = exchange.copies(ROOM)[0].id.clone();
    for _ in 0..2 {
        release(&exchange, &id).expect("it is released");
        assert!(exchange.held(ROOM).is_empty());
    }
    assert_eq!(exchange.copies("ann@contoso.com").len(), 1);
    let declined = ("ann@contoso.com".to_owned(), "decline");
    let mails = &exchange.state.borrow().mails;
    assert_eq!(mails.iter().filter(|mail| **mail == declined).count(), 1);
}

#[test]
fn a_booking_that_is_in_the_rooms_calendar_only_is_cancelled() {
    let exchange = Exchange::default();
    let hour = (at("2027-05-11T09:00:00Z"), at("2027-05-11T10:00:00Z"));
    exchange.walk_up(ROOM, hour);
    release(&exchange, &exchange.copies(ROOM)[0].id).expect("it is released");
    assert!(exchange.copies(ROOM).is_empty());
}
