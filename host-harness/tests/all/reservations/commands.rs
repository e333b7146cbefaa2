//! The commands on reservations that need no plugin.

use ones_host::{
    model::{BookingTime, DateRange},
    store::{Actor, NewReservation},
};
use serde_json::Value;

use super::host::{ANN, BOB, wished};
use crate::{
    bookings::calendar::*,
    fake::*,
    program::{check, program},
};

/// ONES with two reservations in a year that no test sees pass. Returns their references.
fn ones() -> (Ones, [String; 2]) {
    let mut ones = Ones::with_rooms([room_in("r1", "Europe/Berlin"), room("r2")]);
    let users = vec![reported(ANN), reported(BOB)];
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c", users)])).unwrap();
    let (mut store, id) = ones.integration();
    let now = NOW.parse().unwrap();
    let hours = wished(&["r1"], "2120-01-11T09:00", "2120-01-11T10:00");
    let days = BookingTime::Days(DateRange {
        first: "2120-01-12".to_owned(),
        until: "2120-01-14".to_owned(),
    });
    let hours = NewReservation { days: None, ..hours };
    let days = NewReservation {
        rooms: vec!["r2".to_owned()],
        time: days,
        organizer: BOB.to_owned(),
        title: String::new(),
        by: Actor::Administrator,
        ..hours.clone()
    };
    let references = [hours, days].map(|new| store.reserve(id, new, now).unwrap().reference);
    let by = Actor::Administrator;
    store.cancel_reservation(id, &references[1], None, "Closed\u{202e}", by, now).unwrap();
    (ones, references)
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn reservations_are_listed_with_their_state_in_the_time_zone_of_their_rooms() {
    let (ones, [first, second]) = ones();
    let folder = ones.folder.path();
    let stdout = check(folder, &["reservations", "--data", "."], 0, "");
    let listed: Vec<_> = stdout.lines().collect();
    assert_eq!(listed.len(), 2, "{stdout}");
    assert!(listed[0].starts_with(&first), "{stdout}");
    assert!(listed[0].contains("2120-01-11 10:00–11:00 Europe/Berlin"), "{stdout}");
    assert!(listed[0].ends_with("requested  waits"), "{stdout}");
    assert!(listed[1].contains("2120-01-12 – 2120-01-13 all day UTC"), "{stdout}");
    assert!(listed[1].contains("(no title)") && listed[1].ends_with("cancelled"), "{stdout}");
    let references = |args: &[&str]| -> Vec<String> {
        let args = [["reservations", "--data", ".", "--format", "json"].as_slice(), args].concat();
        let found = lines(&check(folder, &args, 0, ""));
        found.iter().map(|it| it["reference"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(references(&[]), [first.clone(), second.clone()]);
    assert_eq!(references(&["--open"]), [first.as_str()]);
    assert_eq!(references(&["--state", "cancelled"]), [second.as_str()]);
    assert_eq!(references(&["--room", "R1"]), [first.as_str()]);
    for name in ["ann", "ANN@contoso.com", "ANN"] {
        assert_eq!(references(&["--organizer", name]), [first.as_str()], "{name}");
    }
    let none = ["reservations", "--data", ".", "--state", "failed"];
    check(folder, &none, 0, "there are no such bookings");
}

#[test]
fn a_reservation_is_shown_with_its_history() {
    let (ones, [first, second]) = ones();
    let folder = ones.folder.path();
    let stdout = check(folder, &["reservations", "show", &first, "--data", "."], 0, "");
    assert!(stdout.contains("! requested  Review"), "{stdout}");
    assert!(stdout.contains("R1  not sent yet"), "{stdout}");
    assert!(stdout.contains("The booking waits (0 attempts)"), "{stdout}");
    assert!(stdout.contains("Requested R1: 2120-01-11 10:00–11:00 Europe/Berlin"), "{stdout}");
    let stdout = check(folder, &["reservations", "show", &second, "--data", "."], 0, "");
    assert!(stdout.contains("administrator"), "{stdout}");
    assert!(stdout.contains("Closed\n"), "{stdout}");
    let args = ["reservations", "show", &first, "--data", ".", "--format", "json"];
    let shown = lines(&check(folder, &args, 0, "")).remove(0);
    assert_eq!(shown["state"], "requested");
    assert_eq!(shown["organizer"], ANN);
    assert_eq!(shown["when"], "2120-01-11 10:00–11:00");
    assert_eq!(shown["zone"], "Europe/Berlin");
    assert_eq!(shown["by"]["user"], ANN);
    assert_eq!(shown["waiting"]["wish"], "book");
    assert_eq!(shown["request"]["time"]["hours"]["starts"], clock("2120-01-11T09:00"));
    assert_eq!(shown["rooms"][0]["state"], "pending");
    assert_eq!(shown["history"][0]["what"], "requested");
    assert_eq!(shown["history"][0]["name"], "ANN");
    let unknown = ["reservations", "show", "nope", "--data", "."];
    check(folder, &unknown, 1, "there is no booking \"nope\" that was made in ONES");
}

#[test]
fn a_wrong_argument_is_named() {
    let (ones, [first, _]) = ones();
    let folder = ones.folder.path();
    let data = |args: &[&'static str]| [args, &["--data", "."]].concat();
    check(folder, &data(&["book"]), 2, "--room");
    let book = ["book", "--room", "r1", "--organizer", "ann", "--title", "x"];
    let with = |args: &[&'static str]| data(&[book.as_slice(), args].concat());
    check(folder, &with(&["--from", "soon"]), 2, "--from");
    check(folder, &with(&["--day", "2027-02-30"]), 2, "--day");
    check(folder, &with(&["--from", "09:00", "--to", "10:00", "--every", "2"]), 2, "--repeat");
    check(folder, &with(&["--repeat", "hourly"]), 2, "--repeat");
    check(folder, &with(&["--repeat", "daily", "--count", "0"]), 2, "--count");
    let both = ["--repeat", "daily", "--count", "2", "--until", "2027-02-02"];
    check(folder, &with(&both), 2, "--until");
    check(folder, &data(&["reservations", "--state", "lost"]), 2, "requested, pending");
    check(folder, &data(&["reservations", "--room", "nope"]), 2, "--room: there is no room");
    let organizer = ["reservations", "--organizer", "nope"];
    check(folder, &data(&organizer), 2, "--organizer: there is no user \"nope\"");
    check(folder, &data(&["release", "--room", "r1", "b"]), 2, "--comment");
    let booking = with(&["--from", "09:00", "--to", "10:00"]);
    check(folder, &booking, 2, "`book` needs settings");
    for command in ["change", "cancel"] {
        let args = [command, &first, "--data", "."];
        check(folder, &args, 2, &format!("`{command}` needs settings"));
    }
    let settings = r#"{"server": {"name": "Contoso"}, "rooms": {"bookings": "off"}}"#;
    std::fs::write(folder.join("settings.json"), settings).unwrap();
    let off = [book.as_slice(), &["--day", "2120-01-11", "--settings", "settings.json"]].concat();
    check(folder, &data(&off), 1, "bookings are off");
    let stderr = program(folder, &data(&["book", "--help"])).stdout;
    let help = String::from_utf8(stderr).unwrap();
    assert!(help.contains("--repeat") && help.contains("--organizer"), "{help}");
}
