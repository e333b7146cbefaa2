//! Throttling, short outages and expired page tokens: a run still succeeds.

use end_to_end::Scene;
use m365_emulator::{Fault, Then};
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Five refusals in a row, with every `Retry-After` that is shorter than the window lasts: one more
/// than attempts were once counted.
fn throttled(path: &str) -> Vec<Fault> {
    let after = |seconds, times| Fault::once(path, Then::throttled(seconds)).times(times);
    vec![after("0.249", 2), after("1", 1), after("0", 2)]
}

#[test]
fn case_005_a_short_retry_after_inside_a_batch_is_waited_out() {
    let scene = Scene::new(20, 2);
    scene.sync("users");
    // Delta reports few properties: the others are read in a batch.
    let user = json!({"displayName": "Ann", "userPrincipalName": "ann@contoso.com"});
    scene.create_user(properties(user)).expect("a user");
    let inside = throttled("/users/").into_iter().map(Fault::inside_batch).collect();
    scene.set_faults(inside).expect("faults");
    let run = scene.sync("users");
    assert_eq!(run["unreadable"], json!([]), "{run}");
    scene.assert_users_match();
    assert!(scene.faults().iter().all(|fault| fault.times == Some(0)), "all of them happened");
}

#[test]
fn case_006_a_short_retry_after_of_a_page_is_waited_out() {
    let scene = Scene::new(20, 2);
    let listing = |fault: Fault| fault.with_query("$top=999");
    let faults = throttled("/v1.0/users").into_iter().map(listing).collect();
    scene.set_faults(faults).expect("faults");
    let run = scene.sync("users");
    assert_eq!(run["summary"]["throttled"], json!(5), "{run}");
    scene.assert_users_match();
}

#[test]
fn case_007_a_page_that_fails_once_is_asked_for_again() {
    let scene = Scene::new(20, 2);
    scene.sync("rooms");
    let fails = |path: &str, status| Fault::once(path, Then::fail(status));
    let faults = vec![
        fails("/users/delta", 502),
        fails("/v1.0/users", 500).with_query("$top=999"),
        fails("/groups/delta", 408),
        fails("/places/microsoft.graph.room", 509),
        fails("/places/microsoft.graph.building", 504),
    ];
    scene.set_faults(faults).expect("faults");
    let run = scene.sync("users");
    assert!(run["summary"]["retried"].as_u64().is_some_and(|times| times >= 3), "{run}");
    scene.sync("rooms");
    scene.assert_users_match();
    assert!(scene.faults().iter().all(|fault| fault.times == Some(0)), "all of them happened");
}

#[test]
fn case_020_page_tokens_that_expire_twice_in_one_run_do_not_end_it() {
    let scene = Scene::new(2100, 2);
    let expires = Fault::once("/v1.0/users", Then::ExpiredPageToken {}).with_query("$top=999");
    scene.add_fault(expires.times(2)).expect("a fault");
    scene.sync("users");
    scene.assert_users_match();
}

#[test]
fn case_020_a_tenant_whose_page_tokens_never_last_gets_all_its_users_within_two_runs() {
    let scene = Scene::new(2100, 2);
    let expires = Fault::once("/v1.0/users", Then::ExpiredPageToken {}).with_query("$top=999");
    scene.add_fault(expires.times(None)).expect("a fault");
    let run = scene.host(&["sync", "users"]);
    if run.code != 0 {
        scene.sync("users");
    }
    scene.assert_users_match();
}
