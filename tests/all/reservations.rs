//! Bookings that are made in ONES: what the rooms answer, what is in the calendars, and what users
//! then do with it in Outlook.

use std::{
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use end_to_end::{Run, Scene, day, room, run, text};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use m365_emulator::{Booking, CalendarEntry, Fault, Response, Revision};
use serde_json::{Value, json};

/// A tenant whose rooms and users are synced.
fn scene() -> Scene {
    let scene = Scene::with_calendars(3);
    scene.sync("users");
    scene
}

/// An hour of a day, in UTC.
fn hour(day: Date, hour: i8) -> String {
    instant(day, hour, 0).to_string()
}

fn instant(day: Date, hour: i8, minute: i8) -> Timestamp {
    TimeZone::UTC.to_timestamp(day.at(hour, minute, 0, 0)).expect("a time")
}

/// Books the first room in three days, from 9 to 10 in UTC.
fn book(scene: &Scene) -> Run {
    book_with(scene, &room(1), &["--wait", "20"])
}

fn book_with(scene: &Scene, room: &str, more: &[&str]) -> Run {
    let (from, to) = (hour(day(3), 9), hour(day(3), 10));
    let organizer = scene.employee();
    let words = ["book", "--room", room, "--from", &from, "--to", &to, "--title", "Review"];
    let words = [words.as_slice(), &["--organizer", &organizer], more].concat();
    scene.host(&words)
}

fn show(scene: &Scene, reference: &str) -> Value {
    scene.host(&["reservations", "show", reference]).ends_with(0).json()
}

/// Returns what happened to a reservation, by the names of the entries.
fn history(reservation: &Value) -> Vec<String> {
    let entries = reservation["history"].as_array().expect("a history");
    entries.iter().map(|entry| text(entry, "what")).collect()
}

/// Returns what takes place in a calendar on the days of the tests.
fn calendar(scene: &Scene, mailbox: &str) -> Vec<CalendarEntry> {
    let from = Timestamp::now();
    let to = from + SignedDuration::from_hours(24 * 20);
    let mut events = scene.calendar(mailbox, from, to).expect("a calendar");
    events.retain(|event| !event.cancelled && event.response != Response::Declined);
    events
}

fn fault(then: Value) -> Fault {
    let fault = json!({ "match": { "method": "POST", "path": "/events" }, "then": then });
    serde_json::from_value(fault).expect("a fault")
}

#[test]
fn nothing_shows_the_title_of_a_private_reservation() {
    let scene = scene();
    let booked = book_with(&scene, &room(1), &["--private"]).ends_with(0).json();
    assert_eq!(booked["request"]["title"], Value::Null);
    let reference = text(&booked, "reference");
    scene.host(&["change", &reference, "--title", "Review of salaries"]).ends_with(0);
    for words in [&["reservations"][..], &["reservations", "show", &reference]] {
        for format in ["json", "text"] {
            let shown = run(scene.command(&["--format", format]).args(words)).ends_with(0);
            assert!(!shown.stdout.contains("Review"), "{}", shown.stdout);
        }
    }
    assert_eq!(calendar(&scene, &scene.employee())[0].subject, "Review of salaries");
    // Nor can the command line remove the mark, or show why the meeting was cancelled.
    scene.host(&["change", &reference, "--private=false"]).ends_with(2);
    scene.host(&["cancel", &reference, "--comment", "Eve is ill"]).ends_with(0);
    for format in ["json", "text"] {
        let words = ["--format", format, "reservations", "show", &reference];
        let shown = run(&mut scene.command(&words)).ends_with(0).stdout;
        assert!(shown.contains("Wished to cancel") && !shown.contains("Eve"), "{shown}");
    }
}

#[test]
fn a_room_is_booked_in_the_calendars_of_its_organizer_and_its_own() {
    let scene = scene();
    let booked = book(&scene).ends_with(0).json();
    assert_eq!((&booked["state"], &booked["calendar"]), (&json!("confirmed"), &json!("organizer")));
    let own = calendar(&scene, &scene.employee());
    assert_eq!(own.len(), 1, "{own:#?}");
    assert_eq!((own[0].subject.as_str(), own[0].is_organizer), ("Review", true));
    assert_eq!(own[0].start, hour(day(3), 9));
    let rooms = calendar(&scene, &room(1));
    assert_eq!((rooms.len(), rooms[0].response), (1, Response::Accepted));
    // Its calendar was read: the booking and the reservation are linked by the id.
    let synced = scene.synced_bookings([day(1), day(20)]);
    let synced: Vec<_> = synced.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(synced, [text(&booked["rooms"][0], "booking")]);
    assert_eq!(rooms[0].id, text(&booked["rooms"][0], "booking"));
    let listed = scene.host(&["reservations", "--open", "--room", &room(1)]).ends_with(0).lines();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["reference"], booked["reference"]);
    // Nothing changes any more.
    scene.clear_requests();
    scene.sync("bookings");
    scene.host(&["reservations", "send"]).ends_with(0);
    assert_eq!(scene.asked("/events"), 0);
    assert_eq!(history(&show(&scene, &text(&booked, "reference"))), ["requested", "room-accepted"]);
}

#[test]
fn a_room_that_others_have_is_not_booked_and_no_meeting_is_left() {
    let scene = scene();
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    let refused = book_with(&scene, &room(1), &["--wait", "20", "--invite", "x@fabrikam.example"]);
    let refused = refused.ends_with(1).json();
    assert_eq!(refused["state"], "declined", "{refused:#}");
    assert!(refused["rooms"][0]["reason"]["summary"].is_string(), "{refused:#}");
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1, "the other meeting alone");
    assert_eq!(calendar(&scene, &room(1)).len(), 1);
}

#[test]
fn a_room_that_answers_late_is_pending_until_then() {
    let scene = scene();
    scene.hold_deliveries(true);
    let pending = book_with(&scene, &room(1), &["--wait", "0"]).ends_with(0).json();
    assert_eq!(
        (&pending["state"], &pending["rooms"][0]["state"]),
        (&json!("pending"), &json!("pending"))
    );
    assert!(pending["pendingSince"].is_string());
    let again = book_with(&scene, &room(1), &["--wait", "0"]).ends_with(1).json();
    assert_eq!(again["error"]["code"], "reservation-overlaps", "it has its place");
    scene.deliver(None, false).expect("an answer");
    scene.hold_deliveries(false);
    let sent = scene.host(&["reservations", "send", "--wait", "30"]).ends_with(0).lines();
    assert_eq!(sent[0]["state"], "confirmed");
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1);
}

#[test]
fn what_is_moved_and_cancelled_in_outlook_is_so_in_ones() {
    let scene = scene();
    let booked = book(&scene).ends_with(0).json();
    let reference = text(&booked, "reference");
    let meeting = calendar(&scene, &scene.employee())[0].meeting.clone();
    let later = Revision {
        start: Some(day(4).at(13, 0, 0, 0)),
        end: Some(day(4).at(14, 0, 0, 0)),
        time_zone: Some("UTC".to_owned()),
        ..Revision::default()
    };
    scene.revise_meeting(&meeting, None, &later).expect("a meeting");
    scene.sync("bookings");
    let moved = show(&scene, &reference);
    assert_eq!(moved["state"], "confirmed");
    assert_eq!(moved["time"]["hours"]["starts"], instant(day(4), 13, 0).as_second());
    assert_eq!(history(&moved), ["requested", "room-accepted", "moved"]);
    scene.cancel_meeting(&meeting, None, false).expect("a meeting");
    scene.sync("bookings");
    let gone = show(&scene, &reference);
    assert_eq!(gone["state"], "cancelled");
    assert_eq!(history(&gone).last().expect("an entry"), "room-ended");
}

#[test]
fn a_booking_is_changed_and_cancelled_from_ones() {
    let scene = scene();
    let reference = text(&book(&scene).ends_with(0).json(), "reference");
    let (from, to) = (hour(day(5), 11), hour(day(5), 12));
    let change = ["change", &reference, "--from", &from, "--to", &to, "--title", "Renamed"];
    let changed = scene.host(&change).ends_with(0).json();
    assert_eq!((&changed["state"], &changed["problem"]), (&json!("confirmed"), &Value::Null));
    let own = calendar(&scene, &scene.employee());
    assert_eq!(
        (own.len(), own[0].start.as_str(), own[0].subject.as_str()),
        (1, from.as_str(), "Renamed")
    );
    assert_eq!(calendar(&scene, &room(1))[0].start, from);
    // It ends earlier.
    let half = instant(day(5), 11, 30).to_string();
    scene.host(&["change", &reference, "--to", &half]).ends_with(0);
    assert_eq!(calendar(&scene, &room(1))[0].end, half);
    let cancel = ["cancel", &reference, "--comment", "No longer needed"];
    let cancelled = scene.host(&cancel).ends_with(0).json();
    assert_eq!(cancelled["state"], "cancelled");
    assert!(calendar(&scene, &room(1)).is_empty());
    assert!(calendar(&scene, &scene.employee()).is_empty());
    assert!(scene.synced_bookings([day(1), day(20)]).is_empty());
    let again = scene.host(&cancel).ends_with(1).json();
    assert_eq!(again["error"]["code"], "reservation-closed");
}

#[test]
fn a_change_of_what_was_moved_in_outlook_meanwhile_is_refused() {
    let scene = scene();
    let reference = text(&book(&scene).ends_with(0).json(), "reference");
    let meeting = calendar(&scene, &scene.employee())[0].meeting.clone();
    let later = Revision {
        start: Some(day(4).at(13, 0, 0, 0)),
        end: Some(day(4).at(14, 0, 0, 0)),
        time_zone: Some("UTC".to_owned()),
        ..Revision::default()
    };
    scene.revise_meeting(&meeting, None, &later).expect("a meeting");
    let (from, to) = (hour(day(5), 11), hour(day(5), 12));
    let refused = scene.host(&["change", &reference, "--from", &from, "--to", &to]);
    let refused = refused.ends_with(1).json();
    assert_eq!(refused["problem"]["case"], "conflict", "{refused:#}");
    assert_eq!(calendar(&scene, &scene.employee())[0].start, hour(day(4), 13));
    scene.host(&["reservations", "send"]);
    let starts = show(&scene, &reference)["time"]["hours"]["starts"].clone();
    assert_eq!(starts, instant(day(4), 13, 0).as_second());
}

#[test]
fn a_room_is_released_and_the_meeting_goes_on_without_it() {
    let scene = scene();
    let two = Booking { rooms: vec![room(1), room(2)], ..scene.meeting_at(day(3), 9) };
    scene.book(&two).expect("a meeting");
    scene.sync("bookings");
    let bookings = scene.synced_bookings([day(1), day(20)]);
    let first = bookings.iter().find(|it| it.room == room(1)).expect("a booking");
    let release = ["release", "--room", &room(1), &first.id, "--comment", "Water damage"];
    let released = scene.host(&release).ends_with(0).json();
    assert_eq!(
        (&released["state"], &released["comment"]),
        (&json!("released"), &json!("Water damage"))
    );
    assert!(calendar(&scene, &room(1)).is_empty());
    assert_eq!(calendar(&scene, &room(2)).len(), 1);
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1);
    assert_eq!(scene.synced_bookings([day(1), day(20)]).len(), 1);
}

#[test]
fn case_c42_an_answer_that_was_lost_leads_to_one_meeting() {
    let scene = scene();
    // The meeting is made each time, and its answer is cut off.
    let lost = Fault { times: Some(1), ..fault(json!({ "truncate": {} })) };
    scene.add_fault(lost).expect("a fault");
    let booked = book(&scene);
    let reference = text(&booked.ends_with(0).json(), "reference");
    assert_eq!(show(&scene, &reference)["state"], "confirmed");
    assert_eq!(calendar(&scene, &scene.employee()).len(), 1);
    assert_eq!(calendar(&scene, &room(1)).len(), 1);
}

#[test]
fn a_program_that_is_killed_while_it_books_makes_one_meeting() {
    for held in [true, false] {
        let scene = scene();
        let mut kill = kill_while_booking(&scene, held);
        kill.kill().expect("it runs");
        kill.wait().expect("it ended");
        scene.set_faults(Vec::new()).expect("no faults");
        let waiting = scene.host(&["reservations"]).ends_with(0).lines().remove(0);
        assert_eq!(
            (&waiting["state"], &waiting["waiting"]["attempts"]),
            (&json!("requested"), &json!(1))
        );
        let sent = scene.host(&["reservations", "send", "--wait", "30"]).ends_with(0).lines();
        assert_eq!(sent[0]["state"], "confirmed", "{sent:#?}");
        assert_eq!(calendar(&scene, &scene.employee()).len(), 1);
        assert_eq!(calendar(&scene, &room(1)).len(), 1);
    }
}

/// Starts a command that books, and returns it when its request has reached Graph: with the
/// answer held back, or never processed.
fn kill_while_booking(scene: &Scene, held: bool) -> Child {
    let then = if held { json!({ "hold": {} }) } else { json!({ "fail": { "status": 503 } }) };
    let all = Fault { times: None, ..fault(then) };
    scene.add_fault(all).expect("a fault");
    scene.clear_requests();
    let settings = scene.path("settings.json");
    let (from, to) = (hour(day(3), 9), hour(day(3), 10));
    let mut command = scene.command(&["--settings"]);
    command.arg(settings).args(["book", "--room", &room(1), "--from", &from, "--to", &to]);
    command.args(["--organizer", &scene.employee(), "--title", "Review", "--wait", "600"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a program");
    while scene.asked("/events") == 0 {
        sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_series_is_booked_and_one_of_its_dates_is_cancelled() {
    let scene = scene();
    let weekly = ["--repeat", "weekly", "--count", "3", "--wait", "20"];
    let booked = book_with(&scene, &room(1), &weekly).ends_with(0).json();
    assert_eq!(booked["state"], "confirmed", "{booked:#}");
    let reference = text(&booked, "reference");
    assert_eq!(scene.synced_bookings([day(1), day(30)]).len(), 3);
    let second = day(10).to_string();
    let cancel = ["cancel", &reference, "--occurrence", &second, "--comment", "Holiday"];
    let left = scene.host(&cancel).ends_with(0).json();
    assert_eq!(left["state"], "confirmed", "{left:#}");
    scene.sync("bookings");
    let dates: Vec<_> =
        scene.synced_bookings([day(1), day(30)]).into_iter().map(|it| it.starts).collect();
    assert_eq!(dates, [hour(day(3), 9), hour(day(17), 9)]);
    scene.host(&["cancel", &reference]).ends_with(0);
    assert!(scene.synced_bookings([day(1), day(30)]).is_empty());
}
