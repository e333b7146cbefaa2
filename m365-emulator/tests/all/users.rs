//! `/users`.

use m365_emulator::Config;
use serde_json::json;

use crate::session::{Session, members, payload, properties};

#[tokio::test]
async fn without_select_a_user_has_the_documented_properties() {
    let session = Session::with_users(5).await;
    let page = session.get("/users").await.expect(200);
    assert_eq!(members(&page["value"][0]), members(&payload("user-get")));
    assert_eq!(
        page["@odata.context"],
        format!("{}/v1.0/$metadata#users", session.emulator.graph())
    );
    let id = page["value"][0]["id"].as_str().unwrap();
    let user = session.get(&format!("/users/{id}")).await.expect(200);
    assert_eq!(members(&user), members(&payload("user-get-null-mail")));
    assert_eq!(
        user["@odata.context"],
        format!("{}/v1.0/$metadata#users/$entity", session.emulator.graph())
    );
}

#[tokio::test]
async fn pages_have_every_user_once() {
    let session = Session::with_users(250).await;
    let truth = session.emulator.users();
    let (users, pages) = session.all("/users?$top=60&$select=id,displayName").await;
    assert_eq!(pages, truth.len().div_ceil(60));
    let listed: Vec<_> = users.iter().map(|user| user["id"].clone()).collect();
    let there: Vec<_> = truth.iter().map(|user| user["id"].clone()).collect();
    assert_eq!(listed, there);
    let (_, pages) = session.all("/users").await;
    assert_eq!(pages, truth.len().div_ceil(100));
}

#[tokio::test]
async fn a_page_token_carries_the_query() {
    let session = Session::with_users(20).await;
    let page = session.get("/users?$top=3&$select=displayName").await.expect(200);
    let link = page["@odata.nextLink"].as_str().unwrap();
    let token = link.split("$skiptoken=").nth(1).unwrap();
    let next = session.get(&format!("/users?$skiptoken={token}")).await.expect(200);
    assert_eq!(next["value"].as_array().unwrap().len(), 3);
    assert_eq!(members(&next["value"][0]), ["displayName"]);
    session.emulator.expire_page_tokens();
    session.get(link).await.refused(400, "Directory_ExpiredPageToken");
    session.get("/users?$skiptoken=made-up").await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn extensions_are_returned_when_selected() {
    let session = Session::with_users(60).await;
    let pager = session.emulator.truth().extensions[0].clone();
    let path = format!("/users?$top=999&$select=id,onPremisesExtensionAttributes,{pager}");
    let (users, _) = session.all(&path).await;
    // All fifteen attributes are present, set or not; a directory extension that was never set is
    // absent.
    assert!(
        users
            .iter()
            .all(|user| user["onPremisesExtensionAttributes"].as_object().unwrap().len() == 15)
    );
    assert!(
        users
            .iter()
            .any(|user| user["onPremisesExtensionAttributes"]["extensionAttribute1"].is_string())
    );
    assert!(users.iter().any(|user| user.get(&pager).is_some()));
    assert!(users.iter().any(|user| user.get(&pager).is_none()));
}

#[tokio::test]
async fn a_user_is_found_by_id_or_user_principal_name_in_any_case() {
    let session = Session::with_users(3).await;
    let properties = properties(
        json!({"userPrincipalName": "a_fabrikam.com#EXT#@contoso.com", "displayName": "A"}),
    );
    let id = session.emulator.create_user(properties).unwrap();
    for key in ["A_fabrikam.com%23EXT%23@contoso.com", &id, &id.to_uppercase()] {
        let user = session.get(&format!("/users/{key}?$select=id,displayName")).await.expect(200);
        assert_eq!(
            (user["id"].as_str(), user["displayName"].as_str()),
            (Some(id.as_str()), Some("A"))
        );
    }
    let quoted = session.get(&format!("/users('{id}')")).await.expect(200);
    assert_eq!(quoted["id"], id);
    session.emulator.delete_user(&id).unwrap();
    let refusal = session.get(&format!("/users/{id}")).await.expect(404);
    let sample = payload("error-404-resource-not-found");
    assert_eq!(refusal["error"]["code"], sample["error"]["code"]);
    assert_eq!(members(&refusal["error"]["innerError"]), members(&sample["error"]["innerError"]));
}

#[tokio::test]
async fn filters_select_or_are_refused() {
    let session = Session::with_users(200).await;
    let truth = session.emulator.truth();
    let get = async |filter: &str| {
        let (users, _) = session
            .all(&format!("/users?$top=999&$select=id,userType,displayName&$filter={filter}"))
            .await;
        users
    };
    assert_eq!(get("userType eq 'Guest'").await.len(), truth.guests);
    assert_eq!(get("accountEnabled eq false").await.len(), truth.disabled);
    let all = session.emulator.users();
    let (id, upn) = (all[7]["id"].as_str().unwrap(), all[8]["userPrincipalName"].as_str().unwrap());
    assert_eq!(get(&format!("id eq '{id}'")).await[0]["id"], id);
    assert_eq!(get(&format!("id in ('{id}')")).await.len(), 1);
    let upn = upn.to_uppercase().replace('#', "%23");
    assert_eq!(get(&format!("userPrincipalName eq '{upn}'")).await[0]["id"], all[8]["id"]);
    assert_eq!(
        get(&format!("id eq '{id}' and accountEnabled eq true and accountEnabled eq false"))
            .await
            .len(),
        0
    );
    assert_eq!(get("accountEnabled eq true or accountEnabled eq false").await.len(), all.len());
    // `and` binds more tightly.
    let both = format!("id eq '{id}' or userType eq 'Guest' and userType eq 'Member'");
    assert_eq!(get(&both).await[0]["id"], id);
    session.emulator.patch_user(id, properties(json!({"displayName": "Ólaf O'Brien"}))).unwrap();
    assert_eq!(get("startswith(displayName,'ólaf o''')").await[0]["id"], id);

    let refuse = async |filter: &str, code: &str| {
        session.get(&format!("/users?$filter={filter}")).await.refused(400, code);
    };
    refuse("displayName ne 'x'", "Request_UnsupportedQuery").await;
    refuse("city eq 'x'", "Request_UnsupportedQuery").await;
    refuse("not startswith(displayName,'x')", "Request_UnsupportedQuery").await;
    refuse("shoeSize eq '46'", "BadRequest").await;
    refuse("id eq 'unterminated", "BadRequest").await;
    refuse("", "BadRequest").await;
}

#[tokio::test]
async fn options_that_are_not_served_are_refused_and_never_ignored() {
    let session = Session::with_users(3).await;
    let text = session.get("/users?$select=id,shoeSize").await.refused(400, "BadRequest");
    assert!(
        text.contains("Could not find a property named 'shoeSize' on type 'microsoft.graph.user'."),
        "{text}"
    );
    session.get("/users?$skip=10").await.refused(400, "Request_BadRequest");
    let text = session.get("/users?$top=1000").await.refused(400, "Request_UnsupportedQuery");
    assert_eq!(text, "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.");
    session.get("/users?$top=0").await.refused(400, "Request_UnsupportedQuery");
    session.get("/users?$top=many").await.refused(400, "BadRequest");
    session.get("/users?$orderby=displayName").await.refused(400, "Request_UnsupportedQuery");
    session.get("/users?$expand=manager").await.refused(400, "ExpandNotSupported");
    session.get("/users?$search=\"displayName:a\"").await.refused(400, "Request_UnsupportedQuery");
    session.get("/users?$select=aboutMe").await.refused(501, "NotImplemented");
    session
        .get("/users?$select=signInActivity")
        .await
        .refused(403, "Authentication_MSGraphPermissionMissing");
    session.get("/nothing").await.refused(400, "BadRequest");
    session.get("/users/x/nothing").await.refused(400, "BadRequest");
    session.get("/me").await.refused(400, "BadRequest");
    session.post("/users", &json!({})).await.refused(405, "Request_BadRequest");
}

#[tokio::test]
async fn counting_needs_the_consistency_level() {
    let session = Session::with_users(30).await;
    let eventual = [("ConsistencyLevel", "eventual")];
    let users = session.emulator.truth().users;
    let page = session.get_with("/users?$count=true&$top=5", &eventual).await.expect(200);
    assert_eq!(page["@odata.count"], users);
    let page = session.get("/users?$count=true&$top=5").await.expect(200);
    assert!(page.get("@odata.count").is_none());

    let count = session.get_with("/users/$count", &eventual).await;
    assert_eq!((count.status, count.text.clone()), (200, users.to_string()));
    assert_eq!(count.header("content-type"), "text/plain");
    let refusal = session.get("/users/$count").await.expect(400);
    let sample = payload("error-400-advanced-query");
    assert_eq!(refusal["error"]["message"], sample["error"]["message"]);
    assert_eq!(members(&refusal["error"]), members(&sample["error"]));
}

#[tokio::test]
async fn answers_can_be_traced() {
    let session = Session::with_users(3).await;
    let id = "0f0f0f0f-0000-4000-8000-000000000001";
    let answer = session.get_with("/users/nobody", &[("client-request-id", id)]).await;
    assert_eq!(answer.header("client-request-id"), id);
    assert!(answer.header("x-ms-ags-diagnostic").contains("ServerInfo"));
    let request_id = answer.header("request-id").to_owned();
    let inner = answer.json()["error"]["innerError"].clone();
    assert_eq!(
        (inner["request-id"].as_str(), inner["client-request-id"].as_str()),
        (Some(&*request_id), Some(id))
    );
}

#[tokio::test]
async fn the_organization_is_the_tenant() {
    let session = Session::with_users(1).await;
    let page = session.get("/organization").await.expect(200);
    let organization = &page["value"][0];
    assert_eq!(organization["id"], session.emulator.tenant_id());
    for member in members(&payload("organization-list")["value"][0]) {
        assert!(organization.get(member).is_some(), "{member}");
    }
    let selected = session.get("/organization?$select=id,displayName").await.expect(200);
    assert_eq!(members(&selected["value"][0]), ["displayName", "id"]);
}

#[tokio::test]
async fn beta_answers_under_its_own_name() {
    let session = Session::start(Config { users: 4, rooms: 0, ..Config::default() }).await;
    let beta = format!("{}/beta", session.emulator.graph());
    let page = session.get(&format!("{beta}/users?$top=1")).await.expect(200);
    assert_eq!(page["@odata.context"], format!("{beta}/$metadata#users"));
    assert!(page["@odata.nextLink"].as_str().unwrap().starts_with(&format!("{beta}/users?")));
}
