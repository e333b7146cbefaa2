//! The state of notifications, on the page of an integration and on the command line.

use std::process::Command;

use serde_json::Value;

use super::{endpoint::*, upkeep::World};
use crate::served::*;

/// The output of the program about the data of a world.
fn printed(world: &World, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ones-host"))
        .args(words)
        .arg("--data")
        .arg(world.ones.folder.path())
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_page_of_an_integration_shows_what_is_watched_and_why_not() {
    let notified = Notified::new();
    let mut admin = notified.served.admin();
    let place = format!("/admin/integrations/{}", notified.served.contoso().get());
    admin.get(&place).says(200, "Contoso Cloud reports changes to this server: 2 rooms.");
    notified.notify(&["s1"], "changed");
    admin.get(&place).says(200, "Last notification: ");
    notified.served.vendor.notifier.state().refused.insert("a".to_owned());
    notified.notify(&["s1"], "ended");
    wait_until(|| admin.get(&place).body.contains("1 failed: A"));
    admin.get(&place).says(200, "1 of 2 rooms.");
    admin.get(&place).says(200, "The vendor does not answer");
}

#[test]
fn the_page_of_an_integration_says_that_notifications_need_a_public_address() {
    let served = Served::with_contoso();
    let place = format!("/admin/integrations/{}", served.contoso().get());
    let mut admin = served.admin();
    let title = "Notifications of changes";
    assert!(!admin.get(&place).body.contains(title), "nothing is synced by itself");
    admin.post(&format!("{place}/schedule"), &[("every", "3600")]);
    admin.get(&place).says(200, title);
    admin.get(&place).says(200, "it has no public https address");
}

#[test]
fn the_command_line_lists_what_is_watched_and_why_not() {
    let mut world = World::new(["r1", "r2", "r3"]);
    // Where no clock that runs the tests will be.
    world.now = "2227-01-11T10:00:00Z".parse().unwrap();
    let off = printed(&world, &["notifications"]);
    assert!(off.starts_with("Notifications are off\n    → Run `ones-host serve`"), "{off}");
    world.vendor.state().refused.insert("r2".to_owned());
    world.upkeep();
    let text = printed(&world, &["notifications"]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "Notifications: 2 of 3 rooms");
    assert!(lines[1].starts_with("✗ 1 failed: R2, since 2227-01-11T10:00:00Z"), "{text}");
    assert_eq!(lines[2], "    The vendor does not answer (timeout)");
    assert_eq!(lines[3], "    → Try again later");
    assert_eq!(lines[4], "No notification was received yet");
    assert_eq!(lines[5], "Changes of 2 subjects wait for a sync");
    let json: Value =
        serde_json::from_str(&printed(&world, &["notifications", "--format", "json"])).unwrap();
    assert_eq!(json["rooms"], serde_json::json!({ "wanted": 3, "watched": 2 }));
    assert_eq!(json["failing"][0]["names"], serde_json::json!(["R2"]));
    assert_eq!(json["failing"][0]["problem"]["code"], "timeout");
    assert_eq!((&json["waiting"], &json["receivedAt"]), (&2.into(), &Value::Null));
}
