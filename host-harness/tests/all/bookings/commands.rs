//! The commands on bookings.

use ones_host::model::{Booking, Hold};
use serde_json::Value;

use super::calendar::*;
use crate::{
    fake::*,
    program::{check, program},
};

/// ONES with bookings in a year that no test sees pass.
fn ones() -> Ones {
    let mut ones =
        Ones::with_rooms([room_in("r1", "Europe/Berlin"), room_in("r2", "Asia/Tokyo"), room("r3")]);
    let first = of_room(
        "r1",
        COMPLETE,
        "c1",
        [
            one(booked("a", "2120-01-11T08:00", "2120-01-11T09:00")),
            one(Booking {
                hold: Hold::Tentative,
                ..booked("b", "2120-01-11T08:30", "2120-01-11T23:30")
            }),
            one(all_day("day", "2120-01-12", "2120-01-14")),
            one(Booking {
                private: true,
                title: None,
                organizer: None,
                ..booked("p", "2120-01-15T08:00", "2120-01-15T09:00")
            }),
        ],
    );
    let second =
        of_room("r2", COMPLETE, "c1", [one(booked("c", "2120-01-11T15:30", "2120-01-11T16:30"))]);
    let third = failed("r3", unavailable());
    ones.sync_bookings(&mut Fake::bookings([first, second, third])).unwrap();
    ones
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn bookings_are_listed_in_the_time_zone_of_their_room() {
    let ones = ones();
    let folder = ones.folder.path();
    let args = ["bookings", "--data", ".", "--from", "2120-01-11", "--to", "2120-01-12"];
    let stdout = check(folder, &args, 0, "R3: not read since");
    let lines: Vec<_> = stdout.lines().map(str::trim_end).collect();
    assert_eq!(lines.len(), 4, "{stdout}");
    assert!(lines[0].starts_with("2120-01-11 09:00–10:00 Europe/Berlin"), "{stdout}");
    assert!(lines[1].contains("2120-01-11 09:30 – 2120-01-12 00:30 Europe/Berlin"), "{stdout}");
    assert!(lines[1].contains("[tentative]"), "{stdout}");
    assert!(lines[2].starts_with("2120-01-12 – 2120-01-13 all day Europe/Berlin"), "{stdout}");
    assert!(lines[3].starts_with("2120-01-12 00:30–01:30 Asia/Tokyo"), "{stdout}");
    assert!(lines[3].contains("R2") && lines[3].contains('C') && lines[3].contains("Ann"));
    let stderr = program(folder, &args).stderr;
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stderr.contains("(timeout)") && stderr.contains("→ Try again later"), "{stderr}");
}

#[test]
fn a_program_reads_that_a_room_is_not_known_to_be_free() {
    let ones = ones();
    let args = ["bookings", "--data", ".", "--room", "r3", "--format", "json"];
    let listed = lines(&check(ones.folder.path(), &args, 0, ""));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["room"]["id"], "r3");
    assert_eq!(listed[0]["unknown"]["readAt"], Value::Null);
    assert_eq!(listed[0]["unknown"]["failing"]["problem"]["code"], "timeout");
}

#[test]
fn rooms_are_selected_by_id_address_or_name_and_a_time_by_day_or_instant() {
    let ones = ones();
    let folder = ones.folder.path();
    for room in ["r2", "R2@contoso.com", "R2"] {
        let args = ["bookings", "--data", ".", "--room", room, "--format", "json"];
        let args = [args.as_slice(), &["--from", "2120-01-11", "--to", "2120-01-20"]].concat();
        let listed = lines(&check(folder, &args, 0, ""));
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["id"], "c");
        assert_eq!(listed[0]["room"]["email"], "r2@contoso.com");
        assert_eq!(listed[0]["zone"], "Asia/Tokyo");
        assert_eq!(listed[0]["when"], "2120-01-12 00:30–01:30");
        assert_eq!(listed[0]["time"]["hours"]["starts"], clock("2120-01-11T15:30"));
        assert_eq!(listed[0]["history"]["firstRun"], ones.runs().pop().unwrap().id);
    }
    let instants = ["--from", "2120-01-11T09:00:00Z", "--to", "2120-01-11T15:30:00Z"];
    let only = ["bookings", "--data", ".", "--room", "R1", "--format", "json"];
    let listed = lines(&check(folder, &[only.as_slice(), &instants].concat(), 0, ""));
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["id"], "b");
    let private = ["--from", "2120-01-15", "--to", "2120-01-15"];
    let args = [["bookings", "--data", "."].as_slice(), &private].concat();
    assert!(check(folder, &args, 0, "").contains("(private)"));
}

#[test]
fn conflicts_are_listed_and_an_empty_list_says_so() {
    let ones = ones();
    let folder = ones.folder.path();
    let stdout = check(folder, &["conflicts", "--data", "."], 0, "");
    assert!(stdout.contains("R1  2120-01-11 09:30–10:00 Europe/Berlin"), "{stdout}");
    assert!(stdout.contains("R1  2120-01-12 00:00–00:30 Europe/Berlin"), "{stdout}");
    assert_eq!(stdout.lines().count(), 6, "{stdout}");
    let args = ["conflicts", "--data", ".", "--format", "json", "--room", "R1"];
    let conflict = lines(&check(folder, &args, 0, "")).remove(0);
    assert_eq!((&conflict["one"]["id"], &conflict["other"]["id"]), (&"a".into(), &"b".into()));
    check(folder, &["conflicts", "--data", ".", "--room", "r2"], 0, "there are no conflicts");
}

#[test]
fn a_wrong_argument_is_named() {
    let ones = ones();
    let folder = ones.folder.path();
    let data = |args: &[&'static str]| [args, &["--data", "."]].concat();
    check(folder, &data(&["bookings", "--room", "nope"]), 2, "--room: there is no room \"nope\"");
    check(folder, &data(&["bookings", "--from", "tomorrow"]), 2, "--from");
    check(folder, &data(&["bookings", "--to", "2027-02-30"]), 2, "--to");
    let backwards = ["bookings", "--from", "2120-01-12", "--to", "2120-01-10"];
    check(folder, &data(&backwards), 2, "--to is before --from");
    check(folder, &data(&["bookings", "verify"]), 2, "`bookings verify` needs settings");
    check(folder, &data(&["serve", "--bookings-interval", "0"]), 2, "--bookings-interval");
    let settings = r#"{"server": {"name": "Contoso"}, "rooms": {"bookings": "off"}}"#;
    std::fs::write(folder.join("settings.json"), settings).unwrap();
    for command in [["sync", "bookings"], ["bookings", "verify"]] {
        let args = data(&[command[0], command[1], "--settings", "settings.json"]);
        check(folder, &args, 1, "bookings are off");
    }
}

#[test]
fn a_name_that_two_rooms_have_is_no_selection() {
    let named = |id: &str| ones_host::model::Room { name: "Same".to_owned(), ..room(id) };
    let ones = Ones::with_rooms([named("r1"), named("r2")]);
    let folder = ones.folder.path();
    let args = ["bookings", "--data", ".", "--room", "same"];
    check(folder, &args, 2, "pass one of r1@contoso.com, r2@contoso.com");
}

#[test]
fn the_result_of_a_run_names_the_rooms_that_failed() {
    let ones = ones();
    let folder = ones.folder.path();
    let stdout = check(folder, &["runs", "--data", "."], 0, "");
    assert!(stdout.contains("bookings"), "{stdout}");
    assert!(stdout.contains("2 rooms read, 1 failed"), "{stdout}");
    assert!(stdout.contains("R3"), "{stdout}");
    let args = ["runs", "--data", ".", "--format", "json"];
    let run = lines(&check(folder, &args, 0, "")).pop().unwrap();
    assert_eq!(run["kind"], "booking");
    assert_eq!(run["rooms"]["failed"], 1);
    assert_eq!(run["roomFailures"][0]["problem"]["code"], "timeout");
}

#[test]
fn the_version_says_which_time_zones_are_used() {
    let folder = tempfile::TempDir::new().unwrap();
    let stdout = check(folder.path(), &["--version"], 0, "");
    let zones = &ones_host::zones::version().name;
    assert!(
        stdout.starts_with("ones-host 0.1.0 (time zones ") && stdout.contains(zones),
        "{stdout}"
    );
}
