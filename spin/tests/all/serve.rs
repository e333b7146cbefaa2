//! The variant that asks nothing of Spin.

use serde_json::json;

use crate::{
    front::Setting,
    routes::{of, people},
};

#[test]
fn checkpoints_come_and_go_with_the_requests() {
    let front = Setting::of(20, 2).served();
    for _ in 0..2 {
        let lines = front.sync("users", &json!({}));
        assert_eq!(of(&lines, "user").len(), people(&front).len(), "nothing is kept");
    }
    let lines = front.sync("users", &json!({}));
    let checkpoint = *of(&lines, "checkpoint").last().unwrap();
    let lines = front.sync("users", &json!({ "since": checkpoint }));
    assert_eq!(of(&lines, "user").len(), 0, "{lines:#?}");
    assert!(lines.last().unwrap().get("run").is_none());
    front.post("/sync/users", &json!({ "ack": "1" })).problem(409, "nothing-stored");
}

#[test]
fn where_the_component_is_not_told_where_it_answers_the_remedy_names_the_variable() {
    let front = Setting::of(1, 1).variable("public_url", None).served();
    for path in ["/sign-in", "/callback?code=1"] {
        let problem = front.get(path, "").problem(400, "host");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("ONES_PUBLIC_URL"), "{remedy}");
    }
}

#[test]
fn settings_come_from_the_environment_or_the_request() {
    let front = Setting::of(5, 2).served();
    let lines = front.sync("rooms", &json!({}));
    assert_eq!(of(&lines, "room").len(), 2);
    let settings = front.settings(&front.client_secret());
    let report = front.post("/validate", &json!({ "settings": settings })).json();
    assert!(report["checks"].as_array().unwrap().iter().all(|it| it["outcome"] == "passed"));
    let front = Setting::of(5, 2).variable("client_id", None).served();
    let problem = front.post("/sync/rooms", &json!({})).problem(400, "settings-missing");
    assert!(problem["detail"].as_str().unwrap().contains("ONES_CLIENT_ID"), "{problem:#}");
}
