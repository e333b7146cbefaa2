//! What goes wrong, and what is said of it.

use std::collections::BTreeMap;

use m365_emulator::{Fault, Then};
use serde_json::json;

use crate::front::Setting;

#[test]
fn a_body_that_is_none_is_refused() {
    Setting::of(1, 1).under_spin(|front| {
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
        assert_eq!(front.requests().len(), 0, "nobody is asked");
    });
}

#[test]
fn variables_that_are_missing_are_named() {
    let setting = Setting::of(1, 1).variable("tenant_id", None).variable("client_secret", None);
    setting.under_spin(|front| {
        for path in ["/validate", "/sync/rooms", "/sync/users"] {
            let problem = front.post(path, &json!({})).problem(400, "settings-missing");
            let said = problem["detail"].as_str().unwrap();
            assert!(
                said.contains("SPIN_VARIABLE_TENANT_ID, SPIN_VARIABLE_CLIENT_SECRET"),
                "{said}"
            );
        }
        front.get("/sign-in", "").problem(400, "settings-missing");
    });
}

#[test]
fn settings_of_a_variable_that_are_no_object_are_not_taken_for_a_syntax_error() {
    let setting = Setting::of(1, 1).variable("settings", Some("[1]"));
    setting.under_spin(|front| {
        let problem = front.post("/validate", &json!({})).problem(500, "settings-variable");
        assert_eq!(problem["detail"], "SPIN_VARIABLE_SETTINGS is JSON, but not an object");
    });
}

#[test]
fn a_public_name_over_http_is_no_address_to_come_back_to() {
    let setting = Setting::of(1, 1).variable("public_url", Some("http://ones.example"));
    setting.under_spin(|front| {
        let problem = front.get("/sign-in", "").problem(400, "redirect-uri");
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("SPIN_VARIABLE_PUBLIC_URL"), "{remedy}");
        assert_eq!(front.requests().len(), 0, "nobody is asked");
    });
}

#[test]
fn settings_that_do_not_fit_are_told_field_by_field() {
    Setting::of(1, 1).under_spin(|front| {
        let answer =
            front.post("/sync/users", &json!({ "settings": { "server": { "name": "A" } } }));
        let problem = answer.problem(422, "invalid-settings");
        let fields = problem["fields"].as_array().unwrap();
        assert!(fields.iter().any(|it| it["field"] == "/server/tenantId"), "{problem:#}");
    });
}

#[test]
fn a_host_that_the_manifest_does_not_name_is_denied() {
    Setting::of(1, 1).under_spin(|front| {
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
fn a_secret_that_is_wrong_is_said_and_not_shown() {
    Setting::of(1, 1).variable("client_secret", Some("hunter2")).under_spin(|front| {
        let answer = front.post("/sync/rooms", &json!({}));
        let problem = answer.problem(403, "AADSTS7000215");
        assert!(problem["remedy"].is_string(), "{problem:#}");
        assert!(!answer.text.contains("hunter2"));
        let answer = front.post("/validate", &json!({ "settings": front.settings("hunter3") }));
        assert!(!answer.text.contains("hunter3"));
    });
}

#[test]
fn patience_that_is_asked_for_is_passed_on() {
    Setting::of(1, 1).under_spin(|front| {
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
fn trouble_in_the_middle_is_the_last_line_and_what_came_before_stands() {
    Setting::of(3_000, 2).under_spin(|front| {
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
        let told = crate::routes::of(&lines, "user").len();
        let rest = front.sync("users", &json!({ "ack": lines.last().unwrap()["run"] }));
        assert!(rest.last().unwrap()["summary"].is_object(), "{:#}", rest.last().unwrap());
        assert!(told > 0 && told + crate::routes::of(&rest, "user").len() < 2 * 3_000 - told);
    });
}
