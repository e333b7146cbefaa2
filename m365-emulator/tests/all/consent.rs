//! An administrator's consent.

use crate::browser::{BACK, came_back, changed, open, press};
use crate::session::Session;

const PATH: &str = "v2.0/adminconsent";

fn asked(session: &Session, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let (client, scope) =
        (session.emulator.client_id(), format!("{}/.default", session.emulator.graph()));
    let right = [
        ("client_id", client.as_str()),
        ("scope", scope.as_str()),
        ("redirect_uri", BACK),
        ("state", "12345"),
    ];
    changed(&right, changes)
}

/// Starts a tenant without granted permissions.
async fn session() -> Session {
    let session = Session::with_users(1).await;
    for permission in session.emulator.permissions() {
        session.emulator.revoke(permission).unwrap();
    }
    session
}

#[tokio::test]
async fn accepting_grants_what_the_application_asks_for() {
    let session = session().await;
    let answer = press(&session, PATH, &asked(&session, &[]), ("accept", "true")).await;
    let back = came_back(&answer);
    assert_eq!(back["admin_consent"], "True");
    assert_eq!(back["tenant"], session.emulator.tenant_id());
    assert_eq!(back["state"], "12345");
    let granted: Vec<String> = session
        .emulator
        .permissions()
        .iter()
        .map(|permission| format!("{}/{permission}", session.emulator.graph()))
        .collect();
    assert_eq!(granted.len(), 4);
    assert_eq!(back["scope"], granted.join(" "));
}

#[tokio::test]
async fn neither_opening_the_page_nor_cancelling_grants_anything() {
    let session = session().await;
    let answer = press(&session, PATH, &asked(&session, &[]), ("cancel", "true")).await;
    let back = came_back(&answer);
    // A refusal has admin_consent=True too.
    assert_eq!((back["admin_consent"].as_str(), back["state"].as_str()), ("True", "12345"));
    assert_eq!(back["error"], "consent_required");
    assert!(back["error_description"].starts_with("AADSTS65004: User declined"));
    assert!(session.emulator.permissions().is_empty());
}

#[tokio::test]
async fn a_wrong_request_for_consent_is_refused() {
    let session = session().await;
    let get = async |changes: &[(&str, &str)]| {
        open(&session, reqwest::Method::GET, PATH, &asked(&session, changes)).await
    };
    let shown = get(&[("redirect_uri", "https://example.com/")]).await;
    assert!(shown.status == 400 && shown.text.contains("AADSTS50011: "));
    for (scope, error, code) in [
        ("", "invalid_request", "AADSTS900144: "),
        ("User.Read.All", "invalid_scope", "AADSTS70011: "),
        ("https://foo.example.com/.default", "invalid_resource", "AADSTS500011: "),
    ] {
        let back = came_back(&get(&[("scope", scope)]).await);
        assert_eq!(back["error"], error);
        assert!(back["error_description"].starts_with(code), "{back:?}");
        assert_eq!(back["admin_consent"], "True");
    }
}

#[tokio::test]
async fn consent_in_the_portal_grants_and_comes_back_without_a_state() {
    let session = session().await;
    let body = serde_json::json!({"redirectUri": BACK});
    let answer = session.admin(reqwest::Method::POST, "consent", Some(body)).await.expect(200);
    let location = url::Url::parse(answer["location"].as_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with(BACK));
    let members: Vec<_> = location.query_pairs().into_owned().collect();
    let expected = [("admin_consent", "True"), ("tenant", &session.emulator.tenant_id())];
    assert_eq!(members, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(session.emulator.permissions().len(), 4);
    assert!(session.emulator.consent_in_portal("no address").is_err());
}
