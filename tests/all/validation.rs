//! "Test settings", against a tenant with one thing wrong at a time.

use end_to_end::{Run, Scene};
use serde_json::{Value, json};

const CHECKS: [&str; 12] = [
    "settings",
    "token",
    "tenant",
    "permission/User.Read.All",
    "card-number",
    "permission/Group.Read.All",
    "scope",
    "permission/Place.Read.All",
    "permission/Calendars.ReadWrite",
    "rooms",
    "bookings",
    "least-privilege",
];

/// Returns the ids of the checks with this outcome.
#[track_caller]
fn with_outcome(run: &Run, outcome: &str) -> Vec<String> {
    let checks = run.json()["checks"].as_array().expect("checks").clone();
    let ids: Vec<_> = checks.iter().map(|check| check["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, CHECKS);
    let with = checks.iter().filter(|check| check["outcome"] == outcome);
    with.map(|check| check["id"].as_str().expect("an id").to_owned()).collect()
}

fn check(run: &Run, id: &str) -> Value {
    let checks = run.json()["checks"].as_array().expect("checks").clone();
    checks.into_iter().find(|check| check["id"] == id).expect("the check")
}

#[test]
fn a_healthy_tenant_passes_every_check() {
    let mut scene = Scene::new(30, 5);
    let run = scene.host(&["validate"]).ends_with(0);
    assert_eq!(with_outcome(&run, "skipped"), ["bookings"], "they are off");
    scene.set("/rooms/bookings", json!("on"));
    let run = scene.host(&["validate"]).ends_with(0);
    assert_eq!(with_outcome(&run, "passed"), CHECKS);
}

#[test]
fn where_titles_are_shown_a_room_that_hides_subjects_is_a_warning_with_the_script() {
    let mut scene = Scene::new(30, 2);
    scene.set("/rooms/bookings", json!("on"));
    let run = scene.host(&["validate"]).ends_with(0);
    let bookings = check(&run, "bookings");
    let summary = bookings["summary"].as_str().expect("a summary");
    assert!(summary.contains("replaces the subjects"), "{bookings}");
    assert_eq!(bookings["outcome"], "passed", "ONES shows no titles");

    scene.set("/rooms/bookingTitles", json!("shown"));
    let run = scene.host(&["validate"]).ends_with(0);
    let bookings = check(&run, "bookings");
    assert_eq!(bookings["outcome"], "warned", "{bookings}");
    let remedy = bookings["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("ones-host rooms policy"), "{remedy}");
}

#[test]
fn each_permission_that_is_not_granted_fails_alone() {
    for permission in ["User.Read.All", "Group.Read.All", "Place.Read.All", "Calendars.ReadWrite"] {
        let scene = Scene::new(30, 5);
        scene.revoke(permission).expect("it was granted");
        let run = scene.host(&["validate"]).ends_with(1);
        let id = format!("permission/{permission}");
        assert_eq!(with_outcome(&run, "failed"), [id.as_str()], "{run:#?}");
        let remedy = check(&run, &id)["remedy"].as_str().expect("a remedy").to_owned();
        assert!(remedy.contains("API permissions") && remedy.contains(permission), "{remedy}");
    }
}

#[test]
fn wrong_credentials_say_which_and_what_to_do() {
    let guid = "11111111-2222-4333-8444-555555555555";
    let cases = [
        ("/server/tenantId", json!(guid), "AADSTS90002", "tenant"),
        ("/server/clientId", json!(guid), "AADSTS700016", "Application (client) ID"),
        ("/server/clientSecret", json!("wrong"), "AADSTS7000215", "copy its Value"),
    ];
    for (field, value, code, remedy) in cases {
        let mut scene = Scene::new(5, 1);
        scene.set(field, value);
        let run = scene.host(&["validate"]).ends_with(1);
        assert_eq!(with_outcome(&run, "failed"), ["token"]);
        let token = check(&run, "token");
        assert!(token["detail"].as_str().is_some_and(|text| text.contains(code)), "{token}");
        assert!(
            token["detail"].as_str().is_some_and(|text| text.contains("correlation id")),
            "{token}"
        );
        assert!(token["remedy"].as_str().is_some_and(|text| text.contains(remedy)), "{token}");
        assert_eq!(token["fields"][0]["field"], field, "{token}");
    }
    let scene = Scene::new(5, 1);
    scene.update_settings(|it| it.secret_expired = true);
    let run = scene.host(&["validate"]).ends_with(1);
    let token = check(&run, "token");
    assert!(token["detail"].as_str().is_some_and(|text| text.contains("AADSTS7000222")), "{token}");
}

#[test]
fn wrong_settings_are_reported_all_at_once_without_a_request() {
    let mut scene = Scene::new(5, 1);
    scene.set("/server/tenantId", json!("contoso"));
    scene.set("/users/onlyGroups", json!(["Staff"]));
    scene.set("/users/colour", json!("red"));
    let run = scene.host(&["validate"]).ends_with(1);
    let fields = check(&run, "settings")["fields"].clone();
    let mut fields: Vec<_> =
        fields.as_array().expect("fields").iter().map(|it| it["field"].clone()).collect();
    fields.sort_by_key(Value::to_string);
    assert_eq!(fields, ["/server/tenantId", "/users/colour", "/users/onlyGroups/0"]);
    assert_eq!(scene.requests().len(), 0);

    // A sync says the same, and keeps nothing.
    let run = scene.host(&["sync", "users"]).ends_with(1);
    assert!(run.stderr.contains("/users/colour"), "{}", run.stderr);
}

#[test]
fn chosen_rooms_that_do_not_exist_are_named() {
    let mut scene = Scene::new(5, 3);
    scene.set("/rooms", json!({"select": ["nowhere@contoso.com"]}));
    let run = scene.host(&["validate"]).ends_with(0);
    assert_eq!(with_outcome(&run, "warned"), ["rooms"]);
    assert_eq!(check(&run, "rooms")["fields"][0]["field"], "/rooms/select/0");
}

#[test]
fn the_secret_appears_nowhere() {
    let scene = Scene::new(20, 3);
    let secret = scene.client_secret();
    for words in [&["validate"][..], &["sync", "rooms"], &["sync", "users"], &["users"], &["runs"]]
    {
        let run = scene.host(words).ends_with(0);
        assert!(!run.stdout.contains(&secret) && !run.stderr.contains(&secret), "{words:?}");
    }
    for file in std::fs::read_dir(scene.path("data")).expect("a folder").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "{}", file.path().display());
    }
}
