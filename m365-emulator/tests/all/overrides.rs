//! Values that Microsoft sends although its schema does not allow them.

use m365_emulator::{Config, Override};
use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Session, properties};

fn first(session: &Session) -> String {
    session.emulator.users()[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn overridden_members_are_sent_as_they_are_written() {
    let session = Session::with_users(5).await;
    let ann = first(&session);
    let odd = Override::for_id(&ann)
        .set("proxyAddresses", r#"["SMTP:ann@contoso.com", null]"#)
        .and_then(|odd| odd.set("displayName", r#""Ann \ud83d""#))
        .and_then(|odd| odd.set("mail", r#""ann@contoso.com ""#))
        .and_then(|odd| odd.set("userType", r#""""#))
        .and_then(|odd| odd.set("capacity", "6.0"))
        .unwrap();
    session.emulator.add_override(odd);
    let user = session.get(&format!("/users/{ann}?$select=displayName,mail")).await;
    assert!(user.text.contains(r#""displayName":"Ann \ud83d""#), "{}", user.text);
    for written in [r#""mail":"ann@contoso.com ""#, r#""userType":"""#, r#""capacity":6.0"#] {
        assert!(user.text.contains(written), "{}", user.text);
    }
    let listed = session.get("/users?$select=id,proxyAddresses").await.text;
    assert_eq!(listed.matches(r#""proxyAddresses":["SMTP:ann@contoso.com", null]"#).count(), 1);
    let request = json!({"id": "1", "method": "GET", "url": format!("/users/{ann}")});
    let batch = session.post("/$batch", &json!({"requests": [request]})).await.text;
    assert!(batch.contains(r#""displayName":"Ann \ud83d""#), "{batch}");
    assert_eq!(session.emulator.user(&ann).unwrap()["userType"], "Member");

    session.emulator.clear_overrides();
    let user = session.get(&format!("/users/{ann}?$select=userType")).await.expect(200);
    assert_eq!(user["userType"], "Member");
    assert!(Override::for_id(&ann).set("mail", "{").is_err());
}

#[tokio::test]
async fn an_id_can_be_in_upper_case_on_one_path_only() {
    let session = Session::with_users(5).await;
    let ann = first(&session);
    let upper = ann.to_uppercase();
    let group = session.emulator.create_group(properties(json!({"members": [ann]}))).unwrap();
    let set = json!({"id": ann, "path": "/groups/delta", "set": {"id": upper}});
    assert_eq!(session.admin(Method::POST, "overrides", Some(set)).await.status, 204);
    let (groups, _) = session.all("/groups/delta?$select=members").await;
    let found = groups.iter().find(|found| found["id"] == group.as_str()).unwrap();
    assert_eq!(found["members@delta"][0]["id"], upper);
    let (members, _) = session.all(&format!("/groups/{group}/members")).await;
    assert_eq!(members[0]["id"], ann);

    let listed = session.admin(Method::GET, "overrides", None).await.expect(200);
    assert_eq!(listed["value"][0]["set"]["id"], upper);
    assert_eq!(session.admin(Method::DELETE, "overrides", None).await.status, 204);
    assert!(session.emulator.overrides().is_empty());
    session.admin(Method::POST, "overrides", Some(json!({"set": 5}))).await.expect(400);
}

#[tokio::test]
async fn a_full_page_of_users_with_many_addresses_is_larger_than_8_mib() {
    let session = Session::start(Config { users: 1100, rooms: 1, ..Config::default() }).await;
    let addresses: Vec<String> =
        (0..130).map(|number| format!("smtp:{number:03}.{}@contoso.com", "a".repeat(48))).collect();
    let many = json!(addresses).to_string();
    session
        .emulator
        .add_override(Override::for_all().on("/v1.0/users").set("proxyAddresses", &many).unwrap());
    let length = async |top: usize| {
        let page = session.get(&format!("/users?$select=id,proxyAddresses&$top={top}")).await;
        let elements = serde_json::from_str::<Value>(&page.text).unwrap()["value"].clone();
        assert_eq!(elements.as_array().unwrap().len(), top);
        page.text.len()
    };
    assert!(length(999).await > 8 << 20);
    assert!(length(499).await < 8 << 20);
}
