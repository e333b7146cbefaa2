//! Settings from variables and from requests.

use serde_json::{Value, json};

use super::fake::{Fake, assert_problem};

#[test]
fn variables_become_settings() {
    let fake = Fake::configured();
    fake.set("cloud", "custom");
    fake.set("authority", "https://a");
    fake.set("graph", "https://g");
    fake.set(
        "settings",
        r#"{"server": {"secretExpires": "2030-01-01"}, "users": {"includeGuests": true}}"#,
    );
    fake.post("/validate", "");
    let server = json!({
        "secretExpires": "2030-01-01",
        "tenantId": "tenant_id",
        "clientId": "client_id",
        "clientSecret": "client_secret",
        "name": "Office 365",
        "cloud": { "authority": "https://a", "graph": "https://g" },
    });
    assert_eq!(fake.received(), [json!({ "server": server, "users": { "includeGuests": true } })]);
}

#[test]
fn a_certificate_replaces_the_secret() {
    let fake = Fake::configured();
    fake.set("client_secret", "");
    fake.set("settings", r#"{"server": {"clientCertificate": "PEM"}}"#);
    assert_eq!(fake.post("/validate", "").status(), 200);
    assert_eq!(fake.received()[0]["server"]["clientSecret"], Value::Null);
}

#[test]
fn settings_of_a_request_reach_the_plugin_unchanged() {
    let fake = Fake::configured();
    fake.post("/validate", r#"{"settings": {"server": 1}}"#);
    assert_eq!(fake.received(), [json!({ "server": 1 })]);
}

#[test]
fn an_error_names_all_missing_variables() {
    let fake = Fake::default();
    fake.set("client_id", "");
    let problem = assert_problem(fake.post("/validate", "{}"), 400, "settings-missing");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("TENANT_ID, CLIENT_ID, CLIENT_SECRET"), "{detail}");
}

#[test]
fn an_error_does_not_quote_settings() {
    let fake = Fake::configured();
    fake.set("settings", "hunter2");
    let problem = assert_problem(fake.post("/validate", "{}"), 500, "settings-variable");
    assert!(!problem.to_string().contains("hunter2"));
    for (body, code) in [(r#"{"settings": "hunter2"}"#, "body"), ("hunter2", "body")] {
        let problem = assert_problem(fake.post("/validate", body), 400, code);
        assert!(!problem.to_string().contains("hunter2"));
    }
}
