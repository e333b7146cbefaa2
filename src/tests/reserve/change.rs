//! Changes of meetings that the plugin made.

use futures_executor::block_on;
use serde_json::json;

use super::{
    MARA, OTHER_ROOM, ROOM, accepted, answer, at, booked, change, changes, code,
    exchange::{Attendee, Exchange, Loss},
    hours, organizers, request, room, ticket, user, written,
};
use crate::{
    error::Error,
    model::{BookingRequest, RoomAnswer},
    reserve,
};

fn until(ends: &str) -> BookingRequest {
    BookingRequest { time: hours("2027-05-11T09:00:00Z", ends), ..request() }
}

fn half_past() -> BookingRequest {
    until("2027-05-11T10:30:00Z")
}

#[test]
fn a_booking_ends_early_or_is_extended_into_free_time() {
    let exchange = Exchange::default();
    let mut former = (request(), booked(&exchange, &request()));
    for wish in [until("2027-05-11T09:20:00Z"), half_past()] {
        let outcome = change(&exchange, &former.0, &wish, &former.1).expect("an outcome");
        assert_eq!(outcome.time, Some(wish.time.clone()));
        let [copy] = &exchange.held(ROOM)[..] else { panic!("one booking") };
        assert_eq!(accepted(&outcome), copy.id);
        former = (wish, outcome);
    }
}

#[test]
fn only_what_changes_is_written_with_the_version_that_was_read_in_the_zone_of_the_event() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].zone =
        "GMT Standard Time".to_owned();
    let script = exchange.script();
    let changed = block_on(reserve::change(
        &script,
        &organizers(),
        &request(),
        &half_past(),
        ticket(&outcome),
    ));
    accepted(&changed.expect("an outcome"));
    let time = |text: &str| json!({"dateTime": text, "timeZone": "GMT Standard Time"});
    assert_eq!(
        written(&script),
        json!({"start": time("2027-05-11T10:00:00"), "end": time("2027-05-11T11:30:00")})
    );
    let asked = script.asked.borrow();
    let patch = asked.iter().find(|asked| asked.method == http::Method::PATCH);
    assert!(patch.expect("a PATCH").header("if-match").is_some());
}

#[test]
fn those_who_were_invited_in_outlook_stay_invited() {
    let exchange = Exchange::default();
    let before = BookingRequest { invite: vec![user("ann@contoso.com")], ..request() };
    let outcome = booked(&exchange, &before);
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0]
        .attendees
        .push(Attendee::new("optional", "bo@contoso.com"));
    let wish = BookingRequest {
        invite: vec![user("cy@contoso.com")],
        rooms: vec![room(ROOM), room(OTHER_ROOM)],
        title: "Budget 2028".to_owned(),
        ..request()
    };
    let outcome = change(&exchange, &before, &wish, &outcome).expect("an outcome");
    assert!(outcome.rooms.iter().all(|room| matches!(room.answer, RoomAnswer::Accepted(_))));
    let copy = &exchange.copies(MARA)[0];
    let invited: Vec<_> = copy.attendees.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(invited, [ROOM, "bo@contoso.com", OTHER_ROOM, "cy@contoso.com"]);
    assert_eq!(copy.body["subject"], "Budget 2028");
}

#[test]
fn c36_a_room_that_is_taken_at_the_new_time_is_never_shown_as_ours() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let theirs = (at("2027-05-11T10:15:00Z"), at("2027-05-11T11:00:00Z"));
    exchange.invite("ann@contoso.com", ROOM, theirs);
    exchange.state.borrow_mut().holds = true;
    let outcome = change(&exchange, &request(), &half_past(), &outcome).expect("an outcome");
    assert_eq!(answer(&outcome), &RoomAnswer::Pending, "although its old answer is accepted");
    exchange.deliver();
    let outcome = super::check(&exchange, &half_past(), &outcome);
    let RoomAnswer::Conflict(bookings) = answer(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(bookings.len(), 1);
    assert_eq!(bookings[0].time, hours("2027-05-11T10:15:00Z", "2027-05-11T11:00:00Z"));
}

#[test]
fn a_booking_that_changed_in_outlook_is_not_changed() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.shift(MARA, &uid, (at("2027-05-11T13:00:00Z"), at("2027-05-11T14:00:00Z")));
    let before = exchange.copies(MARA);
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("it moved");
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
    assert_eq!(code(&error), "booking-changed");
    assert_eq!(exchange.copies(MARA), before);
}

#[test]
fn a_meeting_that_is_gone_or_not_ours_is_not_changed() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].mark = None;
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("no mark");
    assert_eq!(code(&error), "not-ours");
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.cancel(MARA, &uid);
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("gone");
    assert_eq!(code(&error), "booking-gone");
}

#[test]
fn a_meeting_that_changes_at_the_same_moment_is_read_and_compared_again_once() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    for (refusals, is_changed) in [(1, true), (2, false)] {
        exchange.state.borrow_mut().refusals =
            vec![(412, "ErrorIrresolvableConflict"); refusals].into();
        let script = exchange.script();
        let wish = BookingRequest { title: format!("Title {refusals}"), ..request() };
        let result =
            block_on(reserve::change(&script, &organizers(), &request(), &wish, ticket(&outcome)));
        assert_eq!(result.is_ok(), is_changed, "{result:?}");
        assert_eq!(changes(&script).len(), 2);
    }
}

#[test]
fn a_change_whose_answer_was_lost_can_be_repeated() {
    for loss in [Loss::Before, Loss::After] {
        let exchange = Exchange::default();
        let outcome = booked(&exchange, &request());
        exchange.state.borrow_mut().losses = [loss].into();
        let result = change(&exchange, &request(), &half_past(), &outcome);
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        let outcome = change(&exchange, &request(), &half_past(), &outcome).expect("an outcome");
        accepted(&outcome);
        assert_eq!(outcome.time, Some(half_past().time));
        assert_eq!(exchange.held(ROOM).len(), 1);
    }
}

#[test]
fn a_room_is_replaced_by_another_one() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let wish = BookingRequest { rooms: vec![room(OTHER_ROOM)], ..request() };
    let outcome = change(&exchange, &request(), &wish, &outcome).expect("an outcome");
    assert_eq!(accepted(&outcome), exchange.copies(OTHER_ROOM)[0].id);
    assert!(exchange.held(ROOM).is_empty());
}

#[test]
fn a_change_keeps_the_reference_and_the_organizer() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let other = BookingRequest { organizer: user("ann@contoso.com"), ..request() };
    let error = change(&exchange, &request(), &other, &outcome).expect_err("another user");
    assert_eq!(code(&error), "request.organizer");
    let other = BookingRequest { reference: "other".to_owned(), ..request() };
    let error = change(&exchange, &request(), &other, &outcome).expect_err("another booking");
    assert_eq!(code(&error), "request.reference");
}
