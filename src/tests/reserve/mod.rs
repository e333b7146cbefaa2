//! Bookings that users make in ONES: what Exchange has afterwards, and what the host receives.

mod again;
mod answers;
mod change;
mod end;
mod exchange;
mod law;
mod own_calendar;
mod refusals;
mod requests;
mod times;

use futures_executor::block_on;
use serde_json::{Value, json};

use self::exchange::Exchange;
use super::{
    bookings::at,
    script::{Asked, Reply, Script, settings},
};
use crate::{
    error::Error,
    model::{
        BookingCalendar, BookingOutcome, BookingRequest, BookingTime, Participant, RoomAnswer,
        TimeRange, WantedRoom,
    },
    reserve,
    settings::Settings,
};

const MARA: &str = "mara@contoso.com";
const ROOM: &str = "room1@contoso.com";
const OTHER_ROOM: &str = "room2@contoso.com";

fn organizers() -> Settings {
    settings(json!({"rooms": {"bookings": "on"}}))
}

/// Returns settings by which all bookings are made in the calendars of rooms.
fn rooms_only() -> Settings {
    settings(json!({"rooms": {"bookings": "on", "bookingCalendar": "room"}}))
}

fn hours(starts: &str, ends: &str) -> BookingTime {
    BookingTime::Hours(TimeRange { starts: at(starts), ends: at(ends) })
}

fn room(email: &str) -> WantedRoom {
    let name = email.split('@').next().unwrap_or_default();
    WantedRoom { room: format!("id-{name}"), email: email.to_owned(), name: name.to_owned() }
}

fn user(email: &str) -> Participant {
    Participant { email: Some(email.to_owned()), name: None }
}

/// Returns the request of most cases: one room in Berlin, for an hour.
fn request() -> BookingRequest {
    BookingRequest {
        reference: "0b4cdd4c-3a5e".to_owned(),
        rooms: vec![room(ROOM)],
        time: hours("2027-05-11T09:00:00Z", "2027-05-11T10:00:00Z"),
        time_zone: "Europe/Berlin".to_owned(),
        recurrence: None,
        organizer: user(MARA),
        invite: Vec::new(),
        title: "Budget".to_owned(),
        private: false,
        online_meeting: false,
    }
}

fn two_rooms() -> BookingRequest {
    BookingRequest { rooms: vec![room(ROOM), room(OTHER_ROOM)], ..request() }
}

fn book(exchange: &Exchange, request: &BookingRequest) -> Result<BookingOutcome, Error> {
    block_on(reserve::book(&exchange.script(), &organizers(), request, false))
}

fn booked(exchange: &Exchange, request: &BookingRequest) -> BookingOutcome {
    book(exchange, request).expect("an outcome")
}

fn check(
    exchange: &Exchange,
    request: &BookingRequest,
    outcome: &BookingOutcome,
) -> BookingOutcome {
    let ticket = ticket(outcome);
    block_on(reserve::check(&exchange.script(), &organizers(), request, ticket))
        .expect("an outcome")
}

fn change(
    exchange: &Exchange,
    former: &BookingRequest,
    request: &BookingRequest,
    outcome: &BookingOutcome,
) -> Result<BookingOutcome, Error> {
    let (script, ticket) = (exchange.script(), ticket(outcome));
    block_on(reserve::change(&script, &organizers(), former, request, ticket))
}

fn cancel(
    exchange: &Exchange,
    request: &BookingRequest,
    outcome: &BookingOutcome,
    occurrence: Option<&BookingTime>,
) -> Result<(), Error> {
    let (script, ticket) = (exchange.script(), ticket(outcome));
    block_on(reserve::cancel(&script, &organizers(), request, ticket, occurrence, "It is off."))
}

fn ticket(outcome: &BookingOutcome) -> &str {
    outcome.ticket.as_deref().expect("a ticket")
}

/// Returns the answer of the only room.
fn answer(outcome: &BookingOutcome) -> &RoomAnswer {
    let [room] = outcome.rooms.as_slice() else { panic!("{outcome:?}") };
    &room.answer
}

/// Returns the id of the booking in the only room, which accepted.
fn accepted(outcome: &BookingOutcome) -> &str {
    let RoomAnswer::Accepted(id) = answer(outcome) else { panic!("{outcome:?}") };
    id
}

fn code(error: &Error) -> &str {
    error.explanation().map_or("", |explanation| explanation.code.as_str())
}

/// Returns the paths of the requests that change something, without the ids of events.
fn changes(script: &Script<impl Fn(&Asked) -> Reply>) -> Vec<String> {
    let asked = script.asked.borrow();
    let changes = asked.iter().filter(|asked| asked.method != http::Method::GET);
    let changes = changes.filter(|asked| !asked.path.ends_with("/token"));
    changes.map(|asked| format!("{} {}", asked.method, asked.path)).collect()
}

/// Returns the body of the first request that changes something.
fn written(script: &Script<impl Fn(&Asked) -> Reply>) -> Value {
    let asked = script.asked.borrow();
    let is_change =
        |asked: &&Asked| asked.method != http::Method::GET && !asked.path.ends_with("/token");
    let first = asked.iter().find(is_change).expect("a request that changes something");
    serde_json::from_str(&first.body).expect("JSON")
}

#[test]
fn a_room_that_is_free_is_booked_in_the_same_call() {
    let exchange = Exchange::default();
    let script = exchange.script();
    let outcome = block_on(reserve::book(&script, &organizers(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert_eq!(outcome.calendar, BookingCalendar::Organizer);
    assert_eq!(outcome.time, Some(request().time));
    assert_eq!(accepted(&outcome), exchange.copies(ROOM)[0].id, "the id of the room's own copy");
    assert_eq!(changes(&script), [format!("POST /v1.0/users/{MARA}/events")]);
    assert_eq!(script.paths().len(), 3, "the meeting, the answer, and the room's copy of it");
    let ticket = ticket(&outcome);
    assert!(ticket.len() < 4096 && !ticket.contains("opaque"), "{ticket}");
    assert_eq!(check(&exchange, &request(), &outcome), outcome);
}

#[test]
fn c35_what_is_written_invites_the_room_as_a_resource_and_carries_the_mark() {
    let exchange = Exchange::default();
    let script = exchange.script();
    let wish = BookingRequest {
        private: true,
        online_meeting: true,
        // Neither the organizer nor a room is invited a second time.
        invite: vec![user("ann@contoso.com"), user("MARA@contoso.com"), user(ROOM)],
        ..request()
    };
    block_on(reserve::book(&script, &organizers(), &wish, false)).expect("an outcome");
    let body = written(&script);
    assert_eq!(
        body["attendees"],
        json!([
            {"type": "resource", "emailAddress": {"address": ROOM, "name": "room1"}},
            {"type": "required", "emailAddress": {"address": "ann@contoso.com"}},
        ])
    );
    assert_eq!(body["location"]["locationEmailAddress"], ROOM);
    assert_eq!(body["transactionId"], wish.reference.as_str());
    assert_eq!(body["singleValueExtendedProperties"][0]["value"], wish.reference.as_str());
    assert_eq!((&body["sensitivity"], &body["showAs"]), (&json!("private"), &json!("busy")));
    assert_eq!(body["onlineMeetingProvider"], "teamsForBusiness");
    let time = |text: &str| json!({"dateTime": text, "timeZone": "W. Europe Standard Time"});
    assert_eq!(body["start"], time("2027-05-11T11:00:00"));
    assert_eq!(body["end"], time("2027-05-11T12:00:00"));
}
