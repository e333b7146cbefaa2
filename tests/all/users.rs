//! Users that are added, changed and removed.

use std::collections::BTreeMap;

use end_to_end::{Scene, text};
use m365_emulator::{DeltaExpiry, Fault, Then};
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Returns some ids of users that ONES offers.
fn some_users(scene: &Scene, count: usize) -> Vec<String> {
    scene.synced_users().into_keys().take(count).collect()
}

#[test]
fn a_first_sync_reads_all_users_in_few_requests() {
    let scene = Scene::new(2500, 120);
    scene.sync("rooms");
    scene.clear_requests();
    let run = scene.sync("users");
    assert_eq!(run["mode"], "full");
    scene.assert_users_match();
    assert_eq!(scene.asked("/oauth2/v2.0/token"), 1);
    assert_eq!(scene.asked("/users/delta"), 2, "from now on, and what changed since");
    let pages = scene.users().len().div_ceil(999);
    assert_eq!(scene.asked("/v1.0/users"), 2 + pages);
    assert_eq!(scene.asked("/places/"), 2);
    assert_eq!(run["summary"]["requests"], json!(scene.requests().len()));
}

#[test]
fn changes_in_the_tenant_are_changes_in_ones() {
    let scene = Scene::new(600, 10);
    scene.sync("rooms");
    scene.sync("users");
    for _ in 0..4 {
        scene.mix(60).expect("changes");
        let run = scene.host(&["sync", "users"]);
        assert_eq!(run.json()["mode"], "incremental");
        if run.code == 3 {
            scene.host(&["removals", "approve"]).ends_with(0);
        }
        scene.assert_users_match();
    }
    // All of them again says the same.
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!(["added", "updated", "removed", "held"].map(|it| run[it].as_u64()), [Some(0); 4]);
}

#[test]
fn a_forgotten_delta_token_leads_to_a_full_sync_within_the_run() {
    let expiries = [
        DeltaExpiry::SyncStateNotFound { status: 400, resync_required: false },
        DeltaExpiry::SyncStateNotFound { status: 410, resync_required: true },
        DeltaExpiry::Location,
    ];
    let scene = Scene::new(200, 5);
    scene.sync("users");
    for expiry in expiries {
        // Deleted for good before the token expires: only an enumeration can find out.
        let gone = &some_users(&scene, 1)[0];
        scene.delete_user_permanently(gone).expect("a user");
        scene.expire_delta_tokens(expiry);
        let run = scene.sync("users");
        assert_eq!((&run["mode"], &run["removed"]), (&json!("full"), &json!(1)), "{run}");
        scene.assert_users_match();
    }
}

#[test]
fn guests_and_disabled_accounts_are_synced_where_the_settings_include_them() {
    let mut scene = Scene::new(400, 5);
    scene.sync("rooms");
    scene.sync("users");
    let without = scene.synced_users().len();
    scene.set("/users/includeGuests", json!(true));
    let run = scene.sync("users");
    assert_eq!(run["mode"], "full", "after a change of settings, all users are listed again");
    let with = scene.synced_users();
    assert!(with.len() > without);
    let guests = with.values().filter(|user| user["guest"] == json!(true)).count();
    assert_eq!(guests, with.len() - without);

    scene.set("/users/includeGuests", json!(false));
    let run = scene.host(&["sync", "users"]).json();
    assert_eq!(
        run["removed"].as_u64().expect("a number") + run["held"].as_u64().expect("a number"),
        guests as u64
    );
}

#[test]
fn card_numbers_are_unchanged() {
    let mut scene = Scene::new(120, 2);
    for (attribute, value) in [
        ("employeeId", json!({"employeeId": " 0042 "})),
        ("faxNumber", json!({"faxNumber": "007-1"})),
        (
            "extensionAttribute7",
            json!({"onPremisesExtensionAttributes": {"extensionAttribute7": "0 1"}}),
        ),
    ] {
        let id = scene.expected_users().into_keys().next().expect("a user");
        scene.patch_user(&id, properties(value)).expect("a user");
        scene.set("/users/cardNumber", json!(attribute));
        scene.sync("users");
        let card = text(&scene.synced_users()[&id], "cardNumber");
        assert_eq!(
            card,
            ["0 1", "007-1", " 0042 "].into_iter().find(|it| *it == card).expect(attribute)
        );
    }
    let extension = scene.truth().extensions[0].clone();
    scene.set("/users/cardNumber", json!(extension));
    scene.sync("users");
    let with_card =
        scene.synced_users().values().filter(|user| user["cardNumber"].is_string()).count();
    let in_truth =
        scene.expected_users().values().filter(|user| user[&extension].is_string()).count();
    assert_eq!(with_card, in_truth);
    assert!(in_truth > 0);
}

#[test]
fn case_034_where_the_attribute_is_missing_users_are_synced_without_card_numbers() {
    let mut scene = Scene::new(20, 2);
    scene.set("/users/cardNumber", json!("badgeNumber"));
    let run = scene.sync("users");
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("badgeNumber"), "{warnings}");
    assert_eq!(scene.synced_users().len(), scene.expected_users().len());
}

#[test]
fn too_many_removals_wait_for_approval() {
    let scene = Scene::new(100, 2);
    scene.sync("users");
    let users = scene.synced_users();
    let leavers: Vec<_> = users.keys().take(30).cloned().collect();
    for id in &leavers {
        scene.delete_user(id).expect("a user");
    }
    let run = scene.host(&["sync", "users"]).ends_with(3).json();
    assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(30)));
    assert_eq!(scene.synced_users().len(), users.len(), "no user is removed yet");
    assert_eq!(scene.host(&["removals", "list"]).ends_with(0).lines().len(), 30);

    scene.host(&["removals", "approve", &leavers[0]]).ends_with(0);
    assert_eq!(scene.synced_users().len(), users.len() - 1);
    // The removal of a restored user is no longer held.
    scene.restore_user(&leavers[1]).expect("from the recycle bin");
    scene.host(&["sync", "users"]).ends_with(3);
    assert_eq!(scene.host(&["removals"]).lines().len(), 28);
    scene.host(&["removals", "discard"]).ends_with(0);
    scene.host(&["sync", "users"]).ends_with(0);
    assert_eq!(scene.synced_users().len(), users.len() - 1, "discarded: they stay");
    // An enumeration misses them, and brings them up again.
    scene.host(&["sync", "users", "--full"]).ends_with(3);
    scene.host(&["removals", "approve"]).ends_with(0);
    scene.assert_users_match();
}

#[test]
fn a_dry_run_says_what_would_change_and_writes_nothing() {
    let scene = Scene::new(100, 2);
    let run = scene.host(&["sync", "users", "--dry-run"]).ends_with(0).json();
    assert!(run["added"].as_u64().is_some_and(|it| it > 50), "{run}");
    assert!(!scene.path("data").exists(), "not even the folder");

    scene.sync("users");
    let before = std::fs::read(scene.path("data").join("ones.db")).expect("a store");
    scene.mix(20).expect("changes");
    let planned = scene.host(&["sync", "users", "--dry-run"]).json();
    assert_eq!(std::fs::read(scene.path("data").join("ones.db")).expect("a store"), before);
    let done = scene.host(&["sync", "users"]).json();
    for count in ["added", "updated", "removed", "held"] {
        assert_eq!(planned[count], done[count], "{count}");
    }
}

#[test]
fn one_data_folder_holds_several_tenants() {
    let mut scene = Scene::new(50, 2);
    scene.sync("users");
    let users = scene.synced_users().len();
    scene.set("/server/name", json!("Fabrikam"));
    scene.set("/users/includeGuests", json!(true));
    scene.sync("users");
    assert!(scene.synced_users().len() > users);
    let mut named = scene.command(&["--format", "json", "--integration", "Contoso", "users"]);
    assert_eq!(end_to_end::run(&mut named).ends_with(0).lines().len(), users);
    let unnamed = end_to_end::run(&mut scene.command(&["users"])).ends_with(2);
    assert!(
        unnamed.stderr.contains("Contoso") && unnamed.stderr.contains("Fabrikam"),
        "{unnamed:?}"
    );
}

#[test]
fn a_run_that_fails_goes_on_where_it_stopped() {
    let scene = Scene::new(3500, 2);
    // The third page is refused.
    let denied = json!({"error": {"code": "Authorization_RequestDenied", "message": "x"}});
    let fault = Then::Answer { status: 403, headers: BTreeMap::new(), body: Some(denied) };
    scene
        .add_fault(Fault::once("/v1.0/users", fault).with_query("$skiptoken").after(1))
        .expect("a fault");
    scene.host(&["sync", "users"]).ends_with(1);
    let stored = scene.synced_users().len();
    assert!(stored > 1000, "two pages were stored: {stored}");
    scene.clear_requests();
    let run = scene.sync("users");
    assert_eq!(run["mode"], "full");
    assert_eq!(scene.asked("/users/delta"), 1, "the same enumeration goes on");
    scene.assert_users_match();
}

#[test]
fn a_new_room_is_not_taken_for_a_user() {
    let scene = Scene::new(60, 4);
    scene.sync("users");
    scene.sync("rooms");
    let users = scene.synced_users().len();
    // Its account is in the directory before the room is in Places.
    let room = json!({
        "displayName": "Late Room",
        "emailAddress": "late@contoso.com",
        "@emulator.inPlaces": false,
    });
    let id = scene.add_room(properties(room)).expect("a room");
    scene
        .patch_user("late@contoso.com", properties(json!({"accountEnabled": true})))
        .expect("its account");
    scene.sync("users");
    assert_eq!(scene.synced_users().len(), users + 1, "Places does not know the room yet");
    scene.patch_room(&id, properties(json!({"@emulator.inPlaces": true}))).expect("a room");
    scene.sync("rooms");
    assert_eq!(
        scene.synced_users().len(),
        users,
        "users with the address of a room are not offered"
    );
}
