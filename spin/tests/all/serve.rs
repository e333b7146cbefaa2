//! The variant for hosts without the interfaces of Spin.

use serde_json::json;

use crate::{
    front::Setting,
    routes::{lines_of, selected_users},
};

#[test]
fn checkpoints_are_in_requests_and_nothing_is_stored() {
    let front = Setting::with(20, 2).start_without_spin();
    for _ in 0..2 {
        let lines = front.sync("users", &json!({}));
        assert_eq!(
            lines_of(&lines, "user").len(),
            selected_users(&front).len(),
            "nothing is stored"
        );
    }
    let lines = front.sync("users", &json!({}));
    let checkpoint = *lines_of(&lines, "checkpoint").last().unwrap();
    let lines = front.sync("users", &json!({ "since": checkpoint }));
    assert_eq!(lines_of(&lines, "user").len(), 0, "{lines:#?}");
    assert!(lines.last().unwrap().get("run").is_none());
    front.post("/sync/users", &json!({ "ack": "1" })).problem(409, "nothing-stored");
}

#[test]
fn where_the_host_does_not_pass_on_its_address_the_remedy_names_the_variable() {
    let front = Setting::with(1, 1).variable("public_url", None).start_without_spin();
    for path in ["/sign-in", "/callback?code=1"] {
        let problem = front.get(path, "").problem(400, "host");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("ONES_PUBLIC_URL"), "{remedy}");
    }
}

#[test]
fn settings_are_read_from_the_environment_or_the_request() {
    let front = Setting::with(5, 2).start_without_spin();
    let lines = front.sync("rooms", &json!({}));
    assert_eq!(lines_of(&lines, "room").len(), 2);
    let mut settings = front.settings(&front.client_secret());
    settings["rooms"] = json!({ "bookings": "on" });
    let report = front.post("/validate", &json!({ "settings": settings })).json();
    assert!(report["checks"].as_array().unwrap().iter().all(|check| check["outcome"] == "passed"));
    let front = Setting::with(5, 2).variable("client_id", None).start_without_spin();
    let problem = front.post("/sync/rooms", &json!({})).problem(400, "settings-missing");
    assert!(problem["detail"].as_str().unwrap().contains("ONES_CLIENT_ID"), "{problem:#}");
}
