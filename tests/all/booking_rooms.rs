//! Rooms are booked in ONES: the calendars of Exchange have it, and ONES has what the rooms say.

use end_to_end::{Run, Scene, day, room, text};
use jiff::{Timestamp, civil::Date};
use m365_emulator::{Access, Booking, CalendarEntry, Response};
use serde_json::{Value, json};

fn scene(rooms: usize) -> Scene {
    let scene = Scene::with_calendars(rooms);
    scene.sync("users");
    scene
}

/// Runs `book` for the first rooms, on a day from one time of the rooms to another.
fn book(scene: &Scene, rooms: usize, day: Date, [from, to]: [&str; 2], more: &[&str]) -> Run {
    let rooms: Vec<_> = (1..=rooms).map(room).collect();
    let (day, organizer) = (day.to_string(), scene.employee());
    let mut words = vec!["book", "--organizer", &organizer, "--title", "Budget", "--day", &day];
    for room in &rooms {
        words.extend(["--room", room]);
    }
    words.extend(["--from", from, "--to", to]);
    words.extend(more);
    scene.host(&words)
}

/// Returns what a mailbox has from tomorrow on, without what was cancelled.
fn calendar(scene: &Scene, mailbox: &str) -> Vec<CalendarEntry> {
    let at = |days| -> Timestamp { format!("{}T00:00:00Z", day(days)).parse().expect("a time") };
    let mut events = scene.calendar(mailbox, at(1), at(100)).expect("a mailbox");
    events.retain(|event| !event.cancelled && event.response != Response::Declined);
    events
}

fn reference(reservation: &Value) -> String {
    text(reservation, "reference")
}

#[test]
fn a_room_is_booked_changed_and_cancelled() {
    let scene = scene(1);
    let booked = book(&scene, 1, day(3), ["09:00", "10:00"], &[]).ends_with(0).json();
    assert_eq!((&booked["state"], &booked["calendar"]), (&json!("confirmed"), &json!("organizer")));
    let [copy] = &calendar(&scene, &room(1))[..] else { panic!("one booking") };
    assert_eq!(booked["rooms"][0]["booking"], json!(copy.id), "as a sync reports it");
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1);

    let reference = reference(&booked);
    let changed = scene.host(&["change", &reference, "--to", "10:30", "--title", "Budget 2028"]);
    assert_eq!(changed.ends_with(0).json()["state"], "confirmed");
    let [moved] = &calendar(&scene, &room(1))[..] else { panic!("one booking") };
    assert_eq!((&moved.id, &moved.start), (&copy.id, &copy.start));
    assert_ne!(moved.end, copy.end);
    assert_eq!(calendar(&scene, &scene.employee())[0].subject, "Budget 2028");
    scene.sync("bookings");
    scene.assert_bookings_match([day(1), day(100)]);

    scene.host(&["cancel", &reference]).ends_with(0);
    assert!(calendar(&scene, &room(1)).is_empty());
    assert!(calendar(&scene, &scene.employee()).is_empty());
}

#[test]
fn a_room_that_others_have_is_a_conflict_and_nothing_is_left() {
    let scene = scene(1);
    let zone = scene.time_zone(&room(1)).expect("a room");
    let theirs = Booking { time_zone: Some(zone), ..scene.meeting_at(day(3), 9) };
    scene.book(&theirs).expect("a meeting");
    let booked = book(&scene, 1, day(3), ["09:30", "10:30"], &[]).ends_with(1).json();
    assert_eq!(booked["rooms"][0]["state"], "conflict", "{booked:#}");
    assert_eq!(calendar(&scene, &room(1)).len(), 1);
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1, "only theirs");
}

#[test]
fn a_series_in_two_rooms_keeps_its_hour_and_one_of_its_dates_is_cancelled() {
    let scene = scene(2);
    let series = ["--repeat", "daily", "--count", "3"];
    let booked = book(&scene, 2, day(3), ["09:00", "10:00"], &series).ends_with(0).json();
    assert_eq!(booked["state"], "confirmed", "{booked:#}");
    for number in [1, 2] {
        let events = calendar(&scene, &room(number));
        assert_eq!(events.len(), 3);
        assert_eq!(json!(events[0].series), booked["rooms"][number - 1]["booking"]);
    }
    let second = format!("{}T09:00", day(4));
    let cancelled = scene.host(&["cancel", &reference(&booked), "--occurrence", &second]);
    cancelled.ends_with(0);
    assert_eq!(calendar(&scene, &room(1)).len(), 2);
    assert_eq!(calendar(&scene, &scene.employee()).len(), 2);
}

#[test]
fn a_room_that_answers_later_is_pending_until_then() {
    let scene = scene(1);
    scene.hold_deliveries(true);
    let booked = book(&scene, 1, day(3), ["09:00", "10:00"], &["--wait", "0"]).json();
    assert_ne!(booked["state"], "confirmed");
    let sent = ["reservations", "send", "--wait", "5"];
    scene.host(&sent);
    scene.deliver(None, false).expect("rooms");
    scene.host(&["reservations", "send", "--wait", "20"]);
    let shown = scene.host(&["reservations", "show", &reference(&booked)]).json();
    assert_eq!(shown["state"], "confirmed", "{shown:#}");
    assert_eq!(calendar(&scene, &room(1)).len(), 1, "one meeting");
}

#[test]
fn where_the_organizers_calendar_is_closed_the_rooms_own_is_used() {
    let scene = scene(1);
    let mut policy = scene.policy(&scene.employee()).expect("a policy");
    policy.access = Access::Raop;
    scene.set_policy(&scene.employee(), &policy).expect("a mailbox");
    let booked = book(&scene, 1, day(3), ["09:00", "10:00"], &[]).ends_with(0).json();
    assert_eq!((&booked["state"], &booked["calendar"]), (&json!("confirmed"), &json!("room")));
    let [own] = &calendar(&scene, &room(1))[..] else { panic!("one booking") };
    assert!(own.is_organizer);
}

#[test]
fn in_the_rooms_own_calendar_a_time_that_is_taken_is_a_conflict() {
    let mut scene = scene(1);
    scene.set("/rooms/bookingCalendar", json!("room"));
    let zone = scene.time_zone(&room(1)).expect("a room");
    let meeting = scene.meeting_at(day(3), 9);
    let walk_up =
        Booking { organizer: room(1), rooms: Vec::new(), time_zone: Some(zone), ..meeting };
    scene.book(&walk_up).expect("a meeting");
    let booked = book(&scene, 1, day(3), ["09:30", "10:30"], &[]).ends_with(1).json();
    assert_eq!(booked["rooms"][0]["state"], "conflict", "{booked:#}");
    assert_eq!(calendar(&scene, &room(1)).len(), 1);
    let free = book(&scene, 1, day(3), ["10:00", "10:30"], &[]).ends_with(0).json();
    assert_eq!((&free["state"], &free["calendar"]), (&json!("confirmed"), &json!("room")));
}

#[test]
fn a_room_is_released_and_the_meeting_goes_on() {
    let scene = scene(1);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    scene.sync("bookings");
    let id = calendar(&scene, &room(1))[0].id.clone();
    let words = ["release", "--room", &room(1), &id, "--comment", "Nobody came."];
    scene.host(&words).ends_with(0);
    assert!(calendar(&scene, &room(1)).is_empty());
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1);
}
