//! `/groups`, and the groups of the invented tenant.

use std::collections::{HashMap, HashSet};

use m365_emulator::{Config, Control};
use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Session, members, payload, properties};

pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// Returns the id of the first group that matches.
pub(crate) fn group_with(control: &Control, matches: impl Fn(&Value) -> bool) -> String {
    id(control.groups().iter().find(|group| matches(group)).unwrap())
}

/// Adds a security group with these members, and returns its id.
pub(crate) fn security_group(control: &Control, members: &[impl AsRef<str>]) -> String {
    let group = empty_group(control);
    control.add_members(&group, members).unwrap();
    group
}

pub(crate) fn empty_group(control: &Control) -> String {
    control.create_group(properties(json!({}))).unwrap()
}

#[tokio::test]
async fn groups_are_listed_and_read() {
    let session =
        Session::start(Config { users: 1, rooms: 0, groups: 130, ..Config::default() }).await;
    let (groups, pages) = session.all("/groups").await;
    assert_eq!((groups.len(), pages), (130, 2));
    let there: Vec<_> = session.emulator.groups().iter().map(id).collect();
    assert_eq!(groups.iter().map(id).collect::<Vec<_>>(), there);
    for sample in payload("groups-list")["value"].as_array().unwrap() {
        assert_eq!(members(&groups[0]), members(sample));
    }
    let group = session.get(&format!("/groups/{}", there[3])).await.expect(200);
    for member in members(&payload("group-get")) {
        // The sample is older than the schema, which has no `creationOptions`.
        assert!(member == "creationOptions" || group.get(member).is_some(), "{member}");
    }
    let page = session.get("/groups?$top=2&$select=id,displayName").await.expect(200);
    assert_eq!(members(&page["value"][0]), ["displayName", "id"]);
    let eventual = [("ConsistencyLevel", "eventual")];
    let page = session.get_with("/groups?$count=true&$top=1", &eventual).await.expect(200);
    assert_eq!(page["@odata.count"], 130);
    session
        .get(&format!("/groups/{}?$expand=members", there[3]))
        .await
        .refused(400, "ExpandNotSupported");
    session.get("/groups?$select=shoeSize").await.refused(400, "BadRequest");
    session.get("/groups?$orderby=displayName").await.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn an_unknown_or_deleted_group_is_not_found() {
    let session = Session::with_users(1).await;
    let deleted = empty_group(&session.emulator);
    session.emulator.delete_group(&deleted).unwrap();
    for key in ["nobody", "5b31c38c-2584-42f0-aa47-657fb3a84230", &deleted] {
        for path in ["", "/members", "/transitiveMembers"] {
            let answer = session.get(&format!("/groups/{key}{path}")).await;
            let text = answer.refused(404, "Request_ResourceNotFound");
            let sample = payload("error-404-resource-not-found")["error"]["message"].to_string();
            let sample = sample.replace("5b31c38c-2584-42f0-aa47-657fb3a84230", key);
            assert_eq!(json!(text).to_string(), sample);
        }
    }
}

#[tokio::test]
async fn groups_are_found_by_name() {
    let session = Session::with_users(1).await;
    let named = async |filter: &str| {
        let (groups, _) = session.all(&format!("/groups?$filter={filter}")).await;
        let names = groups.iter().map(|group| group["displayName"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(named("startswith(displayName,'fire')").await, ["Fire Wardens"]);
    let either = "startswith(displayName,'fire') or startswith(mail,'fire')";
    assert_eq!(named(either).await, ["Fire Wardens"]);
    assert_eq!(named("displayName eq 'Café %26 Kantine'").await, ["Café & Kantine"]);
    assert_eq!(named("startswith(displayName,'nothing')").await.len(), 0);
    assert!(named("securityEnabled eq true and mailEnabled eq true").await.len() < 20);
    let text = session
        .get("/groups?$filter=description eq 'x'")
        .await
        .refused(400, "Request_UnsupportedQuery");
    assert!(text.contains("of resource 'Group'"), "{text}");
}

#[tokio::test]
async fn a_tenant_has_groups_of_every_kind() {
    let session = Session::with_users(100).await;
    let control = &session.emulator;
    let groups = control.groups();
    let types = |group: &Value| group["groupTypes"].to_string();
    let unified = groups.iter().filter(|group| types(group).contains("Unified"));
    for group in unified.clone() {
        assert!(control.members(&id(group)).unwrap().groups.is_empty());
        assert_eq!(
            (&group["mailEnabled"], &group["securityEnabled"]),
            (&json!(true), &json!(false))
        );
    }
    assert!(unified.count() > 0);
    let dynamic = groups.iter().find(|group| types(group).contains("DynamicMembership")).unwrap();
    assert_eq!(dynamic["membershipRuleProcessingState"], "On");
    assert!(groups.iter().any(|group| group["mailEnabled"] == true
        && group["securityEnabled"] == false
        && types(group) == "[]"));
    // One group has all users, but no mailboxes.
    assert_eq!(control.members(&id(&groups[0])).unwrap().users.len(), 100);
    // Chains of three groups exist, and no group is a member of itself through others.
    let mut nested = HashMap::new();
    let mut devices = 0;
    control.each_group(|group, members| {
        nested.insert(group.to_owned(), members.groups);
        devices += members.devices.len();
    });
    assert_eq!(devices, 3);
    fn depth(nested: &HashMap<String, Vec<String>>, group: &str, above: usize) -> usize {
        assert!(above < 20, "the groups are members of each other");
        nested[group].iter().map(|inner| 1 + depth(nested, inner, above + 1)).max().unwrap_or(0)
    }
    assert!(nested.keys().map(|group| depth(&nested, group, 0)).max().unwrap() >= 2);
}

#[tokio::test]
async fn the_number_of_memberships_is_the_configured_one() {
    for (users, groups, asked, there) in [
        (2000, 300, 9000, 9000),
        (2000, 300, 0, 0),
        (2000, 300, 500, 500),
        (0, 3, 50, 0),
        (7, 1, 50, 7),
    ] {
        let config =
            Config { users, groups, memberships: Some(asked), rooms: 0, ..Config::default() };
        let session = Session::start(config).await;
        let (mut memberships, mut sizes) = (0, Vec::new());
        session.emulator.each_group(|_, members| {
            let distinct: HashSet<_> =
                members.users.iter().chain(&members.groups).chain(&members.devices).collect();
            memberships += distinct.len();
            sizes.push(distinct.len());
        });
        // Without users, the members are devices and groups.
        let expected = if users == 0 { memberships } else { there };
        assert_eq!(memberships, expected, "{users} {groups} {asked}");
        assert_eq!(session.emulator.truth().memberships, memberships);
        if asked == 9000 {
            sizes.sort_unstable();
            assert_eq!(sizes.pop(), Some(2000));
            assert!(sizes.pop().unwrap() > 300);
            assert!(sizes[150] < 30, "{}", sizes[150]);
        }
    }
}

#[tokio::test]
async fn groups_are_made_changed_deleted_and_restored() {
    let session = Session::with_users(3).await;
    let users = session.emulator.users();
    let (one, other) = (id(&users[0]), id(&users[1]));
    let post = async |path: &str, body: Value| session.admin(Method::POST, path, Some(body)).await;
    let new = json!({"displayName": "Crew", "groupTypes": ["Unified"], "members": [one]});
    let crew = id(&post("groups", new).await.expect(201));
    let path = format!("groups/{crew}");
    let change = json!({"description": "All on board"});
    assert_eq!(session.admin(Method::PATCH, &path, Some(change)).await.status, 204);
    let change = json!({"add": [users[1]["userPrincipalName"]], "remove": [one]});
    assert_eq!(post(&format!("{path}/members"), change).await.status, 204);
    let listed = session.admin(Method::GET, &format!("{path}/members"), None).await.expect(200);
    assert_eq!(listed, json!({"users": [other], "groups": [], "devices": []}));
    let group = session.get(&format!("/groups/{crew}")).await.expect(200);
    assert_eq!(
        (&group["displayName"], &group["description"]),
        (&json!("Crew"), &json!("All on board"))
    );

    session.admin(Method::PATCH, &path, Some(json!({"displayName": 5}))).await.expect(400);
    post("groups", json!({"id": crew})).await.expect(409);
    post("groups", json!({"members": ["nobody"]})).await.expect(404);
    let security = empty_group(&session.emulator);
    // The members of Microsoft 365 groups are users, and these groups are in no other group.
    post(&format!("{path}/members"), json!({"add": [security]})).await.expect(400);
    post(&format!("groups/{security}/members"), json!({"add": [one, crew]})).await.expect(400);
    assert!(session.emulator.members(&security).unwrap().users.is_empty());

    assert_eq!(session.admin(Method::DELETE, &path, None).await.status, 204);
    let gone = session.admin(Method::GET, &path, None).await.expect(200);
    assert_eq!(gone["@removed"], json!({"reason": "changed"}));
    assert_eq!(post(&format!("{path}/restore"), json!({})).await.status, 204);
    assert_eq!(session.emulator.members(&crew).unwrap().users, [other]);
    post(&format!("{path}/restore"), json!({})).await.expect(400);
    // Other groups cannot be restored.
    assert_eq!(
        session.admin(Method::DELETE, &format!("groups/{security}"), None).await.status,
        204
    );
    post(&format!("groups/{security}/restore"), json!({})).await.expect(400);
    session.admin(Method::DELETE, "groups/nobody", None).await.expect(404);
}

#[tokio::test]
async fn a_deleted_user_is_in_no_group_until_restored() {
    let session = Session::with_users(3).await;
    let control = &session.emulator;
    let user = id(&control.users()[0]);
    let inner = security_group(control, &[&user]);
    let outer = security_group(control, &[inner.clone(), user.clone()]);
    control.delete_user(&user).unwrap();
    assert_eq!(control.members(&outer).unwrap().users.len(), 0);
    control.delete_group_permanently(&inner).unwrap();
    control.restore_user(&user).unwrap();
    assert_eq!(control.members(&outer).unwrap().users, std::slice::from_ref(&user));
    // The inner group was deleted permanently, and is no longer a member of the outer one.
    assert_eq!(control.members(&outer).unwrap().groups.len(), 0);
    control.delete_user(&user).unwrap();
    control.delete_user_permanently(&user).unwrap();
    assert!(control.restore_user(&user).is_err());
    assert_eq!(control.members(&outer).unwrap().users.len(), 0);
}

#[tokio::test]
async fn all_memberships_are_listed_line_by_line() {
    let session = Session::with_users(30).await;
    let text = session.admin(Method::GET, "memberships", None).await.text;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), session.emulator.truth().groups);
    for line in lines {
        let members = json!(session.emulator.members(&id(&line)).unwrap());
        assert_eq!((&line["users"], &line["groups"]), (&members["users"], &members["groups"]));
    }
}

#[tokio::test]
async fn a_mix_changes_memberships_too() {
    let session = Session::with_users(100).await;
    let before = session.emulator.truth();
    session.emulator.mix(50).unwrap();
    let after = session.emulator.truth();
    assert!(after.group_sequence >= before.group_sequence + 4);
    assert_ne!(after.digest, before.digest);
}
