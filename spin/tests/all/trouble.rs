//! Errors, and how they are reported.

use std::collections::BTreeMap;

use m365_emulator::{Fault, Then};
use serde_json::json;

use crate::{front::Setting, routes::lines_of};

#[test]
fn invalid_bodies_are_refused() {
    Setting::with(1, 1).run(|front| {
        for path in ["/validate", "/sync/rooms", "/sync/users"] {
            let form = front.post_as(path, "text/plain", "", "{}");
            form.problem(415, "content-type");
            let broken = front.post_as(path, "application/json", "", "{");
            broken.problem(400, "body");
            let list = front.post_as(path, "application/json", "", "[]");
            list.problem(400, "body");
            let unknown = front.post_as(path, "application/json", "", r#"{"everything": true}"#);
            unknown.problem(400, "body");
            let large = front.post_as(path, "application/json", "", &" ".repeat(300_000));
            large.problem(413, "body-too-large");
            assert_eq!(front.get(path, "").header("allow"), "POST");
        }
        assert_eq!(front.requests().len(), 0, "no request is sent");
    });
}

#[test]
fn missing_variables_are_named() {
    let setting = Setting::with(1, 1).variable("tenant_id", None).variable("client_secret", None);
    setting.run(|front| {
        for path in ["/validate", "/sync/rooms", "/sync/users"] {
            let problem = front.post(path, &json!({})).problem(400, "settings-missing");
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.contains("SPIN_VARIABLE_TENANT_ID, SPIN_VARIABLE_CLIENT_SECRET"),
                "{detail}"
            );
        }
        front.get("/sign-in", "").problem(400, "settings-missing");
    });
}

#[test]
fn a_settings_variable_that_is_not_an_object_is_refused() {
    let setting = Setting::with(1, 1).variable("settings", Some("[1]"));
    setting.run(|front| {
        let problem = front.post("/validate", &json!({})).problem(500, "settings-variable");
        assert_eq!(problem["detail"], "SPIN_VARIABLE_SETTINGS is JSON, but not an object");
    });
}

#[test]
fn a_sign_in_over_http_is_refused_outside_of_loopback() {
    let setting = Setting::with(1, 1).variable("public_url", Some("http://ones.example"));
    setting.run(|front| {
        let problem = front.get("/sign-in", "").problem(400, "redirect-uri");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("SPIN_VARIABLE_PUBLIC_URL"), "{remedy}");
        assert_eq!(front.requests().len(), 0, "no request is sent");
    });
}

#[test]
fn wrong_settings_are_listed_by_field() {
    Setting::with(1, 1).run(|front| {
        let answer =
            front.post("/sync/users", &json!({ "settings": { "server": { "name": "A" } } }));
        let problem = answer.problem(422, "invalid-settings");
        let fields = problem["fields"].as_array().unwrap();
        assert!(fields.iter().any(|field| field["field"] == "/server/tenantId"), "{problem:#}");
    });
}

#[test]
fn a_request_to_a_host_outside_of_the_manifest_is_denied() {
    Setting::with(1, 1).run(|front| {
        let mut settings = front.settings(&front.client_secret());
        settings["server"]["cloud"]["authority"] = json!("http://127.0.0.1:9");
        for path in ["/sync/rooms", "/sync/users"] {
            let answer = front.post(path, &json!({ "settings": settings }));
            let problem = answer.problem(503, "denied");
            let remedy = problem["remedy"].as_str().unwrap();
            for name in ["SPIN_VARIABLE_AUTHORITY", "SPIN_VARIABLE_GRAPH", "allowed_outbound_hosts"]
            {
                assert!(remedy.contains(name), "{problem:#}");
            }
        }
    });
}

#[test]
fn a_wrong_secret_is_reported_and_not_shown() {
    Setting::with(1, 1).variable("client_secret", Some("hunter2")).run(|front| {
        let answer = front.post("/sync/rooms", &json!({}));
        let problem = answer.problem(403, "AADSTS7000215");
        assert!(problem["remedy"].is_string(), "{problem:#}");
        assert!(!answer.text.contains("hunter2"));
        let answer = front.post("/validate", &json!({ "settings": front.settings("hunter3") }));
        assert!(!answer.text.contains("hunter3"));
    });
}

#[test]
fn throttling_is_reported_with_retry_after() {
    Setting::with(1, 1).run(|front| {
        let then = Then::Answer {
            status: 429,
            headers: BTreeMap::from([("Retry-After".to_owned(), "3600".to_owned())]),
            body: None,
        };
        front.set_faults(vec![Fault::once("/v1.0/", then).times(None)]).unwrap();
        let answer = front.post("/sync/users", &json!({}));
        answer.problem(429, "throttled");
        assert_eq!(answer.header("retry-after"), "3600");
    });
}

#[test]
fn an_error_after_the_first_batch_is_the_last_line_and_the_run_can_be_acknowledged() {
    Setting::with(3_000, 2).run(|front| {
        let then = Then::Answer {
            status: 429,
            headers: BTreeMap::from([("Retry-After".to_owned(), "3600".to_owned())]),
            body: None,
        };
        let fault = Fault::once("/v1.0/users", then).with_query("$skiptoken").times(None).after(1);
        front.set_faults(vec![fault]).unwrap();
        let lines = front.sync("users", &json!({}));
        assert_eq!(lines.last().unwrap()["error"]["code"], "throttled");
        front.set_faults(Vec::new()).unwrap();
        let received = lines_of(&lines, "user").len();
        let rest = front.sync("users", &json!({ "ack": lines.last().unwrap()["run"] }));
        assert!(rest.last().unwrap()["summary"].is_object(), "{:#}", rest.last().unwrap());
        assert!(received > 0 && received + lines_of(&rest, "user").len() < 2 * 3_000 - received);
    });
}
