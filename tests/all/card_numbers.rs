//! Card numbers in any attribute.

use std::collections::BTreeMap;

use end_to_end::{Scene, text};
use m365_emulator::{Config, Fault, Then};
use serde_json::{Map, Value, json};

/// Returns the card numbers of the tenant's users, by the path of the attribute.
fn in_truth(scene: &Scene, path: &[&str]) -> BTreeMap<String, String> {
    let number = |user: &Value| {
        let value = path.iter().fold(user, |value, name| &value[*name]);
        value.as_str().filter(|number| !number.is_empty()).map(str::to_owned)
    };
    let users = scene.expected_users().into_iter();
    users.filter_map(|(id, user)| Some((id, number(&user)?))).collect()
}

fn stored(scene: &Scene) -> BTreeMap<String, String> {
    let users = scene.synced_users().into_iter();
    let numbers = users.map(|(id, user)| (id, text(&user, "cardNumber")));
    numbers.filter(|(_, number)| !number.is_empty()).collect()
}

fn check(scene: &Scene) -> Value {
    let run = scene.host(&["validate"]).json();
    let checks = run["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["id"] == "card-number").expect("the check").clone()
}

fn set(scene: &Scene, user: &str, properties: Value) {
    let properties: Map<_, _> = properties.as_object().expect("an object").clone();
    scene.patch_user(user, properties).expect("a user");
}

#[test]
fn pager_is_found_under_any_name_and_in_every_way() {
    for seed in [1, 2] {
        let mut scene = Scene::with(Config { users: 120, rooms: 2, seed, ..Config::default() });
        scene.set("/users/cardNumber", json!("pager"));
        let pager = scene.truth().extensions[0].clone();
        assert!(pager.ends_with("_pager"), "{pager}");
        if seed == 2 {
            // With this permission, the look-up alone finds it.
            scene.grant("Directory.Read.All").expect("a permission");
        }
        scene.sync("rooms");
        scene.sync("users");
        let truth = in_truth(&scene, &[&pager]);
        assert!(!truth.is_empty());
        assert_eq!(stored(&scene), truth);
        let check = check(&scene);
        assert_eq!(check["outcome"], "passed", "{check}");
        assert!(check["summary"].as_str().is_some_and(|text| text.contains(&pager)), "{check}");
        // A second run does not look it up again.
        scene.clear_requests();
        scene.sync("users");
        assert_eq!(scene.requests().len(), 3);
    }
}

#[test]
fn card_numbers_are_read_from_any_attribute_unchanged() {
    let mut scene = Scene::new(150, 2);
    scene.sync("rooms");
    let user = scene.expected_users().into_keys().next().expect("a user");
    let number = " 00 42 ";
    let attributes = json!({"extensionAttribute7": number});
    set(&scene, &user, json!({"onPremisesExtensionAttributes": attributes}));
    set(&scene, &user, json!({"employeeId": number, "faxNumber": number}));
    for (setting, path) in [
        ("employeeId", &["employeeId"][..]),
        ("faxNumber", &["faxNumber"]),
        ("extensionAttribute7", &["onPremisesExtensionAttributes", "extensionAttribute7"]),
        ("officeLocation", &["officeLocation"]),
    ] {
        scene.set("/users/cardNumber", json!(setting));
        scene.sync("users");
        let stored = stored(&scene);
        assert_eq!(stored, in_truth(&scene, path), "{setting}");
        assert!(setting == "officeLocation" || stored[&user] == number, "{setting}");
    }
}

#[test]
fn numbers_that_no_user_has_or_that_two_users_share_are_warned_about() {
    let mut scene = Scene::new(40, 2);
    scene.set("/users/cardNumber", json!("postalCode"));
    let users: Vec<_> = scene.expected_users().into_keys().take(2).collect();
    let all: Vec<_> = scene.users().iter().map(|user| text(user, "id")).collect();
    for user in &all {
        set(&scene, user, json!({"postalCode": null}));
    }
    let empty = check(&scene);
    assert_eq!(empty["outcome"], "warned", "{empty}");
    for user in &users {
        set(&scene, user, json!({"postalCode": "007"}));
    }
    let shared = check(&scene);
    assert_eq!(shared["outcome"], "warned", "{shared}");
    assert!(!shared.to_string().contains("007"), "numbers open doors: {shared}");
    for user in &users {
        let name = text(&scene.user(user).expect("a user"), "userPrincipalName");
        assert!(shared.to_string().contains(&name), "{name}: {shared}");
    }
}

#[test]
fn case_034_where_pager_is_not_found_users_are_synced_without_card_numbers() {
    let mut scene = Scene::new(60, 2);
    scene.set("/users/cardNumber", json!("pager"));
    let pager = scene.truth().extensions[0].clone();
    // The users in the answer have none, and the permission to list extensions is not granted.
    let body = json!({"value": [{"id": "1", "displayName": "Service account"}]});
    let none = Then::Answer { status: 200, headers: BTreeMap::new(), body: Some(body) };
    scene.add_fault(Fault::once("/beta/users", none).times(None)).expect("a fault");
    scene.sync("rooms");
    let run = scene.sync("users");
    scene.assert_users_match();
    assert_eq!(stored(&scene), BTreeMap::new());
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("pager") && warnings.contains("Directory.Read.All"), "{warnings}");

    // With the permission it is found, and the next run brings the numbers.
    let user = scene.expected_users().into_keys().next().expect("a user");
    set(&scene, &user, json!({pager.as_str(): "0042"}));
    scene.grant("Directory.Read.All").expect("a permission");
    scene.sync("users");
    assert_eq!(stored(&scene), in_truth(&scene, &[&pager]));
}
