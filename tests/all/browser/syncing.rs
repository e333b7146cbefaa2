//! Syncs, their progress, and held removals.

use end_to_end::{Scene, text};
use m365_emulator::{Fault, Then};

use super::Desk;

#[test]
fn a_sync_shows_its_progress() {
    let desk = Desk::connected(Scene::new(2_500, 2));
    // The second page of users waits until the page shows the first.
    let hold = Fault::once("/v1.0/users", Then::Hold {}).with_query("$skiptoken");
    desk.scene.add_fault(hold).expect("a fault");
    desk.press("Users");
    desk.sees("A sync is running");
    desk.sees("so far");
    desk.assert_accessible();
    desk.picture("progress");
    desk.scene.set_faults(Vec::new()).expect("no faults");
    desk.settled();
    desk.sees("Done");
    assert_eq!(desk.scene.synced_users().len(), desk.scene.expected_users().len());
}

#[test]
fn held_removals_wait_for_a_decision() {
    let desk = Desk::connected(Scene::new(40, 2));
    desk.sync();
    let before = desk.scene.synced_users();
    let leavers: Vec<_> = before.keys().take(12).cloned().collect();
    for id in &leavers {
        desk.scene.delete_user(id).expect("a user");
    }
    desk.sync();
    desk.sees("12 removals are held");
    assert_eq!(desk.scene.synced_users().len(), before.len(), "no user is removed yet");
    desk.press("Review the held removals");
    let (stored, gone) = (&before[&leavers[0]], &before[&leavers[1]]);
    desk.sees(&text(stored, "displayName"));
    desk.assert_accessible();
    desk.picture("held-removals");
    desk.run(&format!("document.querySelector('input[value$=\"{}\"]').click()", leavers[0]));
    desk.press("Discard selected");
    desk.sees("11");
    desk.press("Approve all 11");
    desk.sees("No removals are held");
    let after = desk.scene.synced_users();
    assert!(after.contains_key(&leavers[0]), "{stored}");
    assert!(!after.contains_key(&leavers[1]), "{gone}");
    assert_eq!(after.len(), before.len() - 11);
}

#[test]
fn rooms_users_and_runs_are_listed_and_found() {
    let desk = Desk::connected(Scene::new(150, 30));
    desk.sync();
    let user = desk.scene.synced_users().into_values().last().expect("a user");
    for (page, name) in [
        ("users", text(&user, "displayName")),
        ("rooms", text(&desk.scene.rooms()[4], "displayName")),
    ] {
        desk.open(&desk.server.at(&format!("/admin/integrations/1/{page}")));
        desk.assert_accessible();
        desk.picture(page);
        desk.fill("Name or e-mail", &name);
        desk.press("Search");
        desk.sees(&name);
    }
    desk.open(&desk.server.at("/admin/integrations/1/runs"));
    desk.sees("Rooms ·");
    desk.assert_accessible();
    desk.picture("runs");
}
