//! Rooms, from the tenant into ONES.

use end_to_end::{Scene, text};
use m365_emulator::Config;
use serde_json::json;

#[test]
fn every_room_of_the_tenant_comes_to_ones() {
    for places_next_link in [true, false] {
        let scene = Scene::with(Config { rooms: 250, places_next_link, ..Config::default() });
        assert_eq!(scene.counts("rooms"), [250, 0, 0, 0], "next links: {places_next_link}");
        let kept = scene.rooms_kept();
        for room in scene.rooms() {
            let ours = &kept[&text(&room, "placeId")];
            assert_eq!(text(ours, "email"), text(&room, "emailAddress"));
            assert_eq!(text(ours, "name"), text(&room, "displayName"));
            assert_eq!(ours["capacity"].as_u64(), room["capacity"].as_u64(), "{room}");
            assert_eq!(text(ours, "building"), text(&room, "building"));
        }
        assert!(kept.values().any(|it| it["lists"].as_array().is_some_and(|it| !it.is_empty())));
        assert_eq!(scene.counts("rooms"), [0, 0, 0, 0], "nothing changed");
    }
}

#[test]
fn changed_and_removed_rooms_follow() {
    let scene = Scene::of(5, 30);
    scene.sync("rooms");
    let rooms = scene.rooms();
    let id = |index: usize| text(&rooms[index], "id");
    let renamed = json!({"displayName": "Blue Whale"}).as_object().expect("an object").clone();
    scene.patch_room(&id(0), renamed).expect("a room");
    scene.remove_room(&id(1)).expect("a room");
    assert_eq!(scene.counts("rooms"), [0, 1, 1, 0]);
    let kept = scene.rooms_kept();
    assert_eq!(kept.len(), 29);
    assert!(kept.values().any(|it| it["name"] == "Blue Whale"));
    assert_eq!(scene.host(&["rooms", "--all"]).lines().len(), 30, "the removed one is remembered");
}

#[test]
fn chosen_rooms_come_alone() {
    let mut scene = Scene::of(5, 30);
    let rooms = scene.rooms();
    let chosen =
        json!([text(&rooms[3], "placeId"), text(&rooms[7], "emailAddress"), "nowhere@contoso.com"]);
    scene.set("/rooms", json!({ "select": chosen }));
    let run = scene.sync("rooms");
    assert_eq!(run["added"], 2);
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("nowhere@contoso.com"), "{warnings}");
}

#[test]
fn a_tenant_that_shows_no_rooms_removes_none() {
    let scene = Scene::of(5, 6);
    scene.sync("rooms");
    for room in scene.rooms() {
        scene.remove_room(&text(&room, "id")).expect("a room");
    }
    let run = scene.host(&["sync", "rooms"]).ends_with(3).json();
    assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(6)), "{run}");
    assert!(run["summary"]["warnings"].to_string().contains("no rooms"), "{run}");
    assert_eq!(scene.rooms_kept().len(), 6);
    // A person's word counts.
    scene.host(&["removals", "approve"]).ends_with(0);
    assert_eq!(scene.rooms_kept().len(), 0);
}

#[test]
fn without_the_permission_nothing_changes() {
    let scene = Scene::of(5, 6);
    scene.sync("rooms");
    scene.revoke("Place.Read.All").expect("it was granted");
    let run = scene.host(&["sync", "rooms"]).ends_with(1);
    assert!(
        run.stderr.contains("Place.Read.All") && run.stderr.contains("admin consent"),
        "{run:#?}"
    );
    assert_eq!(scene.rooms_kept().len(), 6);
}
