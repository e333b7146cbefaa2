//! Reads that are older than delta, and listings that lack objects.

use m365_emulator::{Config, Lag, Read};
use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Session, properties};

const EVENTUAL: [(&str, &str); 1] = [("ConsistencyLevel", "eventual")];

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the changes of `/users/delta` or `/groups/delta` after a link.
async fn changed(session: &Session, link: &str) -> Vec<Value> {
    session.all(link).await.0
}

/// Returns a deltaLink from which the changes of `collection` are followed.
async fn latest(session: &Session, collection: &str) -> String {
    let page = session.get(&format!("/{collection}/delta?$deltatoken=latest")).await.expect(200);
    text(&page["@odata.deltaLink"])
}

#[tokio::test]
async fn a_lagging_replica_reads_users_as_they_were_while_delta_is_ahead() {
    let session = Session::with_users(5).await;
    let control = &session.emulator;
    let known = text(&control.users()[0]["id"]);
    let title = text(&control.users()[0]["displayName"]);
    let link = latest(&session, "users").await;
    control.lag(Lag::default());
    control.patch_user(&known, properties(json!({"displayName": "Renamed"}))).unwrap();
    let new = control.create_user(properties(json!({"displayName": "New"}))).unwrap();
    let gone = text(&control.users()[1]["id"]);
    control.delete_user(&gone).unwrap();

    assert_eq!(changed(&session, &link).await.len(), 3);
    let read = session.get(&format!("/users/{known}?$select=displayName")).await.expect(200);
    assert_eq!(read["displayName"], title);
    session.get(&format!("/users/{new}")).await.refused(404, "Request_ResourceNotFound");
    session.get(&format!("/users/{gone}")).await.expect(200);
    let batch = json!({"requests": [{"id": "1", "method": "GET", "url": format!("/users/{new}")}]});
    let batch = session.post("/$batch", &batch).await.expect(200);
    assert_eq!(batch["responses"][0]["status"], 404);
    // A listing comes from another replica.
    let (listed, _) = session.all("/users?$top=999&$select=id").await;
    assert!(listed.iter().any(|user| user["id"] == new.as_str()));

    control.clear_lags();
    let read = session.get(&format!("/users/{known}?$select=displayName")).await.expect(200);
    assert_eq!(read["displayName"], "Renamed");
    session.get(&format!("/users/{new}")).await.expect(200);
    session.get(&format!("/users/{gone}")).await.expect(404);
}

#[tokio::test]
async fn a_replica_answers_the_given_number_of_requests() {
    let session = Session::with_users(3).await;
    let lag = json!({"of": ["user", "memberGroups"], "times": 3});
    assert_eq!(session.admin(Method::POST, "lags", Some(lag)).await.status, 204);
    let ann = session.emulator.create_user(properties(json!({"displayName": "Ann"}))).unwrap();
    let group = json!({"displayName": "Crew", "members": [ann]});
    let group = session.emulator.create_group(properties(group)).unwrap();
    // The replica does not answer reads of groups.
    session.get(&format!("/groups/{group}")).await.expect(200);
    let check = async || {
        let body = json!({"groupIds": [group]});
        session.post(&format!("/users/{ann}/checkMemberGroups"), &body).await
    };
    session.get(&format!("/users/{ann}")).await.expect(404);
    check().await.expect(404);
    let lags = session.admin(Method::GET, "lags", None).await.expect(200);
    assert_eq!(lags["value"], json!([{"of": ["user", "memberGroups"], "times": 1}]));
    check().await.expect(404);
    assert_eq!(check().await.expect(200)["value"], json!([group]));
    session.get(&format!("/users/{ann}")).await.expect(200);
    assert_eq!(session.admin(Method::DELETE, "lags", None).await.status, 204);
    assert!(session.emulator.lags().is_empty());
    session.admin(Method::POST, "lags", Some(json!({"of": ["delta"]}))).await.expect(400);
}

#[tokio::test]
async fn groups_places_and_listings_lag_too() {
    let session = Session::with_users(5).await;
    let control = &session.emulator;
    let link = latest(&session, "groups").await;
    control.lag(Lag::on(&[Read::Group, Read::Place, Read::Listing]));
    let ann = text(&control.users()[0]["id"]);
    let group = control.create_group(properties(json!({"members": [ann]}))).unwrap();
    let room = json!({"emailAddress": "new@contoso.com"});
    control.add_room(properties(room)).unwrap();

    assert_eq!(changed(&session, &link).await[0]["id"], group.as_str());
    session.get(&format!("/groups/{group}")).await.expect(404);
    session.get(&format!("/groups/{group}/members")).await.expect(404);
    session.get("/places/new@contoso.com").await.expect(404);
    let rooms = "/places/microsoft.graph.room?$count=true";
    let page = session.get(rooms).await.expect(200);
    assert_eq!(page["@odata.count"], 3);
    session.get("/users/new@contoso.com").await.expect(200);

    control.clear_lags();
    assert_eq!(session.get(rooms).await.expect(200)["@odata.count"], 4);
    session.get("/places/new@contoso.com").await.expect(200);
    let members = session.get(&format!("/groups/{group}/members")).await.expect(200);
    assert_eq!(members["value"][0]["id"], ann.as_str());
}

#[tokio::test]
async fn case_024_a_listing_and_its_count_lack_rooms_that_are_found_by_id() {
    let session = Session::start(Config { users: 1, rooms: 130, ..Config::default() }).await;
    let rooms = session.emulator.rooms();
    let unlisted = json!({"unlisted": [rooms[3]["id"], rooms[60]["placeId"],
        text(&rooms[129]["emailAddress"]).to_uppercase()]});
    session.admin(Method::PATCH, "settings", Some(unlisted)).await.expect(200);
    let (listed, _) = session.all("/places/microsoft.graph.room").await;
    assert_eq!(listed.len(), 127);
    let page = session.get("/places/microsoft.graph.room?$count=true").await.expect(200);
    assert_eq!(page["@odata.count"], 127);
    assert_eq!(session.get("/places/microsoft.graph.room/$count").await.text, "127");
    for room in [&rooms[3], &rooms[60], &rooms[129]] {
        session.get(&format!("/places/{}", text(&room["placeId"]))).await.expect(200);
        session.get(&format!("/places/{}", text(&room["emailAddress"]))).await.expect(200);
    }
}

#[tokio::test]
async fn listings_of_users_groups_and_members_lack_unlisted_objects() {
    let session = Session::with_users(20).await;
    let control = &session.emulator;
    let ann = text(&control.users()[0]["id"]);
    let inner = control.create_group(properties(json!({"members": [ann]}))).unwrap();
    let outer = control.create_group(properties(json!({"members": [inner, ann]}))).unwrap();
    let truth = control.truth();
    control.update_settings(|settings| settings.unlisted = vec![ann.clone(), inner.clone()]);
    let count = async |path: &str| {
        let page = session.get_with(path, &EVENTUAL).await.expect(200);
        let listed = page["value"].as_array().unwrap().len() as u64;
        assert_eq!(page["@odata.count"].as_u64(), Some(listed), "{path}");
        listed
    };
    assert_eq!(count("/users?$top=999&$count=true").await, truth.users as u64 - 1);
    assert_eq!(count("/groups?$top=999&$count=true").await, truth.groups as u64 - 1);
    assert_eq!(count(&format!("/groups/{outer}/transitiveMembers?$count=true")).await, 0);
    let users = session.get_with("/users/$count", &EVENTUAL).await.text;
    assert_eq!(users, (truth.users - 1).to_string());
    session.get(&format!("/users/{ann}")).await.expect(200);
    session.get(&format!("/groups/{inner}")).await.expect(200);
    let (followed, _) = session.all("/users/delta?$select=id").await;
    assert_eq!(followed.len(), truth.users);
}

#[tokio::test]
async fn delta_leaves_out_unset_properties_and_on_request_null_ones() {
    let session = Session::with_users(2).await;
    let control = &session.emulator;
    let ann = control.create_user(properties(json!({"jobTitle": "Captain"}))).unwrap();
    let link = "/users/delta?$select=jobTitle,department,mail";
    let ann_in_delta = async || {
        let (all, _) = session.all(link).await;
        all.into_iter().find(|user| user["id"] == ann.as_str()).unwrap()
    };
    assert_eq!(ann_in_delta().await, json!({"jobTitle": "Captain", "id": ann}));
    control.patch_user(&ann, properties(json!({"jobTitle": null}))).unwrap();
    assert_eq!(ann_in_delta().await, json!({"jobTitle": null, "id": ann}));
    control.update_settings(|settings| settings.delta_omits_null = true);
    assert_eq!(ann_in_delta().await, json!({"id": ann}));

    let group = control.create_group(properties(json!({"description": null}))).unwrap();
    control.patch_group(&group, &properties(json!({"description": "x"}))).unwrap();
    control.patch_group(&group, &properties(json!({"description": null}))).unwrap();
    let (groups, _) = session.all("/groups/delta?$select=description").await;
    assert!(groups.contains(&json!({"id": group})));
}
