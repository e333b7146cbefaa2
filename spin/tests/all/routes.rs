//! Every route, for somebody who does all right.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::front::{Front, Setting};

/// The values of lines that are of this kind.
pub(crate) fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter_map(|it| it.get(kind)).collect()
}

fn ids<'a>(records: impl IntoIterator<Item = &'a Value>, name: &str) -> BTreeSet<String> {
    records.into_iter().map(|it| it[name].as_str().unwrap().to_owned()).collect()
}

/// People as the tenant knows them, rooms left out: those that the default settings select.
pub(crate) fn people(front: &Front) -> BTreeSet<String> {
    let rooms = ids(&front.rooms(), "emailAddress");
    let users = front.users();
    let selected = users.iter().filter(|it| {
        it["accountEnabled"] == json!(true)
            && it["userType"] != "Guest"
            && !rooms.contains(it["mail"].as_str().unwrap_or_default())
    });
    ids(selected, "id")
}

#[test]
fn the_first_page_leads_on() {
    Setting::of(1, 1).under_spin(|front| {
        let page = front.get("/", "");
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        for path in
            ["/describe", "/validate", "/sync/rooms", "/sync/users/ack", "/sign-in", "/callback"]
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
    Setting::of(1, 1).under_spin(|front| {
        let described = front.get("/describe", "").json();
        assert_eq!(described["name"], "Office 365");
        let server = &described["settingsSchema"]["properties"]["server"]["properties"];
        assert_eq!(server["clientSecret"]["writeOnly"], true);
        assert_eq!(front.requests().len(), 0, "nobody is asked");
    });
}

#[test]
fn settings_are_tried() {
    Setting::of(5, 2).under_spin(|front| {
        let report = front.post("/validate", &json!({})).json();
        let checks = report["checks"].as_array().unwrap();
        assert!(checks.len() >= 8, "{report:#}");
        assert!(checks.iter().all(|it| it["outcome"] == "passed"), "{report:#}");
        front.revoke("Place.Read.All").unwrap();
        let report = front.post("/validate", &json!({})).json();
        let failed =
            report["checks"].as_array().unwrap().iter().find(|it| it["outcome"] == "failed");
        let failed = failed.unwrap();
        assert_eq!(failed["id"], "permission/Place.Read.All");
        assert!(failed["remedy"].is_string());
    });
}

#[test]
fn rooms_come_as_lines() {
    Setting::of(5, 30).under_spin(|front| {
        let lines = front.sync("rooms", &json!({}));
        assert_eq!(ids(of(&lines, "room"), "email"), ids(&front.rooms(), "emailAddress"));
        assert_eq!(of(&lines, "batch")[0]["subject"], "rooms");
        let summary = &lines.last().unwrap()["summary"];
        assert_eq!(summary["complete"], true);
    });
}

#[test]
fn people_come_as_lines_and_the_next_time_only_what_changed() {
    Setting::of(60, 3).under_spin(|front| {
        let lines = front.sync("users", &json!({}));
        assert_eq!(ids(of(&lines, "user"), "id"), people(front));
        assert!(!of(&lines, "group").is_empty(), "{:#?}", of(&lines, "batch"));
        assert!(!of(&lines, "memberAdded").is_empty());
        let [.., checkpoint, summary] = &lines[..] else { panic!("{lines:?}") };
        assert!(checkpoint["checkpoint"].is_string() && summary["summary"].is_object());
        let run = &summary["run"];

        let id = people(front).into_iter().next().unwrap();
        let renamed = json!({ "displayName": "Somebody Else" });
        front.patch_user(&id, serde_json::from_value(renamed).unwrap()).unwrap();
        let lines = front.sync("users", &json!({ "ack": run }));
        let told = of(&lines, "user");
        assert_eq!(told.len(), 1, "{lines:#?}");
        assert_eq!(
            (&told[0]["id"], &told[0]["displayName"]),
            (&json!(id), &json!("Somebody Else"))
        );
        let of_users = of(&lines, "batch").into_iter().find(|it| it["subject"] == "users");
        assert_eq!(of_users.unwrap()["mode"], "incremental");

        let lines = front.sync("users", &json!({ "full": true }));
        assert_eq!(ids(of(&lines, "user"), "id"), people(front));
    });
}

#[test]
fn a_checkpoint_of_ones_own_is_gone_on_from() {
    Setting::of(20, 2).under_spin(|front| {
        let lines = front.sync("users", &json!({}));
        let checkpoint = *of(&lines, "checkpoint").last().unwrap();
        front.sync("users", &json!({ "full": true }));
        let lines = front.sync("users", &json!({ "since": checkpoint }));
        assert_eq!(of(&lines, "user").len(), 0, "{lines:#?}");
        assert!(lines.last().unwrap().get("run").is_none(), "nothing is stored of it");
    });
}

#[test]
fn settings_can_come_with_the_request() {
    let nothing = |setting: Setting, name| setting.variable(name, None);
    let setting =
        ["tenant_id", "client_id", "client_secret"].into_iter().fold(Setting::of(20, 2), nothing);
    setting.under_spin(|front| {
        let settings = front.settings(&front.client_secret());
        let lines = front.sync("users", &json!({ "settings": settings }));
        assert_eq!(ids(of(&lines, "user"), "id"), people(front));
    });
}
