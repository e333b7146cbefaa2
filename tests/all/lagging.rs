//! Answers that are behind, and parts of a batch that fail: no user or group is lost by them.

use end_to_end::{Scene, text};
use m365_emulator::{Fault, Lag, Read, Then};
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A new user with few properties, so that delta reports few and the others are read by id.
fn new_user(scene: &Scene, name: &str) -> String {
    let address = format!("{name}@contoso.com");
    let user = json!({"displayName": name, "userPrincipalName": address, "jobTitle": "Mate"});
    scene.create_user(properties(user)).expect("a user")
}

fn change(scene: &Scene, user: &str, changes: Value) {
    scene.patch_user(user, properties(changes)).expect("a user");
}

/// Reads by id of one user or group answer 404, as an old replica does.
fn not_found(scene: &Scene, path: String) {
    let fault = Fault::once(&path, Then::fail(404)).times(None).inside_batch();
    scene.add_fault(fault).expect("a fault");
}

/// The number of users and groups that the next runs read first.
fn owed(run: &Value) -> u64 {
    run["summary"]["owed"]["count"].as_u64().unwrap_or_default()
}

fn recovered(scene: &Scene) {
    scene.set_faults(Vec::new()).expect("no faults");
    scene.clear_lags();
}

#[test]
fn case_040_a_user_whom_a_lagging_replica_does_not_find_stays_and_a_new_one_comes_later() {
    let scene = Scene::new(40, 2);
    let ann = new_user(&scene, "ann");
    scene.sync("users");
    scene.lag(Lag::default());
    not_found(&scene, format!("/users/{ann}"));
    change(&scene, &ann, json!({"jobTitle": "Captain"}));
    let nora = new_user(&scene, "nora");
    for _ in 0..3 {
        let run = scene.sync("users");
        assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(0)), "{run}");
        assert_eq!(owed(&run), 2, "{run}");
        let stored = scene.synced_users();
        assert!(stored.contains_key(&ann) && !stored.contains_key(&nora));
    }
    recovered(&scene);
    let run = scene.sync("users");
    assert_eq!((owed(&run), &run["mode"]), (0, &json!("incremental")), "{run}");
    scene.assert_users_match();
}

#[test]
fn case_040_a_removal_that_delta_reports_counts_despite_old_replicas() {
    let scene = Scene::new(40, 2);
    let ann = new_user(&scene, "ann");
    scene.sync("users");
    scene.lag(Lag::default());
    scene.delete_user(&ann).expect("a user");
    assert_eq!(scene.sync("users")["removed"], json!(1));
    scene.assert_users_match();
}

#[test]
fn case_041_a_group_that_a_lagging_replica_does_not_find_keeps_its_members() {
    let scene = Scene::new(40, 2);
    let ann = new_user(&scene, "ann");
    let group = |name: &str| json!({"displayName": name, "members": [ann]});
    let crew = scene.create_group(properties(group("Crew"))).expect("a group");
    scene.sync("users");
    scene.lag(Lag::on(&[Read::Group]));
    not_found(&scene, format!("/groups/{crew}"));
    let renamed = properties(json!({"displayName": "Whole crew"}));
    scene.patch_group(&crew, &renamed).expect("a group");
    let new = scene.create_group(properties(group("New"))).expect("a group");
    for _ in 0..2 {
        let run = scene.sync("users");
        assert_eq!(run["groups"]["removed"], json!(0), "{run}");
        let stored = scene.synced_groups();
        assert_eq!(stored[&crew]["members"], json!(1), "{stored:?}");
        assert!(!stored.contains_key(&new));
    }
    recovered(&scene);
    scene.sync("users");
    scene.assert_groups_match();
}

#[test]
fn case_042_records_whose_part_of_a_batch_failed_are_read_in_the_next_run() {
    let scene = Scene::new(40, 2);
    let ann = new_user(&scene, "ann");
    scene.sync("users");
    change(&scene, &ann, json!({"jobTitle": "Captain"}));
    let nora = new_user(&scene, "nora");
    let crew = json!({"displayName": "Crew", "members": [ann, nora]});
    scene.create_group(properties(crew)).expect("a group");
    // Longer than a run waits: nothing is gained by trying again.
    let fails = Then::Fail { status: 500, retry_after: Some("600".to_owned()) };
    for path in ["/users/", "/groups/"] {
        let fault = Fault::once(path, fails.clone()).times(None).inside_batch();
        scene.add_fault(fault).expect("a fault");
    }
    let run = scene.sync("users");
    assert_eq!(owed(&run), 3, "{run}");
    assert_eq!(run["unreadable"].as_array().map(Vec::len), Some(3), "{run}");
    assert!(scene.synced_users().contains_key(&ann));
    recovered(&scene);
    let run = scene.sync("users");
    assert_eq!((owed(&run), &run["mode"]), (0, &json!("incremental")), "{run}");
    scene.assert_users_match();
    scene.assert_groups_match();
}

#[test]
fn case_047_values_of_delta_override_those_of_an_old_replica() {
    let scene = Scene::new(40, 2);
    let ann = new_user(&scene, "ann");
    change(&scene, &ann, json!({"mail": "ann@contoso.com"}));
    let crew = json!({"displayName": "Crew"});
    let crew = scene.create_group(properties(crew)).expect("a group");
    scene.sync("users");
    scene.lag(Lag::default());
    change(&scene, &ann, json!({"jobTitle": "Captain", "mail": "captain@contoso.com"}));
    scene.patch_group(&crew, &properties(json!({"displayName": "Other"}))).expect("a group");
    scene.clear_requests();
    scene.sync("users");
    assert!(scene.asked("/$batch") > 0, "what delta left out was read by id");
    assert_eq!(text(&scene.synced_users()[&ann], "jobTitle"), "Captain");
    scene.assert_users_match();
    scene.assert_groups_match();
}
