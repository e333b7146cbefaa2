//! Requests whose outcome is not clear, and that are sent again: one wish makes one meeting.

use futures_executor::block_on;

use super::{
    MARA, ROOM, accepted, answer, book, booked, changes, code,
    exchange::{Exchange, Loss},
    organizers, request, rooms_only,
};
use crate::{
    error::Error,
    model::{BookingEnd, BookingOutcome, RoomAnswer},
    reserve,
    tests::script::{Asked, Reply, Script},
};

fn again(script: &Script<impl Fn(&Asked) -> Reply>) -> Result<BookingOutcome, Error> {
    block_on(reserve::book(script, &organizers(), &request(), true))
}

fn losing(loss: Loss) -> Exchange {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().losses = [loss].into();
    exchange
}

#[test]
fn c42_a_meeting_whose_answer_was_lost_is_found_by_its_mark() {
    let exchange = losing(Loss::After);
    let error = book(&exchange, &request()).expect_err("no answer");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    let script = exchange.script();
    let outcome = again(&script).expect("an outcome");
    assert_eq!(accepted(&outcome), exchange.copies(ROOM)[0].id);
    assert!(changes(&script).is_empty(), "nothing is sent a second time");
    assert_eq!(exchange.copies(MARA).len(), 1);
    assert_eq!(exchange.state.borrow().mails.len(), 1, "the room received one mail");
}

#[test]
fn c42_a_meeting_that_is_made_twice_all_the_same_is_the_first_one() {
    let exchange = Exchange::default();
    let first = booked(&exchange, &request());
    // Without `again`, as if the first request had not been known.
    assert_eq!(booked(&exchange, &request()), first);
    assert_eq!(exchange.copies(MARA).len(), 1);
}

#[test]
fn a_request_that_did_not_arrive_is_sent_again() {
    let exchange = losing(Loss::Before);
    assert!(matches!(book(&exchange, &request()), Err(Error::Unavailable(_))));
    assert!(exchange.copies(MARA).is_empty());
    accepted(&again(&exchange.script()).expect("an outcome"));
    assert_eq!(exchange.copies(MARA).len(), 1);
}

#[test]
fn a_meeting_that_was_cancelled_in_outlook_is_not_made_again_by_the_same_reference() {
    let exchange = Exchange::default();
    booked(&exchange, &request());
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.cancel(MARA, &uid);
    let outcome = again(&exchange.script()).expect("an outcome");
    assert_eq!(answer(&outcome), &RoomAnswer::Ended(BookingEnd::Cancelled));
    assert!(outcome.ticket.is_none() && exchange.copies(MARA).is_empty());
}

#[test]
fn a_meeting_of_another_reference_is_not_taken_for_ours() {
    let exchange = Exchange::default();
    booked(&exchange, &request());
    // A user of the same mailbox wrote another mark into the event of this transaction.
    let uid = exchange.copies(MARA)[0].uid.clone();
    let mut state = exchange.state.borrow_mut();
    let copy = state.mailboxes.get_mut(MARA).and_then(|copies| copies.first_mut());
    copy.filter(|copy| copy.uid == uid).expect("the meeting").mark = None;
    drop(state);
    let error = again(&exchange.script()).expect_err("it is not ours");
    assert_eq!(code(&error), "not-ours");
    assert_eq!(exchange.copies(MARA).len(), 1);
}

#[test]
fn an_answer_without_proof_is_an_unclear_outcome_and_is_not_repeated() {
    for (status, code) in [(500, "ErrorInternalServerError"), (503, "x"), (504, "x"), (408, "x")] {
        let exchange = Exchange::default();
        exchange.state.borrow_mut().refusals = [(status, code)].into();
        let script = exchange.script();
        let result = block_on(reserve::book(&script, &organizers(), &request(), false));
        assert!(matches!(result, Err(Error::Unavailable(_))), "{status}: {result:?}");
        assert_eq!(changes(&script).len(), 1, "{status}");
    }
}

#[test]
fn a_request_that_was_not_processed_is_repeated_while_the_user_waits() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().refusals = [(429, "ApplicationThrottled"); 3].into();
    let script = exchange.script();
    let result = block_on(reserve::book(&script, &organizers(), &request(), false));
    accepted(&result.expect("an outcome"));
    assert_eq!(changes(&script).len(), 4);
    exchange.state.borrow_mut().refusals = [(429, "ApplicationThrottled"); 100].into();
    let script = exchange.script();
    let wish = crate::model::BookingRequest { reference: "other".to_owned(), ..request() };
    let result = block_on(reserve::book(&script, &organizers(), &wish, false));
    assert!(matches!(result, Err(Error::Throttled(_))), "{result:?}");
    assert!(script.pauses.borrow().iter().sum::<std::time::Duration>().as_secs() <= 30);
}

#[test]
fn a_booking_in_the_rooms_calendar_is_found_again_too() {
    let exchange = losing(Loss::After);
    let ask = |again| block_on(reserve::book(&exchange.script(), &rooms_only(), &request(), again));
    assert!(matches!(ask(false), Err(Error::Unavailable(_))));
    let outcome = ask(true).expect("an outcome");
    assert_eq!(accepted(&outcome), exchange.held(ROOM)[0].id);
    assert_eq!(exchange.held(ROOM).len(), 1);
}

#[test]
fn a_meeting_that_the_organizer_moved_between_two_calls_is_not_withdrawn() {
    let exchange = losing(Loss::After);
    assert!(book(&exchange, &request()).is_err());
    let uid = exchange.copies(MARA)[0].uid.clone();
    let later = (super::at("2027-05-11T13:00:00Z"), super::at("2027-05-11T14:00:00Z"));
    exchange.shift(MARA, &uid, later);
    let outcome = again(&exchange.script()).expect("an outcome");
    assert_eq!(outcome.time, Some(super::hours("2027-05-11T13:00:00Z", "2027-05-11T14:00:00Z")));
    accepted(&outcome);
}

#[test]
fn a_meeting_whose_end_a_user_changed_between_two_calls_is_not_withdrawn() {
    let exchange = losing(Loss::After);
    assert!(book(&exchange, &request()).is_err());
    let uid = exchange.copies(MARA)[0].uid.clone();
    let longer = (super::at("2027-05-11T09:00:00Z"), super::at("2027-05-11T10:30:00Z"));
    exchange.shift(MARA, &uid, longer);
    let outcome = again(&exchange.script()).expect("an outcome");
    assert_eq!(outcome.time, Some(super::hours("2027-05-11T09:00:00Z", "2027-05-11T10:30:00Z")));
    accepted(&outcome);
}

#[test]
fn a_meeting_of_the_same_transaction_that_is_not_found_yet_is_unclear_at_the_first_call() {
    let exchange = Exchange::default();
    let first = booked(&exchange, &request());
    // A replica of Exchange does not have the meeting for a while.
    let hidden = exchange.state.borrow_mut().mailboxes.remove(MARA).expect("copies");
    let script = exchange.script();
    let result = block_on(reserve::book(&script, &organizers(), &request(), false));
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    let waited: u64 = script.pauses.borrow().iter().map(std::time::Duration::as_secs).sum();
    assert_eq!(waited, 1);
    exchange.state.borrow_mut().mailboxes.insert(MARA.to_owned(), hidden);
    assert_eq!(again(&exchange.script()).expect("an outcome"), first);
}
