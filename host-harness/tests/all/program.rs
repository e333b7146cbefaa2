//! The commands of the program that need no plugin.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::json;
use tempfile::TempDir;

use crate::fake::*;

pub(crate) fn program(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ones-host"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
pub(crate) fn check(folder: &Path, args: &[&str], code: i32, stderr: &str) -> String {
    let output = program(folder, args);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert!(errors.contains(stderr), "{args:?}: {errors}");
    text(&output.stdout)
}

#[test]
fn wrong_usage_is_reported_with_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    check(folder, &["frobnicate"], 2, "frobnicate");
    check(folder, &["describe", "--frob"], 2, "--frob");
    check(folder, &["validate"], 2, "--integration NAME");
    check(folder, &["sync", "users"], 2, "--settings FILE");
    check(folder, &["sync"], 2, "");
    check(folder, &["describe"], 2, "--plugin FILE");
    check(folder, &["rooms", "--settings", "s", "--integration", "x"], 2, "cannot be used with");
    check(folder, &["rooms", "--max-removals-percent", "101"], 2, "101");
    check(folder, &["--settings", "nowhere.json", "validate"], 2, "nowhere.json");
    check(folder, &["serve", "--trusted-proxy", "10.0.0.0/33"], 2, "a network such as 10.0.0.0/8");
}

#[test]
fn stored_settings_are_used_by_name() {
    let ones = Ones::with_users(&ids(1));
    let folder = ones.folder.path();
    let mut store = ones.open();
    let settings = serde_json::json!({ "server": { "name": "Kept" } }).into();
    store.keep_settings(None, &settings, &key(&ones)).unwrap();
    drop(store);
    for command in [["validate"].as_slice(), &["sync", "rooms"]] {
        let check = |name, code, says| {
            let args = [command, &["--data", ".", "--integration", name]].concat();
            check(folder, &args, code, says);
        };
        // Then only the plugin is missing.
        check("Kept", 2, "--plugin FILE");
        check(NAME, 1, "no settings are stored for \"Contoso\"");
        check("Nope", 2, "known: Contoso, Kept");
    }
    std::fs::write(folder.join("ones.key"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        .unwrap();
    let args = ["validate", "--data", ".", "--integration", "Kept", "--format", "json"];
    let stdout = check(folder, &args, 1, "ones.key");
    assert!(stdout.contains("settings-sealed"), "{stdout}");
    std::fs::write(folder.join("ones.key"), "no key").unwrap();
    check(folder, &args, 1, "./ones.key holds no key");
}

#[test]
fn wrong_contents_of_the_settings_end_with_exit_code_1() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for (text, says) in [
        ("{", "not JSON"),
        (r#"{"server": {"name": "x", "clientSecret": "${NOT_SET}"}}"#, "NOT_SET"),
    ] {
        std::fs::write(folder.join("settings.json"), text).unwrap();
        check(folder, &["validate", "--settings", "settings.json"], 1, says);
        check(folder, &["sync", "users", "--settings", "settings.json"], 1, says);
    }
}

#[test]
fn a_list_needs_only_the_name_of_the_settings() {
    let ones = Ones::with_users(&ids(2));
    let folder = ones.folder.path();
    let settings = r#"{"server": {"name": "Contoso", "clientSecret": "${NOT_SET}"}}"#;
    std::fs::write(folder.join("settings.json"), settings).unwrap();
    for list in ["rooms", "users", "runs", "removals"] {
        check(folder, &[list, "--data", ".", "--settings", "settings.json"], 0, "");
    }
    std::fs::write(folder.join("settings.json"), "{}").unwrap();
    check(folder, &["users", "--data", ".", "--settings", "settings.json"], 1, "/server/name");
}

#[test]
fn json_is_complete_and_controls_no_terminal() {
    let mut ones = Ones::new();
    let name = "a\u{7f}\u{9b}2J\u{1b}[31mé\u{85}\u{61c}\u{180e}\u{fff9}\u{e0041}\u{202e}\u{2066}";
    let evil = ones_host::model::User { display_name: name.to_owned(), ..user("a") };
    let changes = vec![ones_host::model::UserChange::User(evil)];
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
    let args = ["users", "--data", ".", "--format", "json"];
    let stdout = check(ones.folder.path(), &args, 0, "");
    assert!(stdout.trim().chars().all(|it| it == 'é' || it.is_ascii_graphic()), "{stdout:?}");
    assert!(stdout.contains("\\u061c\\u180e\\ufff9\\udb40\\udc41\\u202e\\u2066"), "{stdout}");
    let value: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(value["displayName"], name);
}

#[test]
fn misleading_characters_are_left_out_of_a_list_and_those_of_names_are_not() {
    let mut ones = Ones::new();
    let name = "Z\u{202e}o\u{61c}\u{180e}\u{fff9}\u{fffa}\u{fffb}ë\u{e0001}\u{e0041}\
                \u{2066}\u{2069}\u{200b}\u{1b}\u{9b}";
    let evil = ones_host::model::User { display_name: name.to_owned(), ..user("a") };
    let persian =
        ones_host::model::User { display_name: "علی\u{200c}رضا".to_owned(), ..user("b") };
    let changes = [evil, persian].map(ones_host::model::UserChange::User).to_vec();
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
    let stdout = check(ones.folder.path(), &["users", "--data", "."], 0, "");
    assert!(stdout.contains("Zoë ") && stdout.contains("علی\u{200c}رضا"), "{stdout:?}");
}

#[test]
fn a_failure_is_printed_on_stderr_and_as_json_on_stdout() {
    let folder = TempDir::new().unwrap();
    let args = ["--format", "json", "describe", "--plugin", "nowhere.wasm"];
    let stdout = check(folder.path(), &args, 1, "nowhere.wasm");
    let value: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(value["error"]["code"], "plugin-unreadable");
}

#[test]
fn the_one_component_in_target_need_not_be_named() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("target")).unwrap();
    std::fs::write(folder.path().join("target/a.wasm"), "no component").unwrap();
    check(folder.path(), &["describe"], 1, "target/a.wasm is no WebAssembly component");
    std::fs::write(folder.path().join("target/b.wasm"), "").unwrap();
    check(folder.path(), &["describe"], 2, "--plugin FILE");
}

#[test]
fn lists_are_one_json_object_a_line() {
    let ones = Ones::with_users(&ids(2));
    let folder = ones.folder.path();
    let stdout = check(folder, &["users", "--format", "json", "--data", "."], 0, "");
    let lines: Vec<serde_json::Value> =
        stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["displayName"], "P000");
    assert_eq!(lines[0]["cardNumber"], serde_json::Value::Null);
    assert_eq!(lines[0].get("removed"), None);
    let stdout = check(folder, &["runs", "--format", "json", "--data", "."], 0, "");
    assert!(stdout.contains(r#""kind":"user","state":"done""#), "{stdout}");
}

#[test]
fn removed_users_are_listed_only_with_all() {
    let mut ones = Ones::with_users(&ids(20));
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("p001")])])).unwrap();
    let folder = ones.folder.path();
    let list = |more: &[&str]| {
        let args = [&["users", "--format", "json", "--data", "."], more].concat();
        check(folder, &args, 0, "")
    };
    assert_eq!(list(&[]).lines().count(), 19);
    let all = list(&["--all"]);
    assert_eq!(all.lines().count(), 20);
    assert!(all.contains(r#""reason":"permanent""#), "{all}");
}

#[test]
fn held_removals_are_listed_and_decided_on() {
    let mut ones = Ones::with_users(&ids(30));
    let changes = ids(12).iter().map(|it| gone(it)).collect();
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    let folder = ones.folder.path();
    let run = |args: &[&str]| {
        check(folder, &[args, &["--format", "json", "--data", "."]].concat(), 0, "")
    };
    let list = run(&["removals"]);
    assert_eq!(list.lines().count(), 12);
    let first: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["id"], &first["kind"], &first["reason"]),
        (&"p000".into(), &"user".into(), &"permanent".into())
    );
    check(folder, &["removals", "approve", "unknown", "--data", "."], 1, "unknown");
    assert_eq!(run(&["removals", "approve", "p000"]), "{\"removed\":1,\"held\":11}\n");
    assert_eq!(run(&["removals", "discard"]), "{\"discarded\":11,\"held\":0}\n");
    assert_eq!(run(&["removals", "list"]), "");
}

#[test]
fn groups_are_listed_with_those_of_ones_last() {
    let mut ones = Ones::new();
    ones.options.default_groups = vec!["Staff".to_owned()];
    let users = batch(COMPLETE, "c1", vec![reported("a"), reported("b")]);
    let groups = vec![group("g"), within("g", "b"), group("h"), group("i")];
    let source = &mut Fake::users([users, of_groups(COMPLETE, "c2", groups)]);
    ones.sync_users(source).unwrap();
    let removed = of_groups(CHANGES, "c3", vec![group_gone("h")]);
    ones.sync_users(&mut Fake::users([removed])).unwrap();
    let folder = ones.folder.path();
    let list = |more: &[&str]| -> Vec<serde_json::Value> {
        let args = [&["groups", "--format", "json", "--data", "."], more].concat();
        let stdout = check(folder, &args, 0, "");
        stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    };
    assert_eq!(
        list(&[]),
        [
            json!({"id": "g", "name": "G", "description": "All of g", "email": "g@contoso.com",
                "source": "directory", "members": 1}),
            json!({"id": "i", "name": "I", "description": "All of i", "email": "i@contoso.com",
                "source": "directory", "members": 0}),
            json!({"id": null, "name": "Staff", "description": null, "email": null,
                "source": "ones", "members": 2}),
        ]
    );
    let all = list(&["--all", "--members"]);
    assert_eq!(all[0]["memberIds"], json!(["b"]));
    assert_eq!(all[1]["removed"]["reason"], "soft");
    assert_eq!(all[3]["memberIds"], json!(["a", "b"]));
    let text = check(folder, &["groups", "--members", "--data", "."], 0, "");
    assert!(text.contains("All of g\n    b\n") && text.contains("[made in ONES]"), "{text}");
}

#[test]
fn the_setting_for_removed_users_is_printed_and_changed() {
    let ones = Ones::with_users(&ids(2));
    let folder = ones.folder.path();
    let run = |args: &[&str]| {
        check(folder, &[&["leavers"], args, &["--format", "json", "--data", "."]].concat(), 0, "")
    };
    assert_eq!(run(&[]), "{\"leavers\":\"disable\"}\n");
    assert_eq!(run(&["remove", "--after", "30"]), "{\"leavers\":\"remove\",\"afterDays\":30}\n");
    assert_eq!(run(&[]), "{\"leavers\":\"remove\",\"afterDays\":30}\n");
    let text = check(folder, &["leavers", "--data", "."], 0, "");
    assert_eq!(
        text,
        "Removed users cannot sign in. Their records are deleted 30 days after the removal\n"
    );
    assert_eq!(run(&["disable"]), "{\"leavers\":\"disable\"}\n");
    for wrong in ["0", "3651", "x"] {
        check(folder, &["leavers", "remove", "--after", wrong, "--data", "."], 2, wrong);
    }
    check(folder, &["leavers", "remove", "--data", "."], 2, "--after");
}

#[test]
fn a_policy_needs_settings_and_a_plugin() {
    let mut ones = Ones::with_users(&ids(1));
    let folder = ones.folder.path().to_owned();
    // Only the plugin checks whether there are rooms.
    let policy = ["rooms", "policy", "--data", ".", "--settings", "settings.json"];
    check(&folder, &["rooms", "policy", "--data", "."], 2, "--settings FILE");
    std::fs::write(folder.join("settings.json"), r#"{"server": {"name": "Contoso"}}"#).unwrap();
    ones.sync_rooms(&mut Fake::rooms(["attic"])).unwrap();
    check(&folder, &policy, 2, "--plugin FILE");
    check(&folder, &["rooms", "policy", "--window-days", "1081"], 2, "1081");
    check(&folder, &["rooms", "--all", "policy"], 2, "policy");
    assert!(check(&folder, &["rooms", "--all", "--data", "."], 0, "").contains("ATTIC"));
}

#[test]
fn the_help_of_a_policy_explains_subjects_and_private_meetings() {
    let folder = TempDir::new().unwrap();
    let help = check(folder.path(), &["rooms", "policy", "--help"], 0, "");
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "--hide-subject Replace the subject of a meeting by the name of its organizer. \
        Without this option, the room's calendar keeps the subject, and a meeting \
        marked private stays private";
    assert!(help.contains(words), "{help}");
}

#[test]
fn an_integration_is_selected_by_name() {
    let mut ones = Ones::with_users(&ids(2));
    let folder = ones.folder.path().to_owned();
    check(&folder, &["users", "--data", "."], 0, "");
    check(&folder, &["users", "--data", ".", "--integration", "Nope"], 2, "known: Contoso");
    let source = &mut Fake::users([batch(COMPLETE, "x", vec![reported("q")])]);
    ones.sync(source, |sync| sync.users("Other")).unwrap();
    check(&folder, &["users", "--data", "."], 2, "one of: Contoso, Other");
    let stdout = check(&folder, &["users", "--data", ".", "--integration", "Other"], 0, "");
    assert_eq!(stdout.lines().count(), 1);
}

#[test]
fn without_a_sync_there_is_nothing_to_list() {
    let folder = TempDir::new().unwrap();
    check(folder.path(), &["users"], 1, "there is no data in ones-data");
    check(folder.path(), &["removals", "approve"], 1, "there is no data");
    assert!(!folder.path().join("ones-data").exists());
}

#[test]
fn a_name_cannot_control_the_terminal() {
    let mut ones = Ones::new();
    let evil = ones_host::model::User {
        display_name: "\u{1b}[2J\u{202e}go\u{2068}ne".to_owned(),
        ..user("a")
    };
    let changes = vec![ones_host::model::UserChange::User(evil)];
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
    let stdout = check(ones.folder.path(), &["users", "--data", "."], 0, "");
    assert!(!stdout.contains(['\u{1b}', '\u{202e}']) && stdout.contains("gone"), "{stdout}");
}
