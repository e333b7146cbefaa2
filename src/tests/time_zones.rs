//! The time zones of rooms, which are read where bookings are on.

use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, nothing, ok, refused, settings, sync_rooms};
use crate::model::{Room, RoomField, Summary};

fn room(number: u32, country: Value) -> Value {
    json!({"id": format!("e{number}"), "placeId": format!("p{number}"),
        "emailAddress": format!("room{number}@contoso.com"), "displayName": "Room",
        "address": {"countryOrRegion": country}})
}

fn zone(name: &str) -> Value {
    json!({"daysOfWeek": ["monday"], "timeZone": {"name": name}})
}

/// Reads rooms in these countries, for which Exchange has these zones.
fn read(rooms: &[(Value, &'static str)], more: Value) -> (Vec<Room>, Summary) {
    let places: Vec<_> =
        (0..).zip(rooms).map(|(number, (country, _))| room(number, country.clone())).collect();
    let schedules: Vec<_> = (0..)
        .zip(rooms)
        .map(|(number, (_, name))| {
            json!({"scheduleId": format!("Room{number}@contoso.com"), "workingHours": zone(name)})
        })
        .collect();
    run(more, move |asked| match asked.path.as_str() {
        path if path.contains("microsoft.graph.room?") && !path.contains("$skip") => {
            ok(json!({"value": places}))
        }
        path if path.ends_with("/getSchedule") => ok(json!({"value": schedules})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    })
}

fn run(more: Value, answer: impl Fn(&Asked) -> Reply) -> (Vec<Room>, Summary) {
    let (batches, result) = sync_rooms(&Script::new(answer), &settings(more));
    let rooms = batches.into_iter().flat_map(|batch| batch.rooms).collect();
    (rooms, result.expect("a good run"))
}

fn on() -> Value {
    json!({"rooms": {"bookings": "on"}})
}

#[test]
fn a_room_has_the_zone_of_its_working_hours_by_its_iana_name() {
    let (rooms, summary) = read(
        &[
            (json!(null), "W. Europe Standard Time"),
            (json!(null), "Asia/Hong_Kong"),
            (json!(null), "Customized Time Zone"),
        ],
        on(),
    );
    let zones: Vec<_> = rooms.iter().map(|room| room.time_zone.as_deref()).collect();
    assert_eq!(zones, [Some("Europe/Berlin"), Some("Asia/Hong_Kong"), None]);
    assert!(rooms.iter().all(|room| room.unknown.is_empty()));
    assert_eq!(summary.warnings, [""; 0]);
}

#[test]
fn without_bookings_no_zone_is_requested() {
    let (rooms, _) = run(json!({}), |asked| match asked.path.as_str() {
        path if path.contains("getSchedule") => panic!("it needs another permission"),
        path if path.contains("microsoft.graph.room?") && !path.contains("$skip") => {
            ok(json!({"value": [room(1, json!(null))]}))
        }
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    assert_eq!((rooms[0].time_zone.as_deref(), rooms[0].unknown.len()), (None, 0));
}

#[test]
fn the_zone_that_no_administrator_entered_counts_where_the_room_can_be_in_it() {
    let pacific = "Pacific Standard Time";
    let zones = |more: Value| {
        let (rooms, _) = read(
            &[(json!("US"), pacific), (json!("Germany"), pacific), (json!(null), pacific)],
            more,
        );
        rooms.into_iter().map(|room| room.time_zone).collect::<Vec<_>>()
    };
    let los_angeles = Some("America/Los_Angeles".to_owned());
    assert_eq!(zones(on()), [los_angeles.clone(), None, los_angeles.clone()]);
    let berlin = json!({"rooms": {"bookings": "on", "timeZone": "Europe/Berlin"}});
    assert_eq!(zones(berlin), [los_angeles, None, None]);
}

#[test]
fn zones_that_cannot_be_read_are_unknown_and_a_warning_says_so_once() {
    let (rooms, summary) = run(on(), |asked| match asked.path.as_str() {
        path if path.contains("getSchedule") => refused(403, "ErrorAccessDenied"),
        path if path.contains("microsoft.graph.room?") && !path.contains("$skip") => {
            ok(json!({"value": [room(1, json!(null)), room(2, json!(null))]}))
        }
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    assert!(rooms.iter().all(|room| room.unknown == [RoomField::TimeZone]), "{rooms:?}");
    assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
    assert!(summary.warnings[0].starts_with("The time zones of rooms could not be read"));
}
