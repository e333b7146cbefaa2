//! The members of a group, and the groups of a user.

use std::slice;

use m365_emulator::Config;
use serde_json::{Value, json};

use crate::groups::{empty_group, group_with, id, security_group};
use crate::session::{Session, fixture, members, payload, properties};

const EVENTUAL: [(&str, &str); 1] = [("ConsistencyLevel", "eventual")];

fn ids(listed: &[Value]) -> Vec<String> {
    listed.iter().map(id).collect()
}

/// Grants these permissions only, and gets a new token.
async fn grant_only(session: &mut Session, permissions: &[&str]) {
    for permission in session.emulator.permissions() {
        session.emulator.revoke(permission).unwrap();
    }
    for permission in permissions {
        session.emulator.grant(permission).unwrap();
    }
    session.sign_in().await;
}

#[tokio::test]
async fn members_are_listed_page_by_page() {
    let session = Session::with_users(250).await;
    let all_users = id(&session.emulator.groups()[0]);
    let there = session.emulator.members(&all_users).unwrap().users;
    let (listed, pages) = session.all(&format!("/groups/{all_users}/members")).await;
    assert_eq!((ids(&listed), pages), (there.clone(), 3));
    let path = format!("/groups/{all_users}/members?$top=999&$select=id,mail");
    let (listed, pages) = session.all(&path).await;
    assert_eq!((ids(&listed), pages), (there, 1));
    assert_eq!(members(&listed[0]), ["@odata.type", "id", "mail"]);
    session.get(&format!("{path}0")).await.refused(400, "BadRequest");
    let path = format!("/groups/{all_users}/members");
    session.get(&format!("{path}?$top=1000")).await.refused(400, "Request_UnsupportedQuery");
    session.get(&format!("{path}?$filter=x")).await.refused(400, "Request_UnsupportedQuery");
    session.get(&format!("{path}?$expand=manager")).await.refused(400, "ExpandNotSupported");
}

#[tokio::test]
async fn members_are_of_different_types() {
    let session = Session::with_users(20).await;
    let control = &session.emulator;
    let mut mixed = String::new();
    control.each_group(|group, members| {
        if !members.devices.is_empty() {
            mixed = group.to_owned();
        }
    });
    let there = control.members(&mixed).unwrap();
    let select = "id,displayName,userPrincipalName,mailEnabled";
    let (listed, _) = session.all(&format!("/groups/{mixed}/members?$select={select}")).await;
    assert_eq!(ids(&listed), [&there.users[..], &there.groups, &there.devices].concat());
    let member = |kind: &str| {
        let kind = format!("#microsoft.graph.{kind}");
        listed.iter().find(|member| member["@odata.type"] == kind.as_str()).unwrap()
    };
    assert_eq!(members(member("user")), ["@odata.type", "displayName", "id", "userPrincipalName"]);
    assert_eq!(members(member("group")), ["@odata.type", "displayName", "id", "mailEnabled"]);
    // An application that may not read devices gets their ids.
    assert_eq!(members(member("device")), ["@odata.type", "displayName", "id"]);
    assert_eq!(member("device")["displayName"], Value::Null);
    let path = format!("/groups/{mixed}/members?$select=id,shoeSize");
    let text = session.get(&path).await.refused(400, "BadRequest");
    assert!(text.contains("on type 'microsoft.graph.directoryObject'"), "{text}");
}

#[tokio::test]
async fn transitive_members_are_listed_once() {
    let session = Session::start(Config { users: 60, groups: 0, ..Config::default() }).await;
    let control = &session.emulator;
    let users = ids(&control.users());
    let inner = security_group(control, &users[20..50]);
    let middle = security_group(control, &[&users[10..30], slice::from_ref(&inner)].concat());
    let outer = security_group(control, &[&users[..15], &[middle.clone(), inner.clone()]].concat());
    let path = format!("/groups/{outer}/transitiveMembers");
    let (listed, _) = session.all(&format!("{path}?$top=999&$select=id")).await;
    assert_eq!(ids(&listed), [&users[..50], &[inner.clone(), middle.clone()]].concat());
    let (paged, pages) = session.all(&format!("{path}?$top=7&$select=id")).await;
    assert_eq!((paged, pages), (listed, 8));
    let (direct, _) = session.all(&format!("/groups/{outer}/members")).await;
    assert_eq!(direct.len(), 17);
    assert_eq!(
        members(&session.get(&format!("{path}?$top=1&$select=id,mail")).await.json()["value"][0]),
        members(&payload("groups-transitivemembers")["value"][0])
    );
    // Groups that are members of each other are listed once.
    control.add_members(&inner, &[&outer]).unwrap();
    let (circle, _) = session.all(&format!("/groups/{inner}/transitiveMembers")).await;
    assert_eq!(ids(&circle), [&users[..50], &[inner, middle, outer]].concat());
}

#[tokio::test]
async fn a_cast_needs_an_advanced_query() {
    let session = Session::with_users(30).await;
    let control = &session.emulator;
    let inner = security_group(control, &ids(&control.users())[..3]);
    let outer = security_group(control, &[inner.clone(), id(&control.users()[5])]);
    let path = format!("/groups/{outer}/transitiveMembers/microsoft.graph.group");
    for (path, headers) in
        [(path.clone(), &EVENTUAL[..]), (format!("{path}?$count=true"), &[]), (path.clone(), &[])]
    {
        session.get_with(&path, headers).await.refused(400, "Request_UnsupportedQuery");
    }
    let page = session.get_with(&format!("{path}?$count=true"), &EVENTUAL).await.expect(200);
    let sample = payload("groups-transitivemembers-groups-only");
    assert_eq!(members(&page), members(&sample));
    let context = sample["@odata.context"].as_str().unwrap();
    let context = context.replace("https://graph.microsoft.com", &control.graph());
    assert_eq!((&page["@odata.context"], &page["@odata.count"]), (&json!(context), &json!(1)));
    assert_eq!(page["value"][0]["id"], json!(inner));
    let users = format!("/groups/{outer}/transitiveMembers/microsoft.graph.user");
    let select = format!("{users}?$count=true&$select=id&$top=2");
    let page = session.get_with(&select, &EVENTUAL).await.expect(200);
    assert_eq!((&page["@odata.count"], members(&page["value"][0])), (&json!(4), vec!["id"]));
    assert!(page["@odata.nextLink"].is_string());
    let count = session.get_with(&format!("{users}/$count"), &EVENTUAL).await;
    assert_eq!((count.status, count.text.as_str()), (200, "4"));
    let refused = format!("/groups/{outer}/members/microsoft.graph.chair");
    session.get_with(&refused, &EVENTUAL).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn an_application_that_may_not_read_users_gets_their_ids() {
    let mut session = Session::with_users(5).await;
    let all_users = id(&session.emulator.groups()[0]);
    let path = format!("/groups/{all_users}/members?$select=id,displayName,jobTitle&$top=1");
    let first = async |session: &Session| session.get(&path).await.expect(200)["value"][0].clone();
    assert!(first(&session).await["displayName"].is_string());
    grant_only(&mut session, &["GroupMember.Read.All"]).await;
    let user = first(&session).await;
    assert_eq!(members(&user), ["@odata.type", "displayName", "id", "jobTitle"]);
    assert_eq!((&user["displayName"], &user["jobTitle"]), (&Value::Null, &Value::Null));
    assert!(user["id"].is_string());
    grant_only(&mut session, &["GroupMember.Read.All", "User.ReadBasic.All"]).await;
    let user = first(&session).await;
    assert!(user["displayName"].is_string() && user["jobTitle"].is_null());
    grant_only(&mut session, &["User.Read.All"]).await;
    for path in [path.as_str(), "/groups/delta", &format!("/groups/{all_users}")] {
        session.get(path).await.refused(403, "Authorization_RequestDenied");
    }
}

#[tokio::test]
async fn the_groups_of_a_user_are_direct_or_through_other_groups() {
    let session = Session::start(Config { users: 9, groups: 0, ..Config::default() }).await;
    let control = &session.emulator;
    let user = id(&control.users()[0]);
    let inner = security_group(control, &[&user]);
    let outer = security_group(control, &[&inner]);
    let listed = async |path: &str| ids(&session.all(&format!("/users/{user}{path}")).await.0);
    assert_eq!(listed("/memberOf").await, slice::from_ref(&inner));
    assert_eq!(listed("/transitiveMemberOf?$select=id").await, [inner, outer]);
    session.get("/users/nobody/memberOf").await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn membership_is_checked_through_nested_groups() {
    let mut session = Session::start(Config { users: 9, groups: 4, ..Config::default() }).await;
    let control = session.emulator.control();
    let user = id(&control.users()[0]);
    let inner = security_group(&control, &[&user]);
    let outer = security_group(&control, &[&inner]);
    let other = empty_group(&control);
    let asked = [&outer, &other, "5b31c38c-2584-42f0-aa47-657fb3a84230", &inner];
    let path = format!("/users/{user}/checkMemberGroups");
    let page = session.post(&path, &json!({"groupIds": asked})).await.expect(200);
    assert_eq!(page["value"], json!([outer, inner]));
    let sample = fixture("check-member-groups");
    assert_eq!(members(&page), members(&sample));
    let context = sample["@odata.context"].as_str().unwrap();
    let context = context.replace("https://graph.microsoft.com", &control.graph());
    assert_eq!(page["@odata.context"], context);

    let many = json!({"groupIds": vec![&inner; 21]});
    session.post(&path, &many).await.refused(400, "Request_BadRequest");
    session.post(&path, &json!({"groupIds": vec![&inner; 20]})).await.expect(200);
    session.post(&path, &json!({"groups": []})).await.refused(400, "BadRequest");
    let unknown = "/users/nobody/checkMemberGroups";
    session.post(unknown, &json!({"groupIds": []})).await.refused(404, "Request_ResourceNotFound");

    let step = |id: &str, url: &str| {
        json!({"id": id, "method": "POST", "url": url,
        "headers": {"Content-Type": "application/json"}, "body": {"groupIds": [inner]}})
    };
    let batch = json!({"requests": [step("1", &path), step("2", unknown)]});
    let answers = session.post("/$batch", &batch).await.expect(200);
    for answer in answers["responses"].as_array().unwrap() {
        match answer["id"].as_str() {
            Some("1") => assert_eq!(answer["body"]["value"], json!([inner])),
            _ => assert_eq!(answer["status"], 404),
        }
    }
    let asked = json!({"groupIds": [inner]});
    for (granted, status) in [
        (&["User.Read.All"][..], 403),
        (&["Group.Read.All"], 403),
        (&["User.Read.All", "GroupMember.Read.All"], 200),
        (&["Directory.Read.All"], 200),
    ] {
        grant_only(&mut session, granted).await;
        assert_eq!(session.post(&path, &asked).await.status, status, "{granted:?}");
    }
}

#[tokio::test]
async fn directory_extensions_are_listed() {
    let mut session = Session::with_users(60).await;
    let path = "/directoryObjects/getAvailableExtensionProperties";
    session.post(path, &json!({})).await.refused(403, "Authorization_RequestDenied");
    grant_only(&mut session, &["Directory.Read.All"]).await;
    let page = session.post(path, &json!({})).await.expect(200);
    let sample = fixture("extension-properties");
    assert_eq!(members(&page), members(&sample));
    assert_eq!(members(&page["value"][0]), members(&sample["value"][0]));
    assert_eq!(page["value"][0]["name"], session.emulator.truth().extensions[0].as_str());
    let listed = async |body: Value| session.post(path, &body).await.expect(200)["value"].clone();
    assert_eq!(listed(json!({"isSyncedFromOnPremises": true})).await, page["value"]);
    assert_eq!(listed(json!({"isSyncedFromOnPremises": false})).await, json!([]));
    session.emulator.update_settings(|settings| settings.extensions_listed = false);
    assert_eq!(listed(json!({})).await, json!([]));
}

#[tokio::test]
async fn beta_returns_every_property_of_users_without_select() {
    let session = Session::with_users(60).await;
    let pager = session.emulator.truth().extensions[0].clone();
    let beta = format!("{}/beta/users", session.emulator.graph());
    let (users, _) = session.all(&format!("{beta}?$top=20")).await;
    let with_pager = users.iter().find(|user| user.get(&pager).is_some()).unwrap();
    assert!(with_pager.get("employeeId").is_some() && with_pager.get("aboutMe").is_none());
    assert!(users.iter().any(|user| user.get(&pager).is_none()));
    let user = session.get(&format!("{beta}/{}", id(with_pager))).await.expect(200);
    assert_eq!(user[&pager], with_pager[&pager]);
    let user = session.get(&format!("{beta}/{}?$select=id", id(with_pager))).await.expect(200);
    assert_eq!(members(&user), ["@odata.context", "id"]);
}

#[tokio::test]
async fn a_group_can_be_without_members() {
    let session = Session::with_users(3).await;
    let empty = empty_group(&session.emulator);
    let page = session.get(&format!("/groups/{empty}/members")).await.expect(200);
    assert_eq!(page["value"], json!([]));
    let unified = group_with(&session.emulator, |group| group["groupTypes"] == json!(["Unified"]));
    session.emulator.patch_group(&unified, &properties(json!({"mail": null}))).unwrap();
    session.get(&format!("/groups/{unified}/owners")).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn a_group_hides_its_members_from_applications_without_the_permission() {
    let mut session = Session::with_users(5).await;
    let ann = id(&session.emulator.users()[0]);
    let hidden =
        json!({"displayName": "Board", "visibility": "HiddenMembership", "members": [ann]});
    let hidden = session.emulator.create_group(properties(hidden)).unwrap();
    let check = format!("/users/{ann}/checkMemberGroups");
    let asked = json!({"groupIds": [hidden]});
    let followed = async |session: &Session| {
        let (groups, _) = session.all("/groups/delta?$select=members").await;
        let found = groups.into_iter().find(|group| id(group) == hidden).unwrap();
        found.get("members@delta").is_some()
    };
    for path in ["members", "transitiveMembers"] {
        let answer = session.get(&format!("/groups/{hidden}/{path}")).await;
        answer.refused(403, "Authorization_RequestDenied");
    }
    assert_eq!(session.post(&check, &asked).await.expect(200)["value"], json!([]));
    let (groups, _) = session.all(&format!("/users/{ann}/memberOf")).await;
    assert!(!ids(&groups).contains(&hidden));
    assert!(!followed(&session).await);
    session.get(&format!("/groups/{hidden}")).await.expect(200);

    session.emulator.grant("Member.Read.Hidden").unwrap();
    session.sign_in().await;
    let (members, _) = session.all(&format!("/groups/{hidden}/transitiveMembers")).await;
    assert_eq!(ids(&members), [ann]);
    assert_eq!(session.post(&check, &asked).await.expect(200)["value"], json!([hidden]));
    assert!(followed(&session).await);
}
