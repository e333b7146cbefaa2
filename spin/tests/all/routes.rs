//! Every route, with correct requests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::front::{Front, Setting};

/// Returns the values of the lines of this kind.
pub(crate) fn lines_of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter_map(|line| line.get(kind)).collect()
}

fn ids<'a>(records: impl IntoIterator<Item = &'a Value>, name: &str) -> BTreeSet<String> {
    records.into_iter().map(|record| record[name].as_str().unwrap().to_owned()).collect()
}

/// Returns the ids of the users that the default settings select. Accounts of rooms are none.
pub(crate) fn selected_users(front: &Front) -> BTreeSet<String> {
    let rooms = ids(&front.rooms(), "emailAddress");
    let users = front.users();
    let selected = users.iter().filter(|user| {
        user["accountEnabled"] == json!(true)
            && user["userType"] != "Guest"
            && !rooms.contains(user["mail"].as_str().unwrap_or_default())
    });
    ids(selected, "id")
}

#[test]
fn the_page_lists_the_routes() {
    Setting::with(1, 1).run(|front| {
        let page = front.get("/", "");
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        for path in
            ["/describe", "/validate", "/sync/rooms", "/sync/bookings", "/sign-in", "/callback"]
        {
            assert!(page.text.contains(path), "{path}");
        }
        let head = front.head("/");
        assert_eq!((head.status, head.header("content-type")), (200, page.header("content-type")));
        assert_eq!(head.text, "");
        let page = front.get("/elsewhere", "");
        page.problem(404, "not-found");
    });
}

#[test]
fn the_plugin_describes_itself() {
    Setting::with(1, 1).run(|front| {
        let described = front.get("/describe", "").json();
        assert_eq!(described["name"], "Office 365");
        let server = &described["settingsSchema"]["properties"]["server"]["properties"];
        assert_eq!(server["clientSecret"]["writeOnly"], true);
        assert_eq!(front.requests().len(), 0, "no request is sent");
    });
}

#[test]
fn validate_reports_a_missing_permission() {
    Setting::with(5, 2).run(|front| {
        let report = front.post("/validate", &json!({})).json();
        let checks = report["checks"].as_array().unwrap();
        assert!(checks.len() >= 8, "{report:#}");
        // Bookings are off.
        let is_good = |check: &Value| check["outcome"] == "passed" || check["id"] == "bookings";
        assert!(checks.iter().all(is_good), "{report:#}");
        front.revoke("Place.Read.All").unwrap();
        let report = front.post("/validate", &json!({})).json();
        let failed =
            report["checks"].as_array().unwrap().iter().find(|check| check["outcome"] == "failed");
        let failed = failed.unwrap();
        assert_eq!(failed["id"], "permission/Place.Read.All");
        assert!(failed["remedy"].is_string());
    });
}

#[test]
fn rooms_are_lines() {
    Setting::with(5, 30).run(|front| {
        let lines = front.sync("rooms", &json!({}));
        assert_eq!(ids(lines_of(&lines, "room"), "email"), ids(&front.rooms(), "emailAddress"));
        assert_eq!(lines_of(&lines, "batch")[0]["subject"], "rooms");
        let summary = &lines.last().unwrap()["summary"];
        assert_eq!(summary["complete"], true);
    });
}

#[test]
fn users_are_lines_and_after_an_acknowledgement_only_changes_are() {
    Setting::with(60, 3).run(|front| {
        let lines = front.sync("users", &json!({}));
        assert_eq!(ids(lines_of(&lines, "user"), "id"), selected_users(front));
        assert!(!lines_of(&lines, "group").is_empty(), "{:#?}", lines_of(&lines, "batch"));
        assert!(!lines_of(&lines, "memberAdded").is_empty());
        let [.., checkpoint, summary] = &lines[..] else { panic!("{lines:?}") };
        assert!(checkpoint["checkpoint"].is_string() && summary["summary"].is_object());
        let run = &summary["run"];

        let id = selected_users(front).into_iter().next().unwrap();
        let renamed = json!({ "displayName": "Another Name" });
        front.patch_user(&id, serde_json::from_value(renamed).unwrap()).unwrap();
        let lines = front.sync("users", &json!({ "ack": run }));
        let users = lines_of(&lines, "user");
        assert_eq!(users.len(), 1, "{lines:#?}");
        assert_eq!(
            (&users[0]["id"], &users[0]["displayName"]),
            (&json!(id), &json!("Another Name"))
        );
        let batch = lines_of(&lines, "batch").into_iter().find(|batch| batch["subject"] == "users");
        assert_eq!(batch.unwrap()["mode"], "incremental");

        let lines = front.sync("users", &json!({ "full": true }));
        assert_eq!(ids(lines_of(&lines, "user"), "id"), selected_users(front));
    });
}

#[test]
fn a_sync_continues_from_a_checkpoint_in_the_request() {
    Setting::with(20, 2).run(|front| {
        let lines = front.sync("users", &json!({}));
        let checkpoint = *lines_of(&lines, "checkpoint").last().unwrap();
        front.sync("users", &json!({ "full": true }));
        let lines = front.sync("users", &json!({ "since": checkpoint }));
        assert_eq!(lines_of(&lines, "user").len(), 0, "{lines:#?}");
        assert!(
            lines.last().unwrap().get("run").is_none(),
            "nothing is stored, so there is nothing to acknowledge"
        );
    });
}

#[test]
fn settings_can_come_with_the_request() {
    let without = |setting: Setting, name| setting.variable(name, None);
    let setting =
        ["tenant_id", "client_id", "client_secret"].into_iter().fold(Setting::with(20, 2), without);
    setting.run(|front| {
        let settings = front.settings(&front.client_secret());
        let lines = front.sync("users", &json!({ "settings": settings }));
        assert_eq!(ids(lines_of(&lines, "user"), "id"), selected_users(front));
    });
}
