//! What a day of bookings costs in requests, with notifications.

use end_to_end::{Scene, day, room};
use m365_emulator::{Booking, Revision};
use serde_json::Value;

const ROOMS: usize = 3;

/// With notifications, `serve` reads each room this often in a day without a notification.
const SWEEPS: usize = 4;

/// The largest number of requests of one room in a day: 45,000 of 1,000 rooms.
const MOST: usize = 45;

/// Runs a command that has to succeed.
#[track_caller]
fn host(scene: &Scene, words: &[&str]) -> Value {
    scene.host(words).ends_with(0).json()
}

/// Syncs a room, as a notification about it does.
#[track_caller]
fn notified(scene: &Scene, room: &str) {
    host(scene, &["sync", "bookings", "--room", room]);
}

#[test]
fn eight_changes_of_a_room_of_which_ones_makes_four_cost_less_than_45_requests() {
    let scene = Scene::with_calendars(ROOMS);
    scene.sync("users");
    scene.sync("bookings");
    scene.clear_requests();
    let (organizer, date) = (scene.employee(), day(3).to_string());
    for number in 1..=ROOMS {
        let room = room(number);
        // Four changes in ONES: three bookings, and one of them is moved.
        let mut references = Vec::new();
        for [from, to] in [["08:00", "09:00"], ["09:00", "10:00"], ["10:00", "11:00"]] {
            let words = ["book", "--room", &room, "--organizer", &organizer, "--title", "Review"];
            let time = ["--day", &date, "--from", from, "--to", to];
            let booked = host(&scene, &[&words[..], &time].concat());
            assert_eq!(booked["state"], "confirmed", "{booked}");
            references.push(booked["reference"].as_str().expect("a reference").to_owned());
            notified(&scene, &room);
        }
        let moved = ["change", &references[0], "--day", &date, "--from", "11:00", "--to", "12:00"];
        assert_eq!(host(&scene, &moved)["state"], "confirmed");
        notified(&scene, &room);
        // Four changes in Outlook: two meetings are made, one is moved, the other cancelled.
        let made = [12, 13].map(|hour| {
            let meeting = scene.meeting_at(day(3), hour);
            let meeting = Booking { rooms: vec![room.clone()], ..meeting };
            let made = scene.book(&meeting).expect("a meeting");
            notified(&scene, &room);
            made.id
        });
        let start = day(3).at(15, 0, 0, 0);
        let later = Revision {
            start: Some(start),
            end: Some(start.checked_add(jiff::Span::new().hours(1)).expect("a time")),
            ..Revision::default()
        };
        scene.revise_meeting(&made[0], None, &later).expect("a change");
        notified(&scene, &room);
        scene.cancel_meeting(&made[1], None, false).expect("a cancellation");
        notified(&scene, &room);
    }
    for _ in 0..SWEEPS {
        scene.sync("bookings");
    }
    let requests = scene.requests();
    let refused = requests.iter().filter(|request| request.status == Some(429));
    assert_eq!(refused.count(), 0, "more than four requests of a mailbox at a time");
    assert!(requests.len() < ROOMS * MOST, "{} requests of {ROOMS} rooms", requests.len());
    scene.assert_bookings_match([day(1), day(30)]);
}
