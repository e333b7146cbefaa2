//! Input that Microsoft's schema does not allow, and pages of any legal size.

use end_to_end::{Scene, text};
use m365_emulator::{Config, Edit, Fault, Override, Then};
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Sends a member of a user, group or place in this form.
fn sends(scene: &Scene, written: Override, name: &str, json: &str) {
    scene.add_override(written.set(name, json).expect("JSON"));
}

#[test]
fn a_null_among_addresses_and_half_a_character_in_a_name_make_no_user_unreadable() {
    let scene = Scene::new(40, 3);
    let users: Vec<_> = scene.expected_users().into_keys().collect();
    let null = r#"["SMTP:ann@contoso.com", null]"#;
    sends(&scene, Override::for_id(&users[0]), "proxyAddresses", null);
    sends(&scene, Override::for_id(&users[1]), "displayName", r#""Ann \ud83d""#);
    let run = scene.sync("users");
    assert_eq!(run["unreadable"], json!([]), "{run}");
    let stored = scene.synced_users();
    assert_eq!(stored.keys().cloned().collect::<Vec<_>>(), users);
    assert!(text(&stored[&users[1]], "displayName").starts_with("Ann"));
}

#[test]
fn a_count_of_another_type_does_not_prevent_reading_a_page() {
    for count in [json!("12"), json!(6.0), json!(-1), json!(null)] {
        let scene = Scene::with(Config { rooms: 130, ..Config::default() });
        let edit = Edit { pointer: "/@odata.count".to_owned(), value: Some(count.clone()) };
        let rooms = Fault::once("/microsoft.graph.room", Then::Rewrite(vec![edit]));
        scene.add_fault(rooms.times(None)).expect("a fault");
        assert_eq!(scene.counts("rooms"), [130, 0, 0, 0], "{count}");
    }
}

#[test]
fn ids_in_upper_case_in_one_place_and_in_lower_case_in_another_are_the_same() {
    let scene = Scene::new(40, 3);
    let users: Vec<_> = scene.expected_users().into_keys().take(3).collect();
    let crew = json!({"displayName": "Crew", "members": users});
    scene.create_group(properties(crew)).expect("a group");
    for user in &users {
        let upper = json!(user.to_uppercase()).to_string();
        sends(&scene, Override::for_id(user).on("/groups/delta"), "id", &upper);
        sends(&scene, Override::for_id(user).on("/users/delta"), "id", &upper);
    }
    scene.sync("users");
    scene.assert_groups_match();
    scene.patch_user(&users[0], properties(json!({"jobTitle": "Captain"}))).expect("a user");
    scene.delete_user(&users[1]).expect("a user");
    assert_eq!(scene.sync("users")["removed"], json!(1));
    scene.assert_users_match();
    scene.assert_groups_match();
}

#[test]
fn a_space_behind_an_address_does_not_turn_the_account_of_a_room_into_a_user() {
    let scene = Scene::new(20, 3);
    let address = text(&scene.rooms()[0], "emailAddress");
    scene.patch_user(&address, properties(json!({"accountEnabled": true}))).expect("its account");
    let account = text(&scene.user(&address).expect("its account"), "id");
    let spaced = json!(format!("{address} ")).to_string();
    sends(&scene, Override::for_id(&account), "mail", &spaced);
    sends(&scene, Override::for_id(&account), "proxyAddresses", "[]");
    sends(
        &scene,
        Override::for_id(&account),
        "userPrincipalName",
        r#""room@contoso.onmicrosoft.com""#,
    );
    scene.sync("users");
    scene.assert_users_match();
}

#[test]
fn a_guest_without_a_type_is_a_guest_by_name() {
    let scene = Scene::new(20, 2);
    let guest = json!({"displayName": "Gus", "userType": "Guest", "mail": "gus@fabrikam.com",
        "userPrincipalName": "gus_fabrikam.com#ext#@contoso.onmicrosoft.com"});
    let guest = scene.create_user(properties(guest)).expect("a user");
    sends(&scene, Override::for_id(&guest), "userType", "\"\"");
    scene.sync("users");
    assert!(!scene.synced_users().contains_key(&guest));
    scene.assert_users_match();
}

/// Gives each user of a page this number of addresses.
fn addresses(scene: &Scene, count: usize) {
    let address = |number| format!("smtp:{number:03}{}@contoso.com", "a".repeat(50));
    let addresses: Vec<_> = (0..count).map(address).collect();
    let addresses = json!(addresses).to_string();
    sends(scene, Override::for_all().on("/v1.0/users"), "proxyAddresses", &addresses);
}

#[track_caller]
fn assert_all_users_are_synced(scene: &Scene) {
    assert!(scene.synced_users().keys().eq(scene.expected_users().keys()));
}

#[test]
fn a_page_of_more_than_8_mib_is_read() {
    let scene = Scene::new(1200, 1);
    addresses(&scene, 130);
    scene.sync("users");
    assert_all_users_are_synced(&scene);
}

#[test]
fn a_page_that_is_too_large_for_an_answer_is_asked_for_again_in_smaller_pages() {
    let scene = Scene::new(1200, 1);
    // 20 MB in a page of 999 users.
    addresses(&scene, 300);
    scene.sync("users");
    assert_all_users_are_synced(&scene);
    let half = ("$top".to_owned(), "499".to_owned());
    assert!(scene.requests().iter().any(|request| request.query.contains(&half)));
}
