//! Every cloud of Microsoft, and tenants without Places or room lists.

use end_to_end::{Scene, text};
use m365_emulator::{Cloud, Config};
use serde_json::{Value, json};

fn check(scene: &Scene, id: &str) -> Value {
    let run = scene.host(&["validate"]).json();
    let checks = run["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["id"] == id).expect("the check").clone()
}

#[test]
fn a_tenant_of_each_cloud_is_synced() {
    for cloud in Cloud::ALL {
        let scene = Scene::with(Config { users: 30, rooms: 6, cloud, ..Config::default() });
        scene.host(&["validate"]).ends_with(0);
        assert_eq!(scene.counts("rooms"), [6, 0, 0, 0], "{cloud}");
        scene.sync("users");
        scene.assert_users_match();
        scene.assert_groups_match();
        let stored = scene.synced_rooms();
        for room in scene.rooms() {
            // China has no lasting id of rooms.
            let id = if cloud == Cloud::China21Vianet { "emailAddress" } else { "placeId" };
            assert!(stored.contains_key(&text(&room, id)), "{cloud}: {room}");
        }
    }
}

#[test]
fn chosen_rooms_without_lasting_ids_are_warned_about() {
    let config = Config { users: 5, rooms: 6, cloud: Cloud::China21Vianet, ..Config::default() };
    let mut scene = Scene::with(config);
    let rooms = scene.rooms();
    scene.set("/rooms", json!({"select": [text(&rooms[0], "emailAddress")]}));
    let run = scene.sync("rooms");
    assert_eq!(run["added"], 1);
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("identifies rooms by their address"), "{warnings}");
    // In another cloud the choice outlasts the address.
    let mut scene = Scene::new(5, 6);
    let room = scene.rooms()[0].clone();
    scene.set("/rooms", json!({"select": [text(&room, "placeId")]}));
    scene.sync("rooms");
    let moved = json!({"emailAddress": "moved@contoso.com", "displayName": "Moved"});
    let moved = moved.as_object().expect("an object").clone();
    scene.patch_room(&text(&room, "id"), moved).expect("a room");
    assert_eq!(scene.counts("rooms"), [0, 1, 0, 0]);
    assert_eq!(scene.synced_rooms()[&text(&room, "placeId")]["email"], "moved@contoso.com");
}

#[test]
fn without_places_a_warning_says_so_and_users_are_synced() {
    let scene = Scene::with(Config { users: 25, rooms: 3, places: false, ..Config::default() });
    let places = check(&scene, "permission/Place.Read.All");
    assert_eq!(places["outcome"], "warned", "{places}");
    assert_eq!(check(&scene, "rooms")["outcome"], "skipped");
    let run = scene.sync("users");
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("Rooms could not be read"), "{warnings}");
    assert!(!scene.synced_users().is_empty());
    // No rooms is never what a run without an answer says.
    let run = scene.host(&["sync", "rooms"]).ends_with(1).json();
    assert!(run["error"].is_object(), "{run}");
}

#[test]
fn a_tenant_without_room_lists_has_rooms_without() {
    let scene = Scene::with(Config { users: 5, rooms: 4, room_lists: false, ..Config::default() });
    let run = scene.sync("rooms");
    assert_eq!(run["added"], 4);
    assert!(scene.synced_rooms().values().all(|room| room["lists"] == json!([])));
}
