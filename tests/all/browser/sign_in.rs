//! Sign-ins that succeed and that are refused.

use end_to_end::{Scene, text};
use serde_json::{Value, json};

use super::Desk;

fn user(desk: &Desk) -> Value {
    desk.scene.expected_users().into_values().next().expect("a user")
}

#[test]
fn a_known_user_signs_in_sees_their_record_and_logs_out() {
    let desk = Desk::connected(Scene::new(20, 2));
    desk.sync();
    let user = user(&desk);
    desk.open_sign_in();
    desk.assert_accessible();
    desk.picture("login");
    desk.sign_in(&text(&user, "userPrincipalName"));
    desk.sees(&text(&user, "displayName"));
    desk.sees("Staff");
    desk.misses("You are new here");
    desk.assert_accessible();
    desk.picture("me");
    let cookies = desk.cookies();
    assert!(cookies.iter().all(|cookie| cookie.http_only() == Some(true)), "{cookies:?}");
    desk.press("Log out");
    desk.open(&desk.server.at("/me"));
    desk.sees("Sign in");
    desk.misses(&text(&user, "displayName"));
}

#[test]
fn a_new_user_is_provisional_until_the_next_sync() {
    let desk = Desk::connected(Scene::new(20, 2));
    let user = user(&desk);
    desk.sign_in(&text(&user, "userPrincipalName"));
    desk.sees("You are new here");
    desk.sees("Staff");
    desk.assert_accessible();
    desk.sync();
    desk.open(&desk.server.at("/me"));
    desk.sees(&text(&user, "displayName"));
    desk.misses("You are new here");
}

#[test]
fn a_removed_or_blocked_user_is_refused_with_a_sentence() {
    let desk = Desk::connected(Scene::new(20, 2));
    desk.sync();
    let user = user(&desk);
    let (id, name) = (text(&user, "id"), text(&user, "userPrincipalName"));
    desk.sign_in(&name);
    desk.sees(&text(&user, "displayName"));
    // Blocked, and so out of scope: removed by the next sync.
    let properties = json!({"accountEnabled": false});
    desk.scene.patch_user(&id, properties.as_object().expect("an object").clone()).expect("done");
    desk.sync();
    desk.open(&desk.server.at("/me"));
    desk.misses(&text(&user, "displayName"));
    // Unblocked, but not synced yet.
    let properties = json!({"accountEnabled": true});
    desk.scene.patch_user(&id, properties.as_object().expect("an object").clone()).expect("done");
    desk.sign_in(&name);
    desk.sees("You were removed from ONES");
    desk.assert_accessible();
    desk.picture("refused");
}

#[test]
fn a_user_who_cancels_comes_back_to_a_plain_sentence() {
    let desk = Desk::connected(Scene::new(20, 2));
    desk.open_sign_in();
    desk.press("Sign in with Microsoft");
    desk.press("Cancel");
    desk.sees("The user declined what Microsoft asked for");
    desk.assert_accessible();
    desk.press("Back to sign in");
    desk.sees("Sign in with Microsoft");
}

#[test]
fn a_callback_of_an_unknown_sign_in_is_refused() {
    let desk = Desk::connected(Scene::new(20, 2));
    desk.scene.clear_requests();
    desk.open(&desk.server.at("/sign-in/callback?code=stolen&state=guessed"));
    desk.sees("No sign-in is pending in this browser");
    desk.assert_accessible();
    assert_eq!(desk.scene.requests().len(), 0);
}
