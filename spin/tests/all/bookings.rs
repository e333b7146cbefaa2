//! Bookings of rooms, as lines of JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    front::{Front, Setting},
    routes::lines_of,
};

const DAY: i64 = 24 * 3600;

/// The rooms of a request, and the window of the next 30 days.
fn request(front: &Front, since: &BTreeMap<String, String>) -> (Value, i64) {
    let mut settings = front.settings(&front.client_secret());
    settings["rooms"] = json!({ "bookings": "on" });
    let lines = front.sync("rooms", &json!({ "settings": settings }));
    let position = |room: &&Value| {
        let id = room["id"].as_str().unwrap();
        let zone = room["timeZone"].as_str().expect("rooms have time zones where bookings are on");
        json!({ "room": id, "email": room["email"], "timeZone": zone, "since": since.get(id) })
    };
    let rooms: Vec<_> = lines_of(&lines, "room").iter().map(position).collect();
    let starts = front.now().as_second();
    let window = json!({ "starts": starts, "ends": starts + 30 * DAY });
    (json!({ "settings": settings, "rooms": rooms, "window": window }), starts)
}

/// Returns the ids of all bookings in the lines.
fn ids(lines: &[Value]) -> BTreeSet<String> {
    let series = lines_of(lines, "series").into_iter();
    let occurrences = series.flat_map(|series| series["bookings"].as_array().unwrap());
    let bookings = lines_of(lines, "booking").into_iter().chain(occurrences);
    bookings.map(|booking| booking["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the last checkpoint of each room.
fn checkpoints(lines: &[Value]) -> BTreeMap<String, String> {
    let (mut checkpoints, mut room) = (BTreeMap::new(), String::new());
    for line in lines {
        if let Some(name) = line["batch"]["room"].as_str() {
            name.clone_into(&mut room);
        }
        if let Some(checkpoint) = line["checkpoint"].as_str() {
            checkpoints.insert(room.clone(), checkpoint.to_owned());
        }
    }
    checkpoints
}

#[test]
fn the_bookings_are_those_of_the_calendars_and_a_later_run_reports_no_change() {
    Setting::with(20, 4).run(|front| {
        let (body, starts) = request(front, &BTreeMap::new());
        let lines = front.sync("bookings", &body);
        let found = ids(&lines);
        // The plugin reads 30 spare days after the window.
        let time = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
        let mut expected = BTreeSet::new();
        for room in body["rooms"].as_array().unwrap() {
            let mailbox = room["email"].as_str().unwrap();
            // Not the edges, where all-day events depend on the time zone.
            let (from, until) = (time(starts + 2 * DAY), time(starts + 58 * DAY));
            let entries = json!(front.calendar(mailbox, from, until).unwrap());
            let is_booking = |entry: &&Value| {
                entry["cancelled"] == json!(false) && entry["response"] != "declined"
            };
            let entries = entries.as_array().unwrap().iter().filter(is_booking);
            expected.extend(entries.map(|entry| entry["id"].as_str().unwrap().to_owned()));
        }
        assert!(expected.len() > 100, "{}", expected.len());
        let missing: Vec<_> = expected.difference(&found).collect();
        assert!(missing.is_empty(), "{missing:?}");

        let (body, _) = request(front, &checkpoints(&lines));
        let lines = front.sync("bookings", &body);
        assert_eq!(ids(&lines), BTreeSet::new());
        let heads = lines_of(&lines, "batch");
        assert_eq!(heads.len(), 4);
        assert!(heads.iter().all(|head| head["mode"] == "incremental"), "{heads:?}");
    });
}

#[test]
fn a_room_that_is_refused_is_a_line_and_the_others_are_read() {
    Setting::with(20, 3).run(|front| {
        let (mut body, _) = request(front, &BTreeMap::new());
        body["rooms"][1]["email"] = json!("nobody@contoso.com");
        let lines = front.sync("bookings", &body);
        let failed = lines_of(&lines, "failed");
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert!(failed[0]["detail"].as_str().unwrap().contains("no mailbox"), "{failed:?}");
        assert_eq!(checkpoints(&lines).len(), 2);
        assert_eq!(lines_of(&lines, "summary")[0]["complete"], json!(false));
    });
}
