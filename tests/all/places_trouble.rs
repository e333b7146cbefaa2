//! Places that does not answer, or answers incompletely: stored rooms do not change.

use end_to_end::{Scene, text};
use m365_emulator::{Config, Fault, Then};
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Lets these paths answer 500 for longer than a run waits.
fn fails(scene: &Scene, path: &str) {
    let fails = Then::Fail { status: 500, retry_after: Some("600".to_owned()) };
    scene.set_faults(vec![Fault::once(path, fails).times(None)]).expect("a fault");
}

#[test]
fn case_024_rooms_that_a_listing_lacks_are_asked_for_by_id_and_stay() {
    let scene = Scene::new(5, 130);
    assert_eq!(scene.counts("rooms"), [130, 0, 0, 0]);
    let rooms = scene.rooms();
    let lacking = [&rooms[3], &rooms[60], &rooms[129]].map(|room| text(room, "id"));
    scene.update_settings(|settings| settings.unlisted = lacking.to_vec());
    scene.clear_requests();
    assert_eq!(scene.counts("rooms"), [0, 0, 0, 0]);
    assert_eq!(scene.synced_rooms().len(), 130);
    let by_id = scene.requests().into_iter().filter(|request| request.inner).count();
    assert_eq!(by_id, 3, "each of the missing ones was asked for by id");
    // One of them is really gone.
    scene.remove_room(&lacking[0]).expect("a room");
    assert_eq!(scene.counts("rooms"), [0, 0, 1, 0]);
    scene.update_settings(|settings| settings.unlisted.clear());
    assert_eq!(scene.counts("rooms"), [0, 0, 0, 0]);
    assert_eq!(scene.synced_rooms().len(), 129);
}

#[test]
fn case_046_while_places_does_not_answer_the_account_of_a_room_does_not_become_a_user() {
    let mut scene = Scene::new(40, 6);
    let rooms = scene.rooms();
    let (chosen, other) = (text(&rooms[0], "emailAddress"), text(&rooms[5], "emailAddress"));
    scene.set("/rooms", json!({"select": [chosen]}));
    let account = text(&scene.user(&other).expect("its account"), "id");
    let change = |changes: Value| scene.patch_user(&account, properties(changes)).expect("a user");
    change(json!({"accountEnabled": true}));
    scene.sync("rooms");
    scene.sync("users");
    assert!(!scene.synced_users().contains_key(&account));

    fails(&scene, "/places/");
    change(json!({"jobTitle": "Changed"}));
    let ann = scene.expected_users().into_keys().next().expect("a user");
    scene.patch_user(&ann, properties(json!({"jobTitle": "Captain"}))).expect("a user");
    scene.sync("users");
    assert!(!scene.synced_users().contains_key(&account), "while Places does not answer");
    assert_eq!(text(&scene.synced_users()[&ann], "jobTitle"), "Captain", "known users are updated");

    scene.set_faults(Vec::new()).expect("no faults");
    for _ in 0..2 {
        scene.sync("users");
        scene.assert_users_match();
    }
}

#[test]
fn case_046_a_new_user_comes_once_places_answers_again() {
    let scene = Scene::new(20, 3);
    scene.sync("rooms");
    scene.sync("users");
    fails(&scene, "/places/");
    let user = json!({"displayName": "Nora", "userPrincipalName": "nora@contoso.com",
        "mail": "nora@contoso.com"});
    let nora = scene.create_user(properties(user)).expect("a user");
    scene.sync("users");
    scene.set_faults(Vec::new()).expect("no faults");
    scene.sync("users");
    assert!(scene.synced_users().contains_key(&nora));
    scene.assert_users_match();
}

#[test]
fn case_048_a_list_or_a_building_that_cannot_be_read_stays_as_it_was() {
    let scene = Scene::with(Config { users: 5, rooms: 40, ..Config::default() });
    scene.sync("rooms");
    let before = scene.synced_rooms();
    let has = |what: &str| {
        before.values().any(|room| !matches!(&room[what], Value::Null | Value::Array(_)))
            || before
                .values()
                .any(|room| room[what].as_array().is_some_and(|list| !list.is_empty()))
    };
    assert!(has("building") && has("lists"));
    let list = text(&scene.room_lists()[0], "emailAddress");
    for path in [
        format!("/places/{list}/microsoft.graph.roomList/rooms"),
        "/places/microsoft.graph.roomList".to_owned(),
        "/places/microsoft.graph.building".to_owned(),
        "/places/microsoft.graph.floor".to_owned(),
    ] {
        fails(&scene, &path);
        let run = scene.sync("rooms");
        assert_eq!(scene.synced_rooms(), before, "{path}");
        let warnings = run["summary"]["warnings"].as_array().map(Vec::len).unwrap_or_default();
        assert!(warnings > 0, "{path}: {run}");
    }
    // What can be read is the newer word.
    scene.set_faults(Vec::new()).expect("no faults");
    let none = properties(json!({"rooms": []}));
    scene.patch_room_list(&list, none).expect("a list");
    let [added, updated, removed, held] = scene.counts("rooms");
    assert_eq!([added, removed, held], [0; 3]);
    assert!(updated > 0, "its rooms are in the list no more");
}
