//! Bookings: what the routes pass to the plugin, and what they answer.

use ones_records::{
    AnsweredRoom, BookingCalendar, BookingEnd, BookingOutcome, BookingTime, Explanation,
    PartlyAccepted, RoomAnswer, TimeRange,
};
use serde_json::{Value, json};

use super::fake::{Fake, assert_problem, value};
use crate::outcome;

/// Returns a booking of one room.
fn request(title: &str) -> Value {
    json!({
        "reference": "b-1",
        "rooms": [{"room": "r1", "email": "r1@contoso.com", "name": "Room 1"}],
        "time": {"hours": {"starts": 1, "ends": 2}},
        "timeZone": "Europe/Berlin",
        "recurrence": null,
        "organizer": {"name": "Mara Lind", "email": "mara@contoso.com"},
        "invite": [],
        "title": title,
        "private": false,
        "onlineMeeting": false,
    })
}

#[test]
fn each_route_passes_its_body_to_the_plugin() {
    let fake = Fake::configured();
    let booked = json!({"done": true});
    let room = json!({"room": "r1", "email": "r1@contoso.com", "timeZone": "UTC"});
    let hours = json!({"hours": {"starts": 1, "ends": 2}});
    for (path, body, received, answer) in [
        (
            "/book",
            json!({"request": request("Review")}),
            json!({"book": request("Review"), "again": false}),
            &booked,
        ),
        (
            "/book",
            json!({"request": request("Review"), "again": true}),
            json!({"book": request("Review"), "again": true}),
            &booked,
        ),
        (
            "/book/check",
            json!({"request": request("Review"), "ticket": "t"}),
            json!({"check": "b-1", "ticket": "t"}),
            &booked,
        ),
        (
            "/book/change",
            json!({"former": request("Review"), "request": request("Talk"), "ticket": "t"}),
            json!({"change": ["Review", "Talk"], "ticket": "t"}),
            &booked,
        ),
        (
            "/book/cancel",
            json!({"request": request("Review"), "ticket": "t", "occurrence": hours,
                "comment": "Off"}),
            json!({"cancel": ["b-1", "t", hours, "Off"]}),
            &json!({"cancelled": true}),
        ),
        (
            "/book/cancel",
            json!({"request": request("Review"), "ticket": "t"}),
            json!({"cancel": ["b-1", "t", null, ""]}),
            &json!({"cancelled": true}),
        ),
        (
            "/release",
            json!({"room": room, "booking": "e1", "comment": "Nobody came"}),
            json!({"release": ["r1", "e1", "Nobody came"]}),
            &json!({"released": true}),
        ),
    ] {
        let answered = fake.post(path, &body.to_string());
        assert_eq!(answered.status(), 200, "{path}");
        assert_eq!(&value(answered), answer, "{path}");
        assert_eq!(fake.received(), [received], "{path}");
    }
}

#[test]
fn an_error_of_the_plugin_is_a_problem() {
    let fake = Fake::configured();
    fake.state.fails.set(true);
    let body = json!({"request": request("Review"), "ticket": "t"}).to_string();
    for path in ["/book/check", "/book/cancel"] {
        assert_problem(fake.post(path, &body), 409, "changed");
    }
}

#[test]
fn a_body_without_a_required_member_is_refused_and_the_remedy_names_it() {
    let fake = Fake::configured();
    for (path, required) in [
        ("/book", "`request`"),
        ("/book/check", "`request`, `ticket`"),
        ("/book/change", "`former`, `request`, `ticket`"),
        ("/book/cancel", "`request`, `ticket`"),
        ("/release", "`room`, `booking`"),
        ("/watch", "`subjects`"),
        ("/unwatch", "`held`"),
        ("/sync/bookings", "`rooms`, `window`"),
    ] {
        for body in ["{}", r#"{"request": 5}"#, r#"{"colour": "red"}"#] {
            let problem = assert_problem(fake.post(path, body), 400, "body");
            let remedy = problem["remedy"].as_str().unwrap();
            assert!(
                remedy.ends_with(&format!("all members but {required} are optional")),
                "{path}"
            );
        }
    }
    assert!(fake.received().is_empty(), "the plugin is not called");
}

#[test]
fn an_outcome_shows_what_each_room_answered() {
    let answers = [
        (RoomAnswer::Pending, json!("pending")),
        (RoomAnswer::Accepted("e1".to_owned()), json!({"accepted": "e1"})),
        (
            RoomAnswer::Partly(PartlyAccepted {
                id: "s1".to_owned(),
                declined: vec![BookingTime::Hours(TimeRange { starts: 1, ends: 2 })],
            }),
            json!({"partly": {"id": "s1", "declined": [{"hours": {"starts": 1, "ends": 2}}]}}),
        ),
        (
            RoomAnswer::Declined(Explanation::new("policy", "The room declined").remedy("Ask")),
            json!({"declined": {"code": "policy", "detail": "The room declined", "remedy": "Ask",
                "vendor": null}}),
        ),
        (RoomAnswer::Conflict(Vec::new()), json!({"conflict": []})),
        (RoomAnswer::Ended(BookingEnd::Cancelled), json!({"ended": "cancelled"})),
    ];
    for (answer, expected) in answers {
        let outcome = BookingOutcome {
            ticket: Some("t".to_owned()),
            calendar: BookingCalendar::Organizer,
            time: None,
            rooms: vec![AnsweredRoom { room: "r1".to_owned(), answer }],
        };
        let shown = json!({
            "ticket": "t", "calendar": "organizer", "time": null,
            "rooms": [{"room": "r1", "answer": expected}],
        });
        assert_eq!(outcome::booking(&outcome), shown);
    }
}
