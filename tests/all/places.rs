//! Rooms that are added, changed and removed.

use end_to_end::{Scene, text};
use m365_emulator::{Config, SpaceKind};
use serde_json::{Value, json};

/// Returns the name of the building that contains a room.
fn building_of(scene: &Scene, room: &Value) -> Option<String> {
    let kinds = [SpaceKind::Section, SpaceKind::Floor, SpaceKind::Building];
    let spaces: Vec<_> = kinds.into_iter().flat_map(|kind| scene.spaces(kind)).collect();
    let mut parent = text(room, "parentId");
    loop {
        let space = spaces.iter().find(|space| text(space, "placeId") == parent)?;
        match text(space, "parentId") {
            none if none.is_empty() => return Some(text(space, "displayName")),
            next => parent = next,
        }
    }
}

#[test]
fn every_room_of_the_tenant_is_synced() {
    for places_next_link in [true, false] {
        let scene = Scene::with(Config { rooms: 250, places_next_link, ..Config::default() });
        assert_eq!(scene.counts("rooms"), [250, 0, 0, 0], "next links: {places_next_link}");
        let stored = scene.synced_rooms();
        for room in scene.rooms() {
            let ours = &stored[&text(&room, "placeId")];
            assert_eq!(text(ours, "email"), text(&room, "emailAddress"));
            assert_eq!(text(ours, "name"), text(&room, "displayName"));
            assert_eq!(ours["capacity"].as_u64(), room["capacity"].as_u64(), "{room}");
            let building = building_of(&scene, &room).unwrap_or_else(|| text(&room, "building"));
            assert_eq!(text(ours, "building"), building);
        }
        let is_listed =
            |room: &Value| room["lists"].as_array().is_some_and(|lists| !lists.is_empty());
        assert!(stored.values().any(is_listed));
        assert_eq!(scene.counts("rooms"), [0, 0, 0, 0], "nothing changed");
    }
}

#[test]
fn changed_and_removed_rooms_are_synced() {
    let scene = Scene::new(5, 30);
    scene.sync("rooms");
    let rooms = scene.rooms();
    let id = |index: usize| text(&rooms[index], "id");
    let renamed = json!({"displayName": "Blue Whale"}).as_object().expect("an object").clone();
    scene.patch_room(&id(0), renamed).expect("a room");
    scene.remove_room(&id(1)).expect("a room");
    assert_eq!(scene.counts("rooms"), [0, 1, 1, 0]);
    let stored = scene.synced_rooms();
    assert_eq!(stored.len(), 29);
    assert!(stored.values().any(|room| room["name"] == "Blue Whale"));
    assert_eq!(scene.host(&["rooms", "--all"]).lines().len(), 30, "the removed one is remembered");
}

#[test]
fn only_chosen_rooms_are_synced() {
    let mut scene = Scene::new(5, 30);
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
fn a_tenant_that_lists_no_rooms_removes_none() {
    let scene = Scene::new(5, 6);
    scene.sync("rooms");
    for room in scene.rooms() {
        scene.remove_room(&text(&room, "id")).expect("a room");
    }
    let run = scene.host(&["sync", "rooms"]).ends_with(3).json();
    assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(6)), "{run}");
    assert!(run["summary"]["warnings"].to_string().contains("no rooms"), "{run}");
    assert_eq!(scene.synced_rooms().len(), 6);
    // An administrator can approve them.
    scene.host(&["removals", "approve"]).ends_with(0);
    assert_eq!(scene.synced_rooms().len(), 0);
}

#[test]
fn without_the_permission_nothing_changes() {
    let scene = Scene::new(5, 6);
    scene.sync("rooms");
    scene.revoke("Place.Read.All").expect("it was granted");
    let run = scene.host(&["sync", "rooms"]).ends_with(1);
    assert!(
        run.stderr.contains("Place.Read.All") && run.stderr.contains("admin consent"),
        "{run:#?}"
    );
    assert_eq!(scene.synced_rooms().len(), 6);
}

#[test]
fn a_renamed_building_renames_it_for_its_rooms() {
    let scene = Scene::new(5, 12);
    scene.sync("rooms");
    let building = scene.spaces(SpaceKind::Building)[0].clone();
    let renamed = json!({"displayName": "Headquarters"}).as_object().expect("an object").clone();
    scene.patch_space(SpaceKind::Building, &text(&building, "id"), renamed).expect("a building");
    scene.sync("rooms");
    let stored = scene.synced_rooms();
    let inside: Vec<_> = scene
        .rooms()
        .into_iter()
        .filter(|it| building_of(&scene, it).is_some_and(|it| it == "Headquarters"))
        .map(|room| text(&room, "placeId"))
        .collect();
    assert!(!inside.is_empty());
    assert!(inside.iter().all(|id| stored[id]["building"] == "Headquarters"));
}

#[test]
fn the_booking_policy_is_a_script_for_the_rooms_that_ones_offers() {
    let mut scene = Scene::new(5, 4);
    let rooms = scene.rooms();
    let chosen: Vec<_> = rooms[..2].iter().map(|it| text(it, "placeId")).collect();
    scene.set("/rooms", json!({ "select": chosen }));
    scene.sync("rooms");
    let policy =
        ["rooms", "policy", "--window-days", "90", "--longest-hours", "4", "--hide-subject"];
    let script = scene.host(&policy).ends_with(0).json();
    assert_eq!(
        (&script["fileName"], &script["rooms"]),
        (&json!("ones-room-policy.ps1"), &json!(2))
    );
    let text_of = script["text"].as_str().expect("a text");
    for (index, room) in rooms.iter().enumerate() {
        let address = format!("'{}'", text(room, "emailAddress"));
        assert_eq!(text_of.contains(&address), index < 2, "{address}");
    }
    for words in ["Connect-ExchangeOnline", "Set-CalendarProcessing", "90", "240"] {
        assert!(text_of.contains(words), "{words} in {text_of}");
    }
    assert!(!text_of.contains("RemovePrivateProperty"), "{text_of}");
    let keeping = text(&scene.host(&["rooms", "policy"]).ends_with(0).json(), "text");
    assert!(keeping.contains("DeleteSubject            = $false"), "{keeping}");
    assert!(keeping.contains("RemovePrivateProperty    = $false"), "{keeping}");
    let too_far = scene.host(&["rooms", "policy", "--window-days", "2000"]);
    assert_ne!(too_far.code, 0);
    assert!(too_far.stderr.contains("1080") || too_far.stderr.contains("1,080"), "{too_far:?}");
}
