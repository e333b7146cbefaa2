//! Permissions, and the errors without them.

use m365_emulator::Config;
use serde_json::{Value, json};

use crate::session::{Session, members, payload};

async fn with_only(permissions: &[&str]) -> Session {
    let mut session = Session::start(Config { users: 5, rooms: 2, ..Config::default() }).await;
    for permission in session.emulator.permissions() {
        session.emulator.revoke(permission).unwrap();
    }
    for permission in permissions {
        session.emulator.grant(permission).unwrap();
    }
    session.sign_in().await;
    session
}

#[tokio::test]
async fn each_service_refuses_with_its_own_error() {
    let session = with_only(&[]).await;
    for path in ["/users", "/users/x", "/users/delta", "/users/$count", "/groups", "/organization"]
    {
        let refusal = session.get(path).await.expect(403);
        let sample = payload("error-403-authorization-requestdenied");
        assert_eq!(refusal["error"]["code"], sample["error"]["code"], "{path}");
        assert_eq!(refusal["error"]["message"], sample["error"]["message"]);
        assert_eq!(
            members(&refusal["error"]["innerError"]),
            members(&sample["error"]["innerError"])
        );
    }
    let text = session.get("/places/microsoft.graph.room").await.refused(403, "UnknownError");
    let inside: Value = serde_json::from_str(&text).unwrap();
    let sample = payload("error-places-permission-json-in-message");
    let sample: Value = serde_json::from_str(sample["error"]["message"].as_str().unwrap()).unwrap();
    assert_eq!((members(&inside), &inside["code"]), (members(&sample), &sample["code"]));
    let window = "startDateTime=2025-01-01T00:00:00Z&endDateTime=2025-01-02T00:00:00Z";
    session.get(&format!("/users/x/calendarView?{window}")).await.refused(403, "ErrorAccessDenied");
}

#[tokio::test]
async fn stronger_permissions_are_sufficient() {
    let session = with_only(&["Directory.Read.All", "Calendars.Read"]).await;
    for path in ["/users", "/users/delta", "/groups", "/organization"] {
        session.get(path).await.expect(200);
    }
    let room = session.emulator.rooms()[0]["emailAddress"].as_str().unwrap().to_owned();
    let window = "startDateTime=2025-01-01T00:00:00Z&endDateTime=2025-01-02T00:00:00Z";
    session.get(&format!("/users/{room}/calendarView?{window}")).await.expect(200);
    session.get("/places/microsoft.graph.room").await.refused(403, "UnknownError");
}

#[tokio::test]
async fn basic_profiles_are_listed_but_not_followed() {
    let session = with_only(&["User.ReadBasic.All"]).await;
    let id = session.emulator.create_user(crate::session::properties(json!({
        "displayName": "A",
        "userPrincipalName": "a@contoso.com",
        "jobTitle": "Spy",
        "businessPhones": ["1"],
    })));
    let user = session.get(&format!("/users/{}", id.unwrap())).await.expect(200);
    assert_eq!(user["displayName"], "A");
    assert_eq!((&user["jobTitle"], &user["businessPhones"]), (&Value::Null, &json!([])));
    session.get("/users/delta").await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn a_token_keeps_what_was_granted_when_it_was_issued() {
    let mut session = with_only(&["User.Read.All"]).await;
    session.emulator.revoke("User.Read.All").unwrap();
    session.get("/users").await.expect(200);
    session.sign_in().await;
    session.get("/users").await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn permissions_that_the_emulator_does_not_check_can_be_granted() {
    let session = with_only(&["Mail.ReadWrite", "Place.ReadWrite.All"]).await;
    let token = crate::entra::claims(session.bearer());
    assert_eq!(token["roles"], json!(["Mail.ReadWrite", "Place.ReadWrite.All"]));
    session.get("/places/microsoft.graph.room").await.expect(200);
    session.get("/users").await.refused(403, "Authorization_RequestDenied");
    for wrong in ["Mail.ReadAll", "mail.read", ""] {
        assert!(session.emulator.grant(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_missing_foreign_or_expired_token_is_refused() {
    let mut session = with_only(&["User.Read.All"]).await;
    let good = session.bearer().to_owned();
    session.emulator.update_settings(|settings| settings.token_lifetime_seconds = 0);
    session.sign_in().await;
    let expired = session.bearer().to_owned();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, foreign) = expired.rsplit_once('.').unwrap();
    for token in ["", "nonsense", &format!("{signed}.{foreign}"), &expired] {
        session.set_bearer(token);
        let answer = session.get("/users").await;
        assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"\""), "{token}");
        answer.refused(401, "InvalidAuthenticationToken");
    }
    session.set_bearer(&good);
    session.get("/users").await.expect(200);
}
