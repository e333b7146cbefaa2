//! The check of the groups that users are limited to.

use serde_json::{Value, json};

use super::{NONE, check, checks, entered, troubles};
use crate::{
    model::Check,
    tests::{
        script::{Asked, Reply, refused},
        users::batch,
    },
};

const STAFF: &str = "00000000-0000-4000-8000-000000000001";
const LEADS: &str = "00000000-0000-4000-8000-000000000002";

fn limited(answer: impl Fn(&str) -> (u16, Value)) -> Vec<Check> {
    let settings = entered(json!({"users": {"onlyGroups": [STAFF, LEADS]}}));
    let answer = |asked: &Asked| -> Option<Reply> {
        let answer = |url: &str, _: &Value| answer(url);
        (asked.path == "/v1.0/$batch").then(|| batch(asked, answer))
    };
    checks(&settings, answer)
}

fn group(url: &str, visibility: &str) -> (u16, Value) {
    let name = if url.contains(STAFF) { "Staff" } else { "Leads" };
    (200, json!({"displayName": name, "visibility": visibility}))
}

#[test]
fn groups_that_are_there_are_called_by_their_names() {
    let checks = limited(|url| group(url, "Public"));
    assert_eq!(troubles(&checks), NONE);
    assert_eq!(check(&checks, "scope").summary, "Users are limited to Staff, Leads");
}

#[test]
fn a_group_that_is_not_there_is_named_by_its_field() {
    let missing = json!({"error": {"code": "Request_ResourceNotFound", "message": "-"}});
    let checks = limited(|url| match url.contains(LEADS) {
        true => (404, missing.clone()),
        false => group(url, "Public"),
    });
    assert_eq!(troubles(&checks), ["failed scope"]);
    let scope = check(&checks, "scope");
    assert_eq!(scope.fields.len(), 1);
    assert_eq!(scope.fields[0].field, "/users/onlyGroups/1");
}

#[test]
fn hidden_members_and_answers_that_do_not_come_are_warned_about() {
    let checks = limited(|url| group(url, "HiddenMembership"));
    let scope = check(&checks, "scope");
    assert_eq!(troubles(&checks), ["warned scope"]);
    assert!(
        scope.remedy.as_ref().is_some_and(|text| text.contains("Member.Read.Hidden")),
        "{scope:?}"
    );
    let broken = json!({"error": {"code": "Request_BadRequest", "message": "-"}});
    let checks = limited(|_| (400, broken.clone()));
    assert_eq!(troubles(&checks), ["warned scope"]);
    assert!(check(&checks, "scope").summary.contains(STAFF));
}

#[test]
fn without_the_permission_for_groups_nothing_is_known_of_them() {
    let settings = entered(json!({"users": {"onlyGroups": [STAFF]}}));
    let checks = checks(&settings, |asked| {
        asked.path.contains("/groups").then(|| refused(403, "Authorization_RequestDenied"))
    });
    assert_eq!(troubles(&checks), ["failed group.read.all", "skipped scope"]);
}

#[test]
fn case_013_members_that_are_refused_take_the_permission_for_hidden_ones() {
    let denied = json!({"error": {"code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation."}});
    let checks = limited(|url| match url.contains(LEADS) && url.contains("transitiveMembers") {
        true => (403, denied.clone()),
        false => group(url, "HiddenMembership"),
    });
    assert_eq!(troubles(&checks), ["failed scope"], "groups themselves can be read");
    let scope = check(&checks, "scope");
    assert!(scope.summary.contains("members of a group that hides them"), "{scope:?}");
    assert!(scope.summary.contains("Member.Read.Hidden"), "{scope:?}");
    let remedy = scope.remedy.as_ref().expect("a remedy");
    assert!(remedy.starts_with("Choose groups with visible members, or: In portal.azure.com"));
    assert!(remedy.contains("application permission Member.Read.Hidden"), "{remedy}");
    assert!(!remedy.contains("Group.Read.All"), "it is granted: {remedy}");
    let fields: Vec<_> = scope.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["/users/onlyGroups/1"]);
}

#[test]
fn case_013_card_numbers_of_hidden_members_take_it_too() {
    let settings = entered(json!({"users": {"onlyGroups": [STAFF], "cardNumber": "employeeId"}}));
    let checks = checks(&settings, |asked| match asked.path.as_str() {
        "/v1.0/$batch" => Some(batch(asked, |url, _| group(url, "Public"))),
        path if path.contains("transitiveMembers") => {
            Some(refused(403, "Authorization_RequestDenied"))
        }
        _ => None,
    });
    let remedy = check(&checks, "card-number").remedy.clone().expect("a remedy");
    assert!(remedy.contains("Member.Read.Hidden"), "{remedy}");
}

#[test]
fn case_022_a_group_that_was_made_just_now_is_given_a_minute() {
    let missing = json!({"error": {"code": "Request_ResourceNotFound", "message": "-"}});
    let checks = limited(|url| match url.contains(LEADS) {
        true => (404, missing.clone()),
        false => group(url, "Public"),
    });
    let remedy = check(&checks, "scope").remedy.clone().expect("a remedy");
    assert!(
        remedy.starts_with("If the group was created within the last few minutes, wait a minute")
    );
}
