//! Groups of the directory, their members, and users that are limited to groups.

use std::collections::BTreeSet;

use end_to_end::{Scene, text};
use m365_emulator::{Config, DeltaExpiry};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Starts a tenant with nested groups and small pages.
fn scene(users: usize, groups: usize) -> Scene {
    let scene = Scene::with(Config { users, rooms: 3, groups, ..Config::default() });
    scene.update_settings(|it| {
        it.delta_groups_per_page = 4;
        it.delta_members_per_page = 25;
    });
    scene
}

/// Adds a group with these members, and returns its id.
fn group(scene: &Scene, name: &str, members: &[&str]) -> String {
    let group = json!({"displayName": name, "members": members});
    scene.create_group(properties(group)).expect("a group")
}

/// Returns the id of a user that the default settings select, by number.
fn user(scene: &Scene, number: usize) -> String {
    scene.expected_users().into_keys().nth(number).expect("enough users")
}

fn counts(run: &Value, what: &str) -> [u64; 3] {
    ["added", "updated", "removed"].map(|it| run[what][it].as_u64().expect("a count"))
}

#[test]
fn groups_are_synced_with_their_members_and_follow_every_change() {
    let scene = scene(120, 12);
    scene.sync("rooms");
    let run = scene.sync("users");
    assert_eq!(run["groups"]["added"], json!(scene.groups().len()));
    scene.assert_users_match();
    scene.assert_groups_match();

    let (ann, bob) = (user(&scene, 0), user(&scene, 1));
    let inner = group(&scene, "Inner", &[&ann]);
    let outer = group(&scene, "Outer", &[&inner, &bob]);
    let run = scene.sync("users");
    assert_eq!(run["mode"], "incremental");
    assert_eq!(counts(&run, "groups"), [2, 0, 0]);
    assert_eq!(run["memberships"], json!({"added": 3, "removed": 0}));
    let stored = scene.synced_groups();
    assert_eq!(stored[&outer]["members"], 2, "Ann by way of the inner group");
    scene.assert_groups_match();

    scene.remove_members(&inner, &[&ann]).expect("a member");
    scene.patch_group(&outer, &properties(json!({"displayName": "Other"}))).expect("a group");
    scene.delete_user(&bob).expect("a user");
    let run = scene.sync("users");
    assert_eq!(counts(&run, "groups"), [0, 1, 0]);
    scene.assert_groups_match();

    scene.delete_group(&inner).expect("a group");
    assert_eq!(counts(&scene.sync("users"), "groups"), [0, 0, 1]);
    scene.assert_groups_match();
}

#[test]
fn a_sync_without_changes_makes_three_requests() {
    let scene = scene(60, 6);
    scene.sync("users");
    scene.clear_requests();
    let run = scene.sync("users");
    assert_eq!(run["mode"], "incremental");
    assert_eq!(scene.requests().len(), 3, "a token, users, groups");
}

#[test]
fn groups_made_in_ones_are_never_touched() {
    let scene = scene(40, 3);
    let ann = user(&scene, 0);
    // By the name of the default group, which is made in ONES.
    let mirrored = group(&scene, "Staff", &[&ann]);
    scene.sync("users");
    let staff = |source: &str| {
        let groups = scene.host(&["groups"]).ends_with(0).lines();
        let found = groups.into_iter().find(|it| it["source"] == source && it["name"] == "Staff");
        found.map(|item| item["members"].as_u64().expect("a count"))
    };
    let all = scene.synced_users().len() as u64;
    assert_eq!((staff("directory"), staff("ones")), (Some(1), Some(all)));
    scene.delete_group(&mirrored).expect("a group");
    scene.sync("users");
    assert_eq!((staff("directory"), staff("ones")), (None, Some(all)));
}

#[test]
fn only_users_of_the_chosen_groups_are_stored_and_leavers_are_out_of_scope() {
    let mut scene = scene(80, 4);
    let (ann, bob, eve) = (user(&scene, 0), user(&scene, 1), user(&scene, 2));
    let inner = group(&scene, "Inner", &[&bob]);
    let outer = group(&scene, "Outer", &[&ann, &inner]);
    scene.set("/users/onlyGroups", json!([outer]));
    scene.sync("rooms");
    scene.sync("users");
    assert_eq!(
        scene.synced_users().into_keys().collect::<BTreeSet<_>>(),
        [ann.clone(), bob.clone()].into()
    );

    // A user outside the groups changes, and a user inside.
    for id in [&eve, &ann] {
        scene.patch_user(id, properties(json!({"jobTitle": "Changed"}))).expect("a user");
    }
    assert_eq!(scene.counts("users"), [0, 1, 0, 0]);
    assert_eq!(scene.asked("/checkMemberGroups"), 2);

    // Eve joins through a nested group, Bob leaves.
    scene.add_members(&inner, &[&eve]).expect("a member");
    scene.remove_members(&inner, &[&bob]).expect("a member");
    let run = scene.sync("users");
    assert_eq!(run["mode"], "full", "the scope is listed again");
    scene.assert_users_match();
    let all = scene.host(&["users", "--all"]).ends_with(0).lines();
    let gone = all.iter().find(|user| text(user, "id") == bob).expect("stored as removed");
    assert_eq!(gone["removed"]["reason"], "out-of-scope", "{gone}");
    scene.assert_groups_match();
}

#[test]
fn another_scope_leads_to_the_right_run_by_itself() {
    let mut scene = scene(90, 5);
    let ids: Vec<_> = (0..40).map(|number| user(&scene, number)).collect();
    let some: Vec<_> = ids[..30].iter().map(String::as_str).collect();
    let most = group(&scene, "Most", &some);
    scene.sync("rooms");
    scene.sync("users");
    for (only, guests, disabled) in [
        (json!([most]), false, false),
        (json!([most]), true, true),
        (json!([]), true, true),
        (json!([]), false, false),
    ] {
        scene.set("/users/onlyGroups", only);
        scene.set("/users/includeGuests", json!(guests));
        scene.set("/users/includeDisabled", json!(disabled));
        scene.clear_requests();
        let run = scene.host(&["sync", "users"]);
        if run.code == 3 {
            scene.host(&["removals", "approve"]).ends_with(0);
        }
        assert_eq!(run.json()["mode"], "full");
        assert_eq!(scene.asked("/groups/delta"), 1, "groups go on with what changed");
        scene.assert_users_match();
        scene.assert_groups_match();
    }
}

#[test]
fn a_user_in_none_of_the_groups_is_not_stored() {
    let mut scene = scene(50, 2);
    let ann = user(&scene, 0);
    let only = group(&scene, "Only", &[&ann]);
    scene.set("/users/onlyGroups", json!([only]));
    scene.sync("users");
    let all = scene.host(&["users", "--all"]).ends_with(0).lines();
    assert_eq!(all.iter().map(|record| text(record, "id")).collect::<Vec<_>>(), [ann]);
}

#[test]
fn a_chosen_group_that_is_gone_is_named_and_no_user_is_removed() {
    let mut scene = scene(50, 2);
    let ann = user(&scene, 0);
    let only = group(&scene, "Only", &[&ann]);
    scene.set("/users/onlyGroups", json!([only]));
    scene.sync("users");
    scene.delete_group(&only).expect("a group");
    let run = scene.host(&["sync", "users"]).ends_with(1);
    assert_eq!(run.json()["error"]["fields"][0]["field"], "/users/onlyGroups/0", "{run:?}");
    assert_eq!(scene.synced_users().len(), 1);
    let run = scene.host(&["validate"]).ends_with(1).json();
    let checks = run["checks"].as_array().expect("checks");
    let scope = checks.iter().find(|check| check["id"] == "scope").expect("a check");
    assert_eq!(scope["outcome"], "failed");
}

#[test]
fn without_the_permission_users_are_synced_and_known_groups_stay() {
    let scene = scene(40, 4);
    scene.sync("users");
    let before = scene.synced_groups();
    scene.revoke("Group.Read.All").expect("a permission");
    let run = scene.sync("users");
    let warnings = run["summary"]["warnings"].to_string();
    assert!(warnings.contains("Groups are not synced"), "{warnings}");
    assert_eq!(scene.synced_groups(), before);
}

/// A change between two runs.
#[derive(Debug, Clone)]
enum Event {
    /// Joiners, leavers, renames, moves, and some memberships.
    Mix(usize),
    /// A user joins or leaves a group. Both are chosen by number.
    Join(usize, usize),
    Leave(usize, usize),
    /// One group joins another.
    Nest(usize, usize),
    Delete(usize),
    Make(usize),
    Expire,
    /// Number of groups and of members on a page.
    Pages(usize, usize),
    Limit(Vec<usize>),
    Include(bool, bool),
    Sync,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (1..12_usize).prop_map(Event::Mix),
        3 => (0..30_usize, 0..8_usize).prop_map(|(user, group)| Event::Join(user, group)),
        3 => (0..30_usize, 0..8_usize).prop_map(|(user, group)| Event::Leave(user, group)),
        1 => (0..8_usize, 0..8_usize).prop_map(|(inner, outer)| Event::Nest(inner, outer)),
        1 => (3..8_usize).prop_map(Event::Delete),
        1 => (0..30_usize).prop_map(Event::Make),
        1 => Just(Event::Expire),
        1 => (1..5_usize, 1..9_usize).prop_map(|(groups, members)| Event::Pages(groups, members)),
        1 => prop::collection::vec(0..3_usize, 0..3).prop_map(Event::Limit),
        1 => any::<(bool, bool)>().prop_map(|(guests, disabled)| Event::Include(guests, disabled)),
        2 => Just(Event::Sync),
    ]
}

/// `lasting` are the groups that users may be limited to, which are never deleted.
fn happen(scene: &mut Scene, event: &Event, lasting: &[String]) {
    let groups: Vec<String> = scene.groups().iter().map(|record| text(record, "id")).collect();
    let users: Vec<String> = scene.users().iter().map(|record| text(record, "id")).collect();
    let group = |number: &usize| &groups[number % groups.len()];
    let user = |number: &usize| &users[number % users.len()];
    // What the tenant refuses does not happen.
    match event {
        Event::Mix(count) => drop(scene.mix(*count)),
        Event::Join(who, to) => drop(scene.add_members(group(to), &[user(who)])),
        Event::Leave(who, from) => drop(scene.remove_members(group(from), &[user(who)])),
        Event::Nest(inner, outer) => drop(scene.add_members(group(outer), &[group(inner)])),
        Event::Delete(which) if lasting.contains(group(which)) => {}
        Event::Delete(which) => drop(scene.delete_group(group(which))),
        Event::Make(who) => {
            let made = json!({"displayName": "Made", "members": [user(who)]});
            drop(scene.create_group(properties(made)));
        }
        Event::Expire => scene.expire_delta_tokens(DeltaExpiry::Location),
        Event::Pages(groups, members) => scene.update_settings(|it| {
            it.delta_groups_per_page = *groups;
            it.delta_members_per_page = *members;
        }),
        Event::Limit(to) => {
            let to: BTreeSet<_> = to.iter().map(|number| lasting[*number].clone()).collect();
            scene.set("/users/onlyGroups", json!(to));
        }
        Event::Include(guests, disabled) => {
            scene.set("/users/includeGuests", json!(guests));
            scene.set("/users/includeDisabled", json!(disabled));
        }
        Event::Sync => sync(scene),
    }
}

/// Runs a sync, and approves its removals.
fn sync(scene: &Scene) {
    let run = scene.host(&["sync", "users"]);
    assert!(matches!(run.code, 0 | 3), "{run:#?}");
    if run.code == 3 {
        scene.host(&["removals", "approve"]).ends_with(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn after_any_history_ones_has_the_current_state_under_the_settings(
        events in prop::collection::vec(event(), 4..24),
    ) {
        let mut scene = scene(30, 8);
        scene.update_settings(|it| {
            it.delta_replays = true;
            it.delta_shuffles = true;
        });
        sync(&scene);
        let lasting: Vec<_> = scene.groups()[..3].iter().map(|record| text(record, "id")).collect();
        for event in &events {
            happen(&mut scene, event, &lasting);
        }
        sync(&scene);
        scene.assert_users_match();
        scene.assert_groups_match();
    }
}
