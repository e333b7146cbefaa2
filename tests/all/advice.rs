//! The advice for administrators after a refusal of Microsoft.

use end_to_end::{Scene, text};
use m365_emulator::{Fault, Then, TokenFault};
use serde_json::{Value, json};

/// One of the checks of "Test settings".
fn check(scene: &Scene, id: &str) -> Value {
    let run = scene.host(&["validate"]).json();
    let checks = run["checks"].as_array().expect("checks").clone();
    checks.into_iter().find(|check| check["id"] == id).expect("the check")
}

/// Returns the check of the token, where the token endpoint refuses with this code.
fn refused(fault: TokenFault) -> Value {
    let scene = Scene::new(5, 1);
    scene.add_fault(Fault::once("", Then::Token(fault)).times(None)).expect("a fault");
    let token = check(&scene, "token");
    assert_eq!(token["outcome"], "failed", "{token}");
    token
}

#[test]
fn case_004_a_tenant_of_another_cloud_leads_to_the_operator() {
    for (fault, code) in [
        (TokenFault::OtherCloud, "AADSTS900432"),
        (TokenFault::GovernmentTenant, "AADSTS900439"),
        (TokenFault::PublicTenant, "AADSTS900440"),
    ] {
        let token = refused(fault);
        assert!(text(&token, "detail").contains(code), "{token}");
        assert_eq!(token["fields"][0]["field"], "/server/cloud", "{token}");
        assert!(text(&token, "remedy").contains("operator"), "{token}");
    }
}

#[test]
fn case_022_a_new_app_or_secret_gets_a_minute_before_it_is_made_again() {
    for (fault, code) in [
        (TokenFault::SecretUnknown, "AADSTS7000215"),
        (TokenFault::ApplicationUnknown, "AADSTS700016"),
        (TokenFault::ServicePrincipalMissing, "AADSTS7000229"),
    ] {
        let token = refused(fault);
        assert!(text(&token, "detail").contains(code), "{token}");
        let remedy = text(&token, "remedy");
        let minute = remedy.find("minute").unwrap_or(usize::MAX);
        let portal = remedy.find("portal").unwrap_or_default();
        assert!(minute < portal, "waiting comes first: {remedy}");
    }
    // The next attempt succeeds, and nothing was made again.
    let scene = Scene::new(5, 1);
    let fault = Fault::once("", Then::Token(TokenFault::SecretUnknown));
    scene.add_fault(fault).expect("a fault");
    scene.host(&["sync", "users"]).ends_with(1);
    scene.sync("users");
}

#[test]
fn case_008_a_tenant_without_exchange_online_syncs_users_and_a_warning_says_why_it_has_no_rooms() {
    let scene = Scene::new(20, 3);
    scene.update_settings(|settings| settings.exchange_online = false);
    let run = scene.host(&["sync", "rooms"]).ends_with(1);
    assert!(run.stderr.contains("Exchange Online"), "{}", run.stderr);
    scene.sync("users");
    scene.assert_users_match();
    let places = check(&scene, "permission/Place.Read.All");
    let rooms = check(&scene, "rooms");
    assert!(format!("{places}{rooms}").contains("Exchange Online"), "{places} {rooms}");
}

#[test]
fn case_013_a_group_that_hides_its_members_is_refused_with_the_name_of_the_permission() {
    let mut scene = Scene::new(20, 2);
    let ann = scene.expected_users().into_keys().next().expect("a user");
    let board = json!({"displayName": "Board", "visibility": "HiddenMembership", "members": [ann]});
    let board = board.as_object().expect("an object").clone();
    let board = scene.create_group(board).expect("a group");
    scene.set("/users/onlyGroups", json!([board]));
    let run = scene.host(&["sync", "users"]).ends_with(1);
    assert!(run.stderr.contains("Member.Read.Hidden"), "{}", run.stderr);
    let scope = check(&scene, "scope");
    assert!(scope.to_string().contains("Member.Read.Hidden"), "{scope}");

    scene.grant("Member.Read.Hidden").expect("a permission");
    scene.sync("users");
    assert_eq!(scene.synced_users().into_keys().collect::<Vec<_>>(), [ann]);
}
