//! Which runs are acknowledged, and where the next run continues.

use futures_executor::block_on;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::fake::{Fake, assert_problem, value};

#[test]
fn the_next_run_continues_where_the_last_acknowledged_one_ended() {
    let fake = Fake::configured();
    let first = fake.sync(&json!({})).unwrap();
    let second = fake.sync(&json!({})).unwrap();
    fake.sync(&json!({ "ack": second }));
    fake.sync(&json!({}));
    let acknowledged = value(fake.post("/sync/users/ack", &json!({ "run": second }).to_string()));
    assert_problem(
        fake.post("/sync/users/ack", &json!({ "run": first }).to_string()),
        409,
        "run-unknown",
    );
    fake.sync(&json!({ "full": true }));
    assert_eq!(
        acknowledged,
        json!({ "acknowledged": second }),
        "a second acknowledgement changes nothing"
    );
    let since = [json!(null), json!(null), json!("after 2"), json!("after 2"), json!(null)];
    assert_eq!(fake.received(), since);
}

#[test]
fn a_run_that_is_not_the_last_cannot_be_acknowledged() {
    let fake = Fake::configured();
    let first = fake.sync(&json!({})).unwrap();
    fake.sync(&json!({}));
    fake.received();
    for run in [first.as_str(), "", "unknown"] {
        let problem = assert_problem(
            fake.post("/sync/users", &json!({ "ack": run }).to_string()),
            409,
            "run-unknown",
        );
        assert!(problem["remedy"].as_str().unwrap().contains("without `ack`"), "{problem}");
    }
    assert!(fake.received().is_empty());
    assert_problem(fake.post("/sync/users/ack", "{}"), 400, "body");
}

#[test]
fn a_run_that_the_client_did_not_read_to_the_end_stores_nothing() {
    let fake = Fake::configured();
    let run = fake.sync(&json!({})).unwrap();
    fake.sync(&json!({ "ack": run }));
    let mut body = fake.post("/sync/users", "{}").into_body();
    // All of its batches, but not the last line.
    for _ in 0..3 {
        block_on(body.frame()).unwrap().unwrap();
    }
    let stored = fake.state.stored.borrow().clone();
    drop(body);
    assert_eq!(*fake.state.stored.borrow(), stored, "an interrupted run stores nothing");
    fake.received();
    fake.sync(&json!({}));
    assert_eq!(fake.received(), [json!("after 2")]);
}

#[test]
fn nothing_is_stored_for_a_client_that_sends_checkpoints() {
    let fake = Fake::configured();
    assert_eq!(fake.sync(&json!({ "since": "elsewhere" })), None);
    assert_eq!(fake.sync(&json!({ "since": "elsewhere", "full": true })), None);
    assert!(fake.state.stored.borrow().is_empty());
    assert_eq!(fake.received(), [json!("elsewhere"), json!(null)]);
}

#[test]
fn a_failed_run_can_be_acknowledged_up_to_its_last_checkpoint() {
    let fake = Fake::configured();
    fake.state.fails.set(true);
    let run = fake.sync(&json!({})).unwrap();
    fake.sync(&json!({ "ack": run }));
    assert_eq!(fake.received(), [json!(null), json!("after 2")]);
}

#[test]
fn progress_is_stored_by_tenant_and_name_and_its_key_contains_neither() {
    let fake = Fake::configured();
    for (tenant, name) in [("A", "One"), ("a", "One"), ("a", "Two"), ("b", "One")] {
        let settings = json!({ "server": { "tenantId": tenant, "name": name } });
        let run = fake.sync(&json!({ "settings": settings })).unwrap();
        let acknowledgement = json!({ "settings": settings, "run": run });
        assert_eq!(fake.post("/sync/users/ack", &acknowledgement.to_string()).status(), 200);
        assert_problem(
            fake.post("/sync/users/ack", &json!({ "run": run }).to_string()),
            409,
            "run-unknown",
        );
    }
    assert_eq!(fake.received(), [json!(null), json!("after 2"), json!(null), json!(null)]);
    let stored = fake.state.stored.borrow();
    assert_eq!(stored.len(), 6, "two for each integration");
    assert!(stored.keys().all(|key| key.split_once('/').unwrap().1.len() == 64), "{stored:?}");
}

#[test]
fn without_a_store_every_run_is_full_and_none_can_be_acknowledged() {
    let fake = Fake::configured();
    fake.state.has_no_store.set(true);
    assert_eq!(fake.sync(&json!({})), None);
    assert_eq!(fake.sync(&json!({})), None);
    assert_eq!(fake.received(), [json!(null), json!(null)]);
    assert!(fake.state.stored.borrow().is_empty());
    for (path, body) in [("/sync/users", r#"{"ack": "1"}"#), ("/sync/users/ack", r#"{"run": "1"}"#)]
    {
        let problem = assert_problem(fake.post(path, body), 409, "nothing-stored");
        assert!(problem["remedy"].as_str().unwrap().contains("`since`"), "{problem}");
    }
}
