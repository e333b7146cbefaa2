//! Bookings that users make, in the calendars of the emulated tenant.

use jiff::{Timestamp, ToSpan as _};
use m365_emulator::{Booking, CalendarEntry};
use serde_json::{Value, json};

use crate::front::{Front, Setting};

const HOUR: i64 = 3600;

fn setting() -> Setting {
    Setting::with_empty_calendars(20, 2)
        .variable("settings", Some(r#"{"rooms":{"bookings":"on"}}"#))
}

/// Returns the next full hour in a week.
fn next_week(front: &Front) -> i64 {
    let seconds = front.now().as_second() + 7 * 24 * HOUR;
    seconds - seconds % HOUR
}

fn address(front: &Front, number: usize) -> String {
    front.rooms()[number]["emailAddress"].as_str().unwrap().to_owned()
}

/// Returns a booking of the first room by an employee, from `starts` on for an hour.
fn request(front: &Front, reference: &str, starts: i64) -> Value {
    let users = front.users();
    let is_employee = |user: &&Value| user["department"].is_string() && user["mail"].is_string();
    let organizer = users.iter().find(is_employee).unwrap();
    let room = front.rooms()[0].clone();
    json!({
        "reference": reference,
        "rooms": [{"room": room["id"], "email": room["emailAddress"], "name": room["displayName"]}],
        "time": {"hours": {"starts": starts, "ends": starts + HOUR}},
        "timeZone": "UTC",
        "recurrence": null,
        "organizer": {"name": organizer["displayName"], "email": organizer["mail"]},
        "invite": [],
        "title": "Review",
        "private": false,
        "onlineMeeting": false,
    })
}

/// Returns the events of a room around an hour that are not cancelled.
fn events(front: &Front, room: &str, starts: i64) -> Vec<CalendarEntry> {
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    let events = front.calendar(room, at(starts - 24 * HOUR), at(starts + 24 * HOUR)).unwrap();
    events.into_iter().filter(|event| !event.cancelled).collect()
}

fn post(front: &Front, path: &str, body: &Value) -> Value {
    let answer = front.post(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[test]
fn a_room_is_booked_moved_and_cancelled() {
    setting().run(|front| {
        let (room, starts) = (address(front, 0), next_week(front));
        let wish = request(front, "b-1", starts);
        let booked = post(front, "/book", &json!({"request": wish}));
        let [event] = &events(front, &room, starts)[..] else { panic!("{booked}") };
        assert_eq!(booked["rooms"][0]["answer"], json!({"accepted": event.id}));
        let ticket = &booked["ticket"];
        let with_ticket = json!({"request": wish, "ticket": ticket});
        assert_eq!(post(front, "/book/check", &with_ticket)["rooms"], booked["rooms"]);
        let again = post(front, "/book", &json!({"request": wish, "again": true}));
        assert_eq!(again["rooms"], booked["rooms"], "one meeting, however often it is sent");

        let later = request(front, "b-1", starts + 2 * HOUR);
        let change = json!({"former": wish, "request": later, "ticket": ticket});
        let moved = post(front, "/book/change", &change);
        assert_eq!(moved["time"], later["time"]);
        let [event] = &events(front, &room, starts)[..] else { panic!("{moved}") };
        let at = Timestamp::from_second(starts).unwrap() + 2.hours();
        assert_eq!(event.start, at.to_string());

        let other = request(front, "b-2", starts + 2 * HOUR);
        let refused = post(front, "/book", &json!({"request": other}));
        let answer = &refused["rooms"][0]["answer"];
        assert!(answer["conflict"].is_array() || answer["declined"].is_object(), "{refused}");

        let cancel = json!({"request": later, "ticket": moved["ticket"], "comment": "Off"});
        assert_eq!(post(front, "/book/cancel", &cancel), json!({"cancelled": true}));
        assert_eq!(events(front, &room, starts), []);
    });
}

#[test]
fn a_room_is_released_whoever_booked_it() {
    setting().run(|front| {
        let (room, starts) = (address(front, 1), next_week(front));
        let at = |seconds| {
            let time = Timestamp::from_second(seconds).unwrap();
            jiff::tz::TimeZone::UTC.to_datetime(time)
        };
        let users = front.users();
        let organizer = users.iter().find(|user| user["department"].is_string()).unwrap();
        let booking = Booking {
            organizer: organizer["userPrincipalName"].as_str().unwrap().to_owned(),
            rooms: vec![room.clone()],
            start: at(starts),
            end: at(starts + HOUR),
            ..Booking::default()
        };
        front.book(&booking).unwrap();
        let event = events(front, &room, starts).remove(0);
        let position = json!({"room": "r", "email": room, "timeZone": "UTC"});
        let body = json!({"room": position, "booking": event.id, "comment": "Nobody came"});
        assert_eq!(post(front, "/release", &body), json!({"released": true}));
        assert_eq!(events(front, &room, starts), []);
        assert_eq!(post(front, "/release", &body), json!({"released": true}), "twice is once");
    });
}

#[test]
fn a_booking_that_cannot_be_made_is_a_problem() {
    setting().run(|front| {
        let mut wish = request(front, "b-1", next_week(front));
        wish["reference"] = json!("with space");
        let answer = front.post("/book", &json!({"request": wish}));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.json()["code"].is_string(), "{}", answer.text);
        front.revoke("Calendars.ReadWrite").unwrap();
        let wish = request(front, "b-2", next_week(front));
        let answer = front.post("/book", &json!({"request": wish}));
        assert_eq!(answer.status, 403, "{}", answer.text);
    });
}
