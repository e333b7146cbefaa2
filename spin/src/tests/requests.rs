//! Routes, methods and bodies.

use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::fake::{Fake, assert_problem, text, value};
use crate::request::MAX_BODY;

#[test]
fn a_body_or_a_variable_that_is_not_an_object_is_refused() {
    let fake = Fake::configured();
    for body in ["[]", " [{}]", "1", "null", "\"hunter2\"", "true"] {
        for path in ["/validate", "/sync/rooms", "/sync/users", "/sync/users/ack"] {
            let problem = assert_problem(fake.post(path, body), 400, "body");
            assert_eq!(problem["detail"], "The body is JSON, but not an object", "{body}");
        }
    }
    for settings in ["[1]", "7", "null"] {
        fake.set("settings", settings);
        let problem = assert_problem(fake.post("/validate", "{}"), 500, "settings-variable");
        assert_eq!(problem["detail"], "SETTINGS is JSON, but not an object");
    }
    assert!(fake.received().is_empty(), "the plugin is not called");
}

#[test]
fn a_sync_of_bookings_passes_its_rooms_and_its_window_to_the_plugin() {
    let fake = Fake::configured();
    let body = r#"{"rooms": [{"room": "r1", "email": "r1@contoso.com", "timeZone": "UTC"}],
        "window": {"starts": 1, "ends": 2}}"#;
    let answer = text(fake.post("/sync/bookings", body));
    assert!(answer.lines().last().is_some_and(|line| line.contains("summary")), "{answer}");
    let room = json!({"room": "r1", "email": "r1@contoso.com", "timeZone": "UTC", "since": null});
    assert_eq!(fake.received(), [json!([[room], {"starts": 1, "ends": 2}])]);
    for incomplete in ["{}", r#"{"rooms": []}"#, r#"{"rooms": [], "window": {"starts": 1}}"#] {
        assert_problem(fake.post("/sync/bookings", incomplete), 400, "body");
    }
}

#[test]
fn forms_pages_and_large_or_unknown_bodies_are_refused() {
    let fake = Fake::configured();
    let form = Request::post("http://a/validate")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::from("settings=1"))
        .unwrap();
    assert_problem(fake.ask(form), 415, "content-type");
    let page = Request::post("http://a/validate")
        .header("content-type", "application/json")
        .header("origin", "http://a")
        .body(Full::from("{}"))
        .unwrap();
    assert_problem(fake.ask(page), 403, "origin");
    assert_problem(fake.post("/validate", &" ".repeat(MAX_BODY + 1)), 413, "body-too-large");
    assert_problem(fake.post("/validate", r#"{"unknown": ""}"#), 400, "body");
}

#[test]
fn unknown_paths_and_methods_are_refused_and_the_page_lists_the_routes() {
    let fake = Fake::configured();
    assert_problem(fake.get("/nothing", ""), 404, "not-found");
    let answer = fake.get("/sync/users", "");
    assert_eq!(answer.headers()["allow"], "POST");
    assert_problem(answer, 405, "method");
    assert!(text(fake.get("/", "")).contains("/sync/users"));
    assert_eq!(value(fake.get("/describe", ""))["name"], "Test");
}

#[test]
fn head_returns_the_headers_of_get_and_begins_no_sign_in() {
    let fake = Fake::configured();
    let head = |path: &str| {
        fake.ask(Request::head(format!("http://a{path}")).body(Full::default()).unwrap())
    };
    for path in ["/", "/describe"] {
        let (head, get) = (head(path), fake.get(path, ""));
        assert_eq!((head.status(), head.headers()), (get.status(), get.headers()));
        assert_eq!(text(head), "");
    }
    for path in ["/sign-in", "/callback", "/sync/users"] {
        assert_eq!(head(path).status(), 405, "{path}");
    }
    assert!(fake.received().is_empty());
}
