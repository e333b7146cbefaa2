//! People sign in, and are sent away.

use end_to_end::{Scene, text};
use serde_json::{Value, json};

use super::Desk;

fn person(desk: &Desk) -> Value {
    desk.scene.people_in_truth().into_values().next().expect("a person")
}

#[test]
fn who_is_known_signs_in_sees_who_they_are_and_logs_out() {
    let desk = Desk::connected(Scene::of(20, 2));
    desk.sync();
    let person = person(&desk);
    desk.as_anybody();
    desk.assert_accessible();
    desk.picture("login");
    desk.sign_in(&text(&person, "userPrincipalName"));
    desk.sees(&text(&person, "displayName"));
    desk.sees("Staff");
    desk.misses("You are new here");
    desk.assert_accessible();
    desk.picture("me");
    let cookies = desk.cookies();
    assert!(cookies.iter().all(|it| it.http_only() == Some(true)), "{cookies:?}");
    desk.press("Log out");
    desk.open(&desk.server.at("/me"));
    desk.sees("Sign in");
    desk.misses(&text(&person, "displayName"));
}

#[test]
fn who_is_new_is_provisional_until_a_sync_tells_of_them() {
    let desk = Desk::connected(Scene::of(20, 2));
    let person = person(&desk);
    desk.sign_in(&text(&person, "userPrincipalName"));
    desk.sees("You are new here");
    desk.sees("Staff");
    desk.assert_accessible();
    desk.sync();
    desk.open(&desk.server.at("/me"));
    desk.sees(&text(&person, "displayName"));
    desk.misses("You are new here");
}

#[test]
fn who_was_removed_or_blocked_is_sent_away_with_a_sentence() {
    let desk = Desk::connected(Scene::of(20, 2));
    desk.sync();
    let person = person(&desk);
    let (id, name) = (text(&person, "id"), text(&person, "userPrincipalName"));
    desk.sign_in(&name);
    desk.sees(&text(&person, "displayName"));
    // Blocked, and so out of scope: removed by the next sync.
    let properties = json!({"accountEnabled": false});
    desk.scene.patch_user(&id, properties.as_object().expect("an object").clone()).expect("done");
    desk.sync();
    desk.open(&desk.server.at("/me"));
    desk.misses(&text(&person, "displayName"));
    // Unblocked, but no sync told of it yet.
    let properties = json!({"accountEnabled": true});
    desk.scene.patch_user(&id, properties.as_object().expect("an object").clone()).expect("done");
    desk.sign_in(&name);
    desk.sees("You were removed from ONES");
    desk.assert_accessible();
    desk.picture("sent-away");
}

#[test]
fn who_cancels_comes_back_to_a_plain_sentence() {
    let desk = Desk::connected(Scene::of(20, 2));
    desk.as_anybody();
    desk.press("Sign in with Microsoft");
    desk.press("Cancel");
    desk.sees("The user declined what Microsoft asked for");
    desk.assert_accessible();
    desk.press("Back to sign in");
    desk.sees("Sign in with Microsoft");
}

#[test]
fn an_answer_from_elsewhere_signs_nobody_in() {
    let desk = Desk::connected(Scene::of(20, 2));
    desk.scene.clear_requests();
    desk.open(&desk.server.at("/sign-in/callback?code=stolen&state=guessed"));
    desk.sees("No sign-in is under way in this browser");
    desk.assert_accessible();
    assert_eq!(desk.scene.requests().len(), 0);
}
