//! Building and floor of rooms, in tenants with and without buildings in Places.

use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, nothing, ok, refused, settings, sync_rooms};
use crate::model::{Address, Coordinates, Room, RoomField};

macro_rules! payload {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../tests/payloads/",
            $name,
            ".json"
        )))
        .expect("JSON")
    };
}

const BUILDING: &str = "e18a8e21-0494-4296-a5bc-f848dba2740d";
const FLOOR: &str = "c64205d0-1a2d-4cfe-9012-3f5d668d28ea";
const SECTION: &str = "3e7160bb-75da-4456-ab3c-5ee061f4611a";

/// Microsoft's samples of a building, a floor and a section, each inside the previous one.
fn spaces(kind: &str) -> Vec<Value> {
    let mut space = match kind {
        "building" => payload!("place-building-v1"),
        "floor" => payload!("place-floor-v1"),
        "section" => payload!("places-sections-beta")["value"][0].clone(),
        _ => panic!("{kind}"),
    };
    match kind {
        "floor" => space["parentId"] = json!(BUILDING),
        "section" => space["parentId"] = json!(FLOOR),
        _ => {}
    }
    vec![space]
}

fn room(number: u32, more: Value) -> Value {
    let mut room = json!({
        "placeId": format!("p{number}"),
        "emailAddress": format!("r{number}@contoso.com"),
        "building": "as it was typed",
        "floorLabel": "2",
    });
    for (field, value) in more.as_object().expect("an object") {
        room[field] = value.clone();
    }
    room
}

/// Returns a tenant with these rooms. `spaces` answers requests for one kind of place.
fn tenant(rooms: Vec<Value>, spaces: impl Fn(&str) -> Reply) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked: &Asked| {
        let kind = asked.path.split("microsoft.graph.").nth(1).and_then(|it| it.split('?').next());
        match kind {
            Some("room") => ok(json!({ "value": rooms })),
            Some("roomList") => ok(json!({"value": []})),
            Some(kind @ ("building" | "floor" | "section")) => spaces(kind),
            _ => nothing(),
        }
    })
}

fn reported(script: &Script<impl Fn(&Asked) -> Reply>) -> (Vec<Room>, Vec<String>) {
    let (batches, result) = sync_rooms(script, &settings(json!({})));
    let summary = result.expect("a good run");
    (batches.into_iter().flat_map(|batch| batch.rooms).collect(), summary.warnings)
}

fn place(room: &Room) -> [Option<&str>; 2] {
    [room.building.as_deref(), room.floor_label.as_deref()]
}

#[test]
fn a_room_has_the_building_and_floor_that_contain_it() {
    let rooms = vec![
        room(1, json!({"parentId": SECTION})),
        room(2, json!({"parentId": FLOOR.to_uppercase()})),
        room(3, json!({"parentId": BUILDING})),
        room(4, json!({"parentId": "00000000-0000-0000-0000-000000000000"})),
        room(5, json!({"parentId": null})),
    ];
    let script = tenant(rooms, |kind| ok(json!({ "value": spaces(kind) })));
    let (rooms, warnings) = reported(&script);
    let typed = [Some("as it was typed"), Some("2")];
    let places: Vec<_> = rooms.iter().map(place).collect();
    let complete = [Some("MRS"), Some("Floor X")];
    assert_eq!(places, [complete, complete, [Some("MRS"), Some("2")], typed, typed]);
    assert_eq!(warnings, Vec::<String>::new());
    let asked = |kind: &str| script.paths().iter().filter(|path| path.contains(kind)).count();
    for kind in ["graph.building?", "graph.floor?", "graph.section?"] {
        assert_eq!(asked(kind), 1, "{kind}: once for all rooms");
    }
}

#[test]
fn address_and_position_come_from_the_room_or_else_from_its_building() {
    let address = json!({"street": "Main Street", "city": "Buffalo"});
    let own = json!({"parentId": FLOOR, "address": {"city": "Seattle"},
        "geoCoordinates": {"latitude": 47.0, "longitude": -122.0}});
    let rooms = vec![room(1, own), room(2, json!({"parentId": FLOOR}))];
    let (rooms, _) = reported(&tenant(rooms, move |kind| {
        let mut spaces = spaces(kind);
        if kind == "building" {
            spaces[0]["address"] = address.clone();
        }
        ok(json!({ "value": spaces }))
    }));
    let city = |room: &Room| room.address.as_ref().and_then(|it| it.city.clone());
    assert_eq!(city(&rooms[0]).as_deref(), Some("Seattle"));
    assert_eq!(rooms[0].position, Some(Coordinates { latitude: 47.0, longitude: -122.0 }));
    let text = |it: &str| Some(it.to_owned());
    let inherited =
        Address { street: text("Main Street"), city: text("Buffalo"), ..Address::default() };
    assert_eq!(rooms[1].address, Some(inherited));
    // The floor's own, 0 and 0, was never entered.
    let building = Coordinates { latitude: 31.251_326_3, longitude: 121.391_229_1 };
    assert_eq!(rooms[1].position, Some(building));
}

#[test]
fn no_building_is_asked_for_where_no_room_is_in_one() {
    let script = tenant(vec![room(1, json!({}))], |kind| panic!("{kind}"));
    let (rooms, warnings) = reported(&script);
    assert_eq!(place(&rooms[0]), [Some("as it was typed"), Some("2")]);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn a_loop_of_parents_ends() {
    let floor =
        |id: &str, parent: &str| json!({"placeId": id, "displayName": id, "parentId": parent});
    let rooms = vec![room(1, json!({"parentId": "a"})), room(2, json!({"parentId": "c"}))];
    let (rooms, _) = reported(&tenant(rooms, move |kind| match kind {
        "floor" => ok(json!({"value": [floor("a", "b"), floor("b", "a"), floor("c", "c")]})),
        _ => ok(json!({"value": []})),
    }));
    assert_eq!(place(&rooms[0]), [Some("as it was typed"), Some("a")]);
    assert_eq!(place(&rooms[1]), [Some("as it was typed"), Some("c")]);
}

#[test]
fn a_cloud_without_buildings_reports_rooms_unchanged() {
    let answers = [
        (400, "BadRequest"),
        (403, "Authorization_RequestDenied"),
        (404, "ResourceNotFound"),
        (500, "UnknownError"),
        (501, "NotImplemented"),
    ];
    for (status, code) in answers {
        let rooms = vec![room(1, json!({"parentId": FLOOR})), room(2, json!({"parentId": FLOOR}))];
        let (rooms, warnings) = reported(&tenant(rooms, |_| refused(status, code)));
        assert_eq!(rooms.len(), 2, "{status}");
        assert_eq!(place(&rooms[0]), [Some("as it was typed"), Some("2")], "{status}");
        assert_eq!(warnings.len(), 1, "{status}: {warnings:?}");
        let words = "The buildings, floors and sections could not be read";
        assert!(warnings[0].starts_with(words), "{warnings:?}");
        let passes = status == 500;
        let held =
            [RoomField::Building, RoomField::FloorLabel, RoomField::Address, RoomField::Position];
        let expected = if passes { &held[..] } else { &[] };
        assert_eq!(rooms[0].unknown, expected, "{status}");
    }
}

#[test]
fn case_048_a_building_that_cannot_be_read_is_unknown() {
    let rooms = || {
        let own = json!({"parentId": FLOOR, "address": {"city": "Seattle"}});
        vec![room(1, json!({"parentId": FLOOR})), room(2, own), room(3, json!({}))]
    };
    let (reported, warnings) = reported(&tenant(rooms(), |kind| match kind {
        "building" => refused(500, "UnknownError"),
        kind => ok(json!({ "value": spaces(kind) })),
    }));
    assert_eq!(place(&reported[0])[1], Some("Floor X"), "floors are read all the same");
    let unknown = [RoomField::Building, RoomField::Address, RoomField::Position];
    assert_eq!(reported[0].unknown, unknown);
    assert_eq!(
        reported[1].unknown,
        [RoomField::Building, RoomField::Position],
        "it has an address of its own"
    );
    assert_eq!(reported[2].unknown, [], "no place contains it");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("keep what was read"), "{warnings:?}");
}

#[test]
fn floors_are_read_where_sections_cannot_be() {
    let rooms = vec![room(1, json!({"parentId": FLOOR})), room(2, json!({"parentId": SECTION}))];
    let (rooms, warnings) = reported(&tenant(rooms, |kind| match kind {
        "section" => refused(404, "ResourceNotFound"),
        kind => ok(json!({ "value": spaces(kind) })),
    }));
    assert_eq!(place(&rooms[0]), [Some("MRS"), Some("Floor X")]);
    assert_eq!(place(&rooms[1]), [Some("as it was typed"), Some("2")]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("The sections could not be read"), "{warnings:?}");
}
