//! Random changes, followed by delta, lead to what is in the calendar. And the invented calendars.

use std::collections::{BTreeMap, HashSet};

use m365_emulator::{CalendarEntry, Config, Emulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::follower::Follower;
use crate::outlook::{NOW, room};
use crate::session::Session;

const WINDOW: (&str, &str) = ("2027-01-10T00:00:00Z", "2027-07-09T00:00:00Z");

/// The events that a client knows: by id, the series that it belongs to and its start.
type Known = BTreeMap<String, (Option<String>, String)>;

/// Takes over the entries of a round as Microsoft documents them: a series is replaced completely,
/// and what is reported as removed is read before it is removed.
async fn take_over(session: &Session, known: &mut Known, entries: Vec<Value>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let series: HashSet<String> = entries
        .iter()
        .filter_map(|entry| match entry["type"].as_str() {
            Some("seriesMaster") => Some(text(&entry["id"])),
            Some("singleInstance") => None,
            _ => entry["seriesMasterId"].as_str().map(str::to_owned),
        })
        .collect();
    let is_of =
        |id: &String, of: &Option<String>, gone: &String| id == gone || of.as_ref() == Some(gone);
    for replaced in &series {
        known.retain(|id, (of, _)| !is_of(id, of, replaced));
    }
    for entry in entries {
        let id = text(&entry["id"]);
        if entry["@removed"].is_object() {
            let path = format!("/users/{}/events/{id}", room(1));
            let prefer = [("Prefer", "IdType=\"ImmutableId\"")];
            let read = session.get_with(&path, &prefer).await;
            assert!(matches!(read.status, 200 | 404));
            known.retain(|own, (of, _)| !is_of(own, of, &id));
        } else if entry["type"] != "seriesMaster" {
            if entry["type"] == "singleInstance" {
                known.retain(|own, (of, _)| !is_of(own, of, &id));
            }
            let of = entry["seriesMasterId"].as_str().map(str::to_owned);
            known.insert(id, (of, text(&entry["start"]["dateTime"])));
        }
    }
}

fn truth(emulator: &Emulator, number: usize) -> Vec<CalendarEntry> {
    let (from, to) = (WINDOW.0.parse().unwrap(), WINDOW.1.parse().unwrap());
    emulator.calendar(&room(number), from, to).unwrap()
}

#[tokio::test]
async fn delta_leads_to_what_is_in_the_calendar() {
    let now = Some(NOW.parse().unwrap());
    for (seed, splits) in [(1, false), (2, true), (3, false), (4, true)] {
        let config = Config { users: 20, rooms: 2, events: 60, now, seed, ..Config::default() };
        let session = Session::start(config).await;
        session.emulator.update_settings(|settings| {
            settings.calendar_delta_splits_series = splits;
        });
        let window = format!("startDateTime={}&endDateTime={}", WINDOW.0, WINDOW.1);
        let mut known = Known::new();
        let (mut follower, entries) = Follower::start(&session, &window).await;
        take_over(&session, &mut known, entries).await;
        for round in 0..12 {
            let body = json!({"meetings": 8});
            let change = session.admin(Method::POST, "change", Some(body)).await.expect(200);
            assert_eq!(change["meetings"].as_array().unwrap().len(), 8);
            take_over(&session, &mut known, follower.round().await).await;
            let truth = truth(&session.emulator, 1);
            assert_eq!(known.len(), truth.len(), "seed {seed}, round {round}: {change}");
            for event in truth {
                let (_, start) = &known[&event.id];
                // A day, or an hour without its fraction.
                assert!(start.starts_with(event.start.trim_end_matches('Z')), "{event:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_calendars_and_changes() {
    let now = Some(NOW.parse().unwrap());
    let made = async |seed| {
        let config = Config { users: 20, rooms: 2, now, seed, ..Config::default() };
        let emulator = Emulator::start(config).await.unwrap();
        let changes = emulator.mix_meetings(30);
        assert_eq!(changes.len(), 30);
        (changes, truth(&emulator, 2), truth(&emulator, 1))
    };
    assert_eq!(made(5).await, made(5).await);
    assert_ne!(made(5).await, made(6).await);
}

#[tokio::test]
async fn an_invented_calendar_looks_like_a_companys_week() {
    for (events, rooms) in [(1000, 3), (300, 12), (20, 2), (0, 1)] {
        let now = Some(NOW.parse().unwrap());
        let config = Config { users: 100, rooms, events, now, ..Config::default() };
        let emulator = Emulator::start(config).await.unwrap();
        let (from, to) = ("2027-01-04T00:00:00Z", "2027-07-03T00:00:00Z");
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let mut all = Vec::new();
        for number in 1..=rooms {
            let calendar = emulator.calendar(&room(number), from, to).unwrap();
            let count = calendar.len();
            assert!(count >= events * 9 / 10 && count <= events, "{count} of {events}");
            all.extend(calendar);
        }
        let has = |is: fn(&CalendarEntry) -> bool| all.iter().any(is);
        if events >= 300 {
            assert!(has(|event| event.kind == "occurrence") && has(|event| event.all_day));
            assert!(has(|event| event.kind == "exception") && has(|event| event.cancelled));
            assert!(has(|event| event.is_organizer) && has(|event| !event.is_organizer));
        }
        let organizer = all.iter().find(|event| !event.is_organizer && !event.cancelled);
        if let Some(event) = organizer {
            let own = emulator.calendar(&event.organizer.address, from, to).unwrap();
            assert!(own.iter().any(|own| own.ical_uid == event.ical_uid));
        }
    }
}

#[tokio::test]
async fn an_invented_room_has_one_meeting_at_a_time_whatever_day_it_is() {
    let (from, to) = ("2027-01-01T00:00:00Z", "2027-08-01T00:00:00Z");
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    for day in 4..=10 {
        let now = Some(format!("2027-01-{day:02}T12:00:00Z").parse().unwrap());
        let config = Config { users: 20, rooms: 4, now, ..Config::default() };
        let emulator = Emulator::start(config).await.unwrap();
        for number in 1..=4 {
            let mut calendar = emulator.calendar(&room(number), from, to).unwrap();
            calendar.retain(|event| !event.cancelled && !event.all_day);
            calendar.sort_by(|one, other| one.start.cmp(&other.start));
            for pair in calendar.windows(2) {
                assert!(pair[0].end <= pair[1].start, "{pair:#?}");
            }
        }
    }
}

#[tokio::test]
async fn the_time_in_the_calendars_can_be_set() {
    let session = Session::start(Config { events: 0, ..Config::default() }).await;
    let set = json!({"now": "2027-02-01T12:00:00Z"});
    let clock = session.admin(Method::PUT, "clock", Some(set.clone())).await.expect(200);
    assert_eq!(clock, set);
    assert_eq!(session.admin(Method::GET, "clock", None).await.expect(200), set);
    // Beyond the booking window of 180 days, and within it.
    for (day, response) in [("2027-08-05", "declined"), ("2027-07-30", "accepted")] {
        let body = json!({
            "organizer": "room-2@contoso.com",
            "rooms": ["room-1@contoso.com"],
            "start": format!("{day}T09:00:00"),
            "end": format!("{day}T10:00:00"),
        });
        let booked = session.admin(Method::POST, "meetings", Some(body)).await.expect(201);
        assert_eq!(booked["rooms"][0]["response"], response, "{booked}");
    }
    session.admin(Method::PUT, "clock", None).await.expect(200);
    assert_ne!(session.admin(Method::GET, "clock", None).await.expect(200), set);
}

#[tokio::test]
async fn wrong_requests_of_the_admin_api_are_refused() {
    let session = Session::start(Config { events: 0, ..Config::default() }).await;
    let refuse = async |method: Method, path: &str, body: Value, status: u16| {
        let answer = session.admin(method, path, Some(body)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
    };
    let meeting = json!({
        "organizer": "room-1@contoso.com",
        "start": "2027-05-11T09:00:00",
        "end": "2027-05-11T10:00:00",
    });
    let with = |name: &str, value: Value| {
        let mut wrong = meeting.clone();
        wrong[name] = value;
        wrong
    };
    for wrong in [
        json!({}),
        with("end", json!("2027-05-11T08:00:00")),
        with("timeZone", json!("EST")),
        with("colour", json!("red")),
        with("showAs", json!("asleep")),
    ] {
        refuse(Method::POST, "meetings", wrong, 400).await;
    }
    let unknown = with("rooms", json!(["person1@contoso.com"]));
    refuse(Method::POST, "meetings", unknown, 404).await;
    refuse(Method::GET, "meetings/m1", json!({}), 404).await;
    refuse(Method::PATCH, "meetings/m1", json!({}), 404).await;
    refuse(Method::GET, "calendars/room-1@contoso.com", json!({}), 400).await;
    let all = "from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z";
    refuse(Method::GET, &format!("calendars/nobody?{all}"), json!({}), 404).await;
    let made = session.admin(Method::POST, "meetings", Some(meeting)).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let split = json!({"from": "2027-05-12"});
    refuse(Method::POST, &format!("meetings/{id}/split"), split, 400).await;
    let day = format!("meetings/{id}/occurrences/2027-05-11");
    refuse(Method::DELETE, &day, json!({}), 404).await;
    let copy = format!("calendars/room-2@contoso.com/events/{id}");
    refuse(Method::DELETE, &copy, json!({}), 404).await;
}
