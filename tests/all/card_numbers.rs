//! Card numbers, wherever a company keeps them.

use std::collections::BTreeMap;

use end_to_end::{Scene, text};
use m365_emulator::{Config, Fault, Then};
use serde_json::{Map, Value, json};

/// The tenant's people and their card numbers, by where they are kept.
fn in_truth(scene: &Scene, path: &[&str]) -> BTreeMap<String, String> {
    let number = |person: &Value| {
        let value = path.iter().fold(person, |it, name| &it[*name]);
        value.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
    };
    let people = scene.expected_users().into_iter();
    people.filter_map(|(id, person)| Some((id, number(&person)?))).collect()
}

fn kept(scene: &Scene) -> BTreeMap<String, String> {
    let people = scene.synced_users().into_iter();
    let numbers = people.map(|(id, person)| (id, text(&person, "cardNumber")));
    numbers.filter(|(_, number)| !number.is_empty()).collect()
}

fn check(scene: &Scene) -> Value {
    let run = scene.host(&["validate"]).json();
    let checks = run["checks"].as_array().expect("checks");
    checks.iter().find(|it| it["id"] == "card-number").expect("the check").clone()
}

fn set(scene: &Scene, person: &str, properties: Value) {
    let properties: Map<_, _> = properties.as_object().expect("an object").clone();
    scene.patch_user(person, properties).expect("a person");
}

#[test]
fn pager_is_found_whatever_the_tenant_calls_it_and_however_it_can_be_found() {
    for seed in [1, 2] {
        let mut scene = Scene::with(Config { users: 120, rooms: 2, seed, ..Config::default() });
        scene.set("/users/cardNumber", json!("pager"));
        let pager = scene.truth().extensions[0].clone();
        assert!(pager.ends_with("_pager"), "{pager}");
        if seed == 2 {
            // The look-up by itself is then enough.
            scene.grant("Directory.Read.All").expect("a permission");
        }
        scene.sync("rooms");
        scene.sync("users");
        let truth = in_truth(&scene, &[&pager]);
        assert!(!truth.is_empty());
        assert_eq!(kept(&scene), truth);
        let check = check(&scene);
        assert_eq!(check["outcome"], "passed", "{check}");
        assert!(check["summary"].as_str().is_some_and(|it| it.contains(&pager)), "{check}");
        // What was found once is not looked up again.
        scene.clear_requests();
        scene.sync("users");
        assert_eq!(scene.requests().len(), 3);
    }
}

#[test]
fn any_attribute_can_hold_it_to_the_letter() {
    let mut scene = Scene::new(150, 2);
    scene.sync("rooms");
    let person = scene.expected_users().into_keys().next().expect("somebody");
    let number = " 00 42 ";
    let attributes = json!({"extensionAttribute7": number});
    set(&scene, &person, json!({"onPremisesExtensionAttributes": attributes}));
    set(&scene, &person, json!({"employeeId": number, "faxNumber": number}));
    for (setting, path) in [
        ("employeeId", &["employeeId"][..]),
        ("faxNumber", &["faxNumber"]),
        ("extensionAttribute7", &["onPremisesExtensionAttributes", "extensionAttribute7"]),
        ("officeLocation", &["officeLocation"]),
    ] {
        scene.set("/users/cardNumber", json!(setting));
        scene.sync("users");
        let kept = kept(&scene);
        assert_eq!(kept, in_truth(&scene, path), "{setting}");
        assert!(setting == "officeLocation" || kept[&person] == number, "{setting}");
    }
}

#[test]
fn numbers_that_nobody_has_or_that_two_share_are_warned_about() {
    let mut scene = Scene::new(40, 2);
    scene.set("/users/cardNumber", json!("postalCode"));
    let people: Vec<_> = scene.expected_users().into_keys().take(2).collect();
    let all: Vec<_> = scene.users().iter().map(|it| text(it, "id")).collect();
    for person in &all {
        set(&scene, person, json!({"postalCode": null}));
    }
    let empty = check(&scene);
    assert_eq!(empty["outcome"], "warned", "{empty}");
    for person in &people {
        set(&scene, person, json!({"postalCode": "007"}));
    }
    let shared = check(&scene);
    assert_eq!(shared["outcome"], "warned", "{shared}");
    assert!(!shared.to_string().contains("007"), "numbers open doors: {shared}");
    for person in &people {
        let name = text(&scene.user(person).expect("a person"), "userPrincipalName");
        assert!(shared.to_string().contains(&name), "{name}: {shared}");
    }
}

#[test]
fn case_034_users_come_without_a_card_number_where_pager_cannot_be_found() {
    let mut scene = Scene::new(60, 2);
    scene.set("/users/cardNumber", json!("pager"));
    let pager = scene.truth().extensions[0].clone();
    // Those that are looked at have none, and the permission to list extensions is not granted.
    let body = json!({"value": [{"id": "1", "displayName": "Service account"}]});
    let none = Then::Answer { status: 200, headers: BTreeMap::new(), body: Some(body) };
    scene.add_fault(Fault::once("/beta/users", none).times(None)).expect("a fault");
    scene.sync("rooms");
    let run = scene.sync("users");
    scene.assert_users_match();
    assert_eq!(kept(&scene), BTreeMap::new());
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("pager") && warnings.contains("Directory.Read.All"), "{warnings}");

    // With the permission it is found, and the next run brings the numbers.
    let person = scene.expected_users().into_keys().next().expect("somebody");
    set(&scene, &person, json!({pager.as_str(): "0042"}));
    scene.grant("Directory.Read.All").expect("a permission");
    scene.sync("users");
    assert_eq!(kept(&scene), in_truth(&scene, &[&pager]));
}
