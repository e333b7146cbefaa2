//! Groups of the directory, those who leave, and people who are limited to groups.

use end_to_end::{Scene, text};
use serde_json::{Value, json};

use super::Desk;

/// A group with somebody whom the default settings select; the group's id and the person.
fn group_with_somebody(scene: &Scene, name: &str) -> (String, Value) {
    let person = scene.people_in_truth().into_values().next().expect("somebody");
    let group = json!({"displayName": name, "members": [person["id"]]});
    let group = scene.create_group(group.as_object().expect("an object").clone());
    (group.expect("a group"), person)
}

#[test]
fn a_group_shows_its_people_and_a_person_their_groups() {
    let scene = Scene::of(60, 2);
    let (_, person) = group_with_somebody(&scene, "Night shift");
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
    let name = text(&person, "displayName");
    desk.sees(&name);
    desk.assert_accessible();
    desk.picture("group");
    desk.press(&name);
    desk.sees("Night shift");
    desk.sees("Staff");
    desk.assert_accessible();
    desk.picture("person");
}

#[test]
fn people_are_limited_to_a_group_that_is_found_by_its_name() {
    let scene = Scene::of(60, 2);
    let (group, person) = group_with_somebody(&scene, "Night shift");
    let desk = Desk::connected(scene);
    desk.press("Settings");
    desk.press("User settings");
    desk.fill("Search", "Night");
    desk.sees("Night shift");
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
    desk.press("People");
    desk.settled();
    desk.sees("Done");
    let kept: Vec<_> = desk.scene.people().into_keys().collect();
    assert_eq!(kept, [text(&person, "id")]);
}

#[test]
fn what_becomes_of_those_who_leave_is_the_administrators_to_say() {
    let desk = Desk::connected(Scene::of(10, 2));
    desk.tick("are deleted for good later");
    desk.fill("Days after the removal", "7");
    desk.press("Save");
    desk.sees("People who leave");
    assert_eq!(desk.value("Days after the removal"), "7");
    desk.assert_accessible();
    let leavers = desk.scene.host(&["leavers"]).ends_with(0).stdout;
    assert!(leavers.contains('7'), "{leavers}");
    desk.fill("Days after the removal", "soon");
    desk.press("Save");
    desk.misses("It was never synced");
}

#[test]
fn the_booking_script_is_a_file_to_download() {
    let desk = Desk::connected(Scene::of(5, 3));
    desk.sync();
    desk.overview();
    desk.sees("A script lets the 3 synced rooms");
    let script = "const form = document.querySelector('form[action$=\"/rooms/policy\"]');
        const request = new XMLHttpRequest();
        request.open('GET', form.action + '?' + new URLSearchParams(new FormData(form)), false);
        request.send();
        return [request.status, request.getResponseHeader('content-disposition'), request.responseText];";
    let answer = desk.run(script);
    assert_eq!(answer[0], 200, "{answer}");
    assert!(answer[1].as_str().is_some_and(|it| it.contains("ones-room-policy.ps1")), "{answer}");
    let text_of = answer[2].as_str().expect("a text");
    for room in desk.scene.rooms() {
        assert!(text_of.contains(&format!("'{}'", text(&room, "emailAddress"))), "{text_of}");
    }
}
