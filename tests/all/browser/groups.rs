//! Groups of the directory, users who are limited to groups, removed users, and booking rules.

use end_to_end::{Scene, text};
use serde_json::{Value, json};

use super::Desk;

/// Creates a group with one selected user. Returns the group's id and the user.
fn group_with_one_user(scene: &Scene, name: &str) -> (String, Value) {
    let user = scene.expected_users().into_values().next().expect("a user");
    let group = json!({"displayName": name, "members": [user["id"]]});
    let group = scene.create_group(group.as_object().expect("an object").clone());
    (group.expect("a group"), user)
}

#[test]
fn a_group_shows_its_users_and_a_user_their_groups() {
    let scene = Scene::new(60, 2);
    let (_, user) = group_with_one_user(&scene, "Night shift");
    let desk = Desk::connected(scene);
    desk.sync();
    desk.overview();
    desk.assert_accessible();
    desk.picture("overview-with-groups");
    desk.open(&desk.server.at("/admin/integrations/1/groups"));
    desk.sees("Staff");
    desk.assert_accessible();
    desk.picture("groups");
    desk.fill("Name or e-mail", "night");
    desk.press("Search");
    desk.press("Night shift");
    let name = text(&user, "displayName");
    desk.sees(&name);
    desk.assert_accessible();
    desk.picture("group");
    desk.press(&name);
    desk.sees("Night shift");
    desk.sees("Staff");
    desk.assert_accessible();
    desk.picture("user");
}

#[test]
fn users_are_limited_to_a_group_that_is_found_by_its_name() {
    let scene = Scene::new(60, 2);
    let (group, user) = group_with_one_user(&scene, "Night shift");
    let desk = Desk::connected(scene);
    desk.press("Settings");
    desk.press("User settings");
    desk.sees("Fire Wardens");
    desk.fill("Search", "Night");
    desk.vanishes("Fire Wardens");
    desk.tick("Night shift");
    desk.assert_accessible();
    desk.picture("only-groups");
    desk.press("Save and close");
    desk.press("Settings");
    desk.press("User settings");
    desk.sees("Night shift");
    desk.misses(&group);
    desk.press("Server settings");
    desk.press("Test settings");
    desk.sees("Users are limited to Night shift");
    desk.overview();
    desk.press("Users");
    desk.settled();
    desk.sees("Done");
    let stored: Vec<_> = desk.scene.synced_users().into_keys().collect();
    assert_eq!(stored, [text(&user, "id")]);
}

#[test]
fn the_administrator_sets_when_removed_users_are_deleted() {
    let desk = Desk::connected(Scene::new(10, 2));
    desk.tick("Delete the records later");
    desk.fill("Days after the removal", "7");
    desk.press("Save");
    desk.sees("The setting for removed users was saved");
    assert_eq!(desk.value("Days after the removal"), "7");
    desk.assert_accessible();
    let leavers = desk.scene.host(&["leavers"]).ends_with(0).stdout;
    assert!(leavers.contains('7'), "{leavers}");
    desk.fill("Days after the removal", "soon");
    desk.press("Save");
    desk.misses("No sync has run yet");
}

#[test]
fn the_booking_script_is_a_file_to_download() {
    let desk = Desk::connected(Scene::new(5, 3));
    desk.sync();
    desk.overview();
    desk.sees("the booking rules of 3 synced rooms");
    let script = "const form = document.querySelector('form[action$=\"/rooms/policy\"]');
        const request = new XMLHttpRequest();
        request.open('GET', form.action + '?' + new URLSearchParams(new FormData(form)), false);
        request.send();
        const disposition = request.getResponseHeader('content-disposition');
        return [request.status, disposition, request.responseText];";
    let answer = desk.run(script);
    assert_eq!(answer[0], 200, "{answer}");
    assert!(
        answer[1].as_str().is_some_and(|text| text.contains("ones-room-policy.ps1")),
        "{answer}"
    );
    let text_of = answer[2].as_str().expect("a text");
    for room in desk.scene.rooms() {
        assert!(text_of.contains(&format!("'{}'", text(&room, "emailAddress"))), "{text_of}");
    }
}
