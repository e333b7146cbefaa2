//! The admin API, and the log of requests.

use reqwest::Method;
use serde_json::{Value, json};

use crate::session::Session;

#[tokio::test]
async fn the_guide_lists_the_paths() {
    let session = Session::with_users(1).await;
    let guide = session.admin(Method::GET, "", None).await.expect(200);
    assert!(guide.as_object().unwrap().keys().any(|path| path.contains("/_emulator/change")));
    session.admin(Method::GET, "nothing", None).await.expect(404);
}

#[tokio::test]
async fn users_are_made_changed_deleted_and_restored() {
    let session = Session::with_users(3).await;
    let new = json!({
        "displayName": "Zoë",
        "userPrincipalName": "zoe@contoso.com",
        "mail": "zoe@contoso.com",
    });
    let id =
        session.admin(Method::POST, "users", Some(new.clone())).await.expect(201)["id"].clone();
    session.admin(Method::POST, "users", Some(new)).await.expect(409);
    let path = format!("users/{}", id.as_str().unwrap());
    let change = json!({"jobTitle": "Captain", "proxyAddresses": ["SMTP:zoe@contoso.com"]});
    assert_eq!(session.admin(Method::PATCH, &path, Some(change)).await.status, 204);
    let user = session.admin(Method::GET, "users/zoe@contoso.com", None).await.expect(200);
    assert_eq!((&user["id"], &user["jobTitle"]), (&id, &json!("Captain")));
    session.admin(Method::PATCH, &path, Some(json!({"jobTitle": 5}))).await.expect(400);
    session.admin(Method::PATCH, &path, Some(json!({"shoeSize": "46"}))).await.expect(400);
    assert_eq!(session.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(
        session.admin(Method::GET, &path, None).await.expect(200)["@removed"],
        json!({"reason": "changed"})
    );
    session.admin(Method::PATCH, &path, Some(json!({}))).await.expect(404);
    assert_eq!(session.admin(Method::POST, &format!("{path}/restore"), None).await.status, 204);
    session.admin(Method::POST, &format!("{path}/restore"), None).await.expect(400);
    assert_eq!(
        session.admin(Method::DELETE, &format!("{path}?permanent=true"), None).await.status,
        204
    );
    session.admin(Method::POST, &format!("{path}/restore"), None).await.expect(400);
    session.admin(Method::DELETE, "users/nobody", None).await.expect(404);
    session.admin(Method::POST, "users", Some(json!({}))).await.expect(201);
}

#[tokio::test]
async fn rooms_and_lists_are_made_changed_and_removed() {
    let session = Session::with_users(1).await;
    let room =
        json!({"displayName": "Aquarium", "emailAddress": "aquarium@contoso.com", "capacity": 8});
    let room = session.admin(Method::POST, "rooms", Some(room)).await.expect(201)["id"].clone();
    let list = json!({
        "displayName": "Zoo",
        "emailAddress": "zoo@contoso.com",
        "rooms": ["aquarium@contoso.com"],
    });
    session.admin(Method::POST, "roomLists", Some(list)).await.expect(201);
    let page =
        session.get("/places/zoo@contoso.com/microsoft.graph.roomlist/rooms").await.expect(200);
    assert_eq!(page["value"][0]["id"], room);
    session.admin(Method::POST, "roomLists", Some(json!({"rooms": ["nowhere"]}))).await.expect(404);
    assert_eq!(
        session
            .admin(Method::PATCH, "roomLists/zoo@contoso.com", Some(json!({"rooms": []})))
            .await
            .status,
        204
    );
    assert_eq!(
        session
            .admin(Method::PATCH, "rooms/aquarium@contoso.com", Some(json!({"phone": ""})))
            .await
            .status,
        204
    );
    session
        .admin(Method::PATCH, "rooms/aquarium@contoso.com", Some(json!({"seats": 4})))
        .await
        .expect(400);
    let rooms = session.admin(Method::GET, "rooms?$skip=3", None).await.expect(200);
    assert_eq!((&rooms["count"], &rooms["value"][0]["phone"]), (&json!(4), &json!("")));
    assert_eq!(session.admin(Method::DELETE, "rooms/aquarium@contoso.com", None).await.status, 204);
    assert_eq!(session.admin(Method::DELETE, "roomLists/zoo@contoso.com", None).await.status, 204);
    session.admin(Method::DELETE, "rooms/aquarium@contoso.com", None).await.expect(404);
}

#[tokio::test]
async fn permissions_and_settings_are_changed() {
    let session = Session::with_users(1).await;
    assert_eq!(session.admin(Method::DELETE, "permissions/User.Read.All", None).await.status, 204);
    assert_eq!(session.admin(Method::PUT, "permissions/Calendars.Read", None).await.status, 204);
    session.admin(Method::PUT, "permissions/Mail.Sent", None).await.expect(404);
    let granted = session.admin(Method::GET, "permissions", None).await.expect(200);
    assert_eq!(granted["granted"], json!(session.emulator.permissions()));
    let change = json!({"secretExpired": true, "placesNextLink": false});
    let settings = session.admin(Method::PATCH, "settings", Some(change)).await.expect(200);
    assert_eq!(
        (&settings["secretExpired"], &settings["applicationDisabled"]),
        (&json!(true), &json!(false))
    );
    session
        .admin(Method::PATCH, "settings", Some(json!({"secretExpires": true})))
        .await
        .expect(400);
    session.token(&[]).await.expect(401);
}

#[tokio::test]
async fn tokens_are_expired() {
    let session = Session::with_users(1).await;
    let page = session.get("/users/delta?$deltatoken=latest").await.expect(200);
    let link = page["@odata.deltaLink"].as_str().unwrap();
    let expire = async |how: Value| {
        session.admin(Method::POST, "deltaTokens/expire", Some(how)).await.status
    };
    assert_eq!(expire(json!({})).await, 204);
    session.get(link).await.refused(410, "syncStateNotFound");
    assert_eq!(expire(json!({"answer": "resyncRequired", "status": 400})).await, 204);
    session.get(link).await.refused(400, "resyncRequired");
    assert_eq!(expire(json!({"answer": "location"})).await, 204);
    assert_eq!(session.get(link).await.status, 410);
    assert_eq!(expire(json!({"answer": "never"})).await, 400);
    assert_eq!(session.admin(Method::POST, "pageTokens/expire", None).await.status, 204);
}

#[tokio::test]
async fn the_log_lists_requests_without_secrets() {
    let session = Session::with_users(1).await;
    session.emulator.clear_requests();
    let id = "0f0f0f0f-0000-4000-8000-000000000002";
    session
        .get_with("/users?$select=id,mail&%24top=1", &[("client-request-id", id)])
        .await
        .expect(200);
    session
        .get(&format!("/users?client_secret={}", session.emulator.client_secret()))
        .await
        .expect(200);
    session.token(&[]).await.expect(200);
    let log = session.admin(Method::GET, "requests", None).await.expect(200);
    let first = &log["value"][0];
    assert_eq!(first["method"], "GET");
    assert_eq!(first["path"], "/v1.0/users");
    assert_eq!(first["query"], json!([["$select", "id,mail"], ["$top", "1"]]));
    assert_eq!(first["rawQuery"], "$select=id,mail&%24top=1");
    assert_eq!(
        (&first["status"], &first["clientRequestId"], &first["inner"]),
        (&json!(200), &json!(id), &json!(false))
    );
    let orders: Vec<_> = log["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["order"].as_u64().unwrap())
        .collect();
    assert!(orders.is_sorted() && orders.len() == 3);
    let text = log.to_string();
    assert!(!text.contains(&session.emulator.client_secret()));
    assert!(!text.contains(session.bearer()));
    assert_eq!(session.admin(Method::DELETE, "requests", None).await.status, 204);
    assert!(session.emulator.requests().is_empty());
}

#[tokio::test]
async fn a_mix_lists_its_changes_and_makes_the_same_changes_each_time() {
    let (one, other) = (Session::with_users(200).await, Session::with_users(200).await);
    let before = one.emulator.truth();
    let answer = one.admin(Method::POST, "change", Some(json!({"users": 100}))).await.expect(200);
    let changes = answer["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 100);
    assert_eq!(json!(other.emulator.mix(100).unwrap()), answer["changes"]);
    assert_eq!(one.emulator.truth(), other.emulator.truth());
    let kinds = |kind: &str| changes.iter().filter(|change| change["kind"] == kind).count();
    let gone = kinds("left") + kinds("erased");
    assert_eq!(
        one.emulator.truth().users,
        before.users + kinds("joined") + kinds("restored") - gone
    );
    for kind in ["joined", "left", "renamed", "moved", "rephoned", "disabled"] {
        assert!(kinds(kind) > 0, "{kind}");
    }
    let next = one.emulator.mix(100).unwrap();
    assert_ne!(json!(next), answer["changes"]);
}
