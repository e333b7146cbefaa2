//! The token endpoint and discovery.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use m365_emulator::{Cloud, Config};
use serde_json::Value;

use crate::session::{Answer, Session, fixture, members, payload, send};

const OTHER: &str = "11111111-2222-4333-8444-555555555555";

pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[track_caller]
pub(crate) fn refused(answer: Answer, status: u16, error: &str, code: u64) -> String {
    let json = answer.expect(status);
    assert_eq!(json["error"], error, "{json}");
    assert_eq!(json["error_codes"][0], code, "{json}");
    let description = json["error_description"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = description.split("\r\n").collect();
    assert!(lines[0].starts_with(&format!("AADSTS{code}: ")), "{description}");
    assert_eq!(lines[1], format!("Trace ID: {}", json["trace_id"].as_str().unwrap()));
    assert_eq!(lines[2], format!("Correlation ID: {}", json["correlation_id"].as_str().unwrap()));
    assert_eq!(lines[3], format!("Timestamp: {}", json["timestamp"].as_str().unwrap()));
    description
}

#[tokio::test]
async fn a_token_has_the_application_and_its_permissions() {
    let session = Session::with_users(1).await;
    let answer = session.token(&[]).await.expect(200);
    for member in members(&payload("token-success-client-credentials")) {
        assert!(answer.get(member).is_some(), "{member}");
    }
    assert_eq!(
        (answer["expires_in"].as_u64(), answer["ext_expires_in"].as_u64()),
        (Some(3599), Some(3599))
    );
    let claims = claims(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], session.emulator.graph());
    assert_eq!(claims["tid"], session.emulator.tenant_id());
    assert_eq!(claims["appid"], session.emulator.client_id());
    assert_eq!(
        claims["roles"],
        serde_json::json!([
            "Calendars.ReadWrite",
            "Group.Read.All",
            "Place.Read.All",
            "User.Read.All"
        ])
    );
    assert!(claims["exp"].as_i64() > claims["iat"].as_i64());
}

#[tokio::test]
async fn a_token_is_issued_without_consent_and_has_no_roles_then() {
    let session = Session::with_users(1).await;
    for permission in session.emulator.permissions() {
        session.emulator.revoke(permission).unwrap();
    }
    let answer = session.token(&[]).await.expect(200);
    assert!(claims(answer["access_token"].as_str().unwrap()).get("roles").is_none());
}

#[tokio::test]
async fn a_token_can_be_had_by_domain_by_basic_authentication_and_for_the_real_graph() {
    let session = Session::with_users(1).await;
    session.token_in("contoso.onmicrosoft.com", &[]).await.expect(200);
    let answer =
        session.token(&[("scope", "https://graph.microsoft.com/.default")]).await.expect(200);
    assert_eq!(
        claims(answer["access_token"].as_str().unwrap())["aud"],
        "https://graph.microsoft.com"
    );

    let secret = session.emulator.client_secret().replace('~', "%7E");
    let basic = STANDARD.encode(format!("{}:{secret}", session.emulator.client_id()));
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        session.emulator.authority(),
        session.emulator.tenant_id()
    );
    let request = session
        .http
        .post(url)
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("grant_type=client_credentials&scope={}/.default", session.emulator.graph()));
    send(request).await.expect(200);
}

#[tokio::test]
async fn every_wrong_request_is_refused_with_microsofts_errors() {
    let session = Session::with_users(1).await;
    let client = session.emulator.client_id();

    let text = refused(session.token_in(OTHER, &[]).await, 400, "invalid_request", 90002);
    assert!(text.contains(&format!("Tenant '{OTHER}' not found.")));
    refused(session.token_in("elsewhere.example", &[]).await, 400, "invalid_request", 90002);
    refused(session.token_in("not a tenant", &[]).await, 400, "invalid_request", 900_023);
    refused(session.token_in("common", &[]).await, 400, "invalid_request", 90010);
    refused(session.token_in("organizations", &[]).await, 400, "invalid_request", 50059);
    refused(session.token(&[("client_id", OTHER)]).await, 400, "unauthorized_client", 700_016);
    refused(session.token(&[("client_id", "app")]).await, 400, "invalid_request", 90112);
    refused(session.token(&[("client_id", "")]).await, 400, "invalid_request", 900_144);
    let text = refused(
        session.token(&[("client_secret", "wrong")]).await,
        401,
        "invalid_client",
        7_000_215,
    );
    assert!(text.contains(&client) && text.contains("not the client secret ID"), "{text}");
    refused(session.token(&[("client_secret", "")]).await, 401, "invalid_client", 7_000_216);
    refused(
        session.token(&[("grant_type", "password")]).await,
        400,
        "unsupported_grant_type",
        70003,
    );
    refused(session.token(&[("scope", "User.Read.All")]).await, 400, "invalid_scope", 1_002_012);
    let foreign = [("scope", "https://foo.microsoft.com/.default")];
    refused(session.token(&foreign).await, 400, "invalid_scope", 70011);
    let other_cloud = [("scope", "https://graph.microsoft.us/.default")];
    refused(session.token(&other_cloud).await, 400, "invalid_resource", 500_011);

    session.emulator.update_settings(|settings| settings.secret_expired = true);
    refused(session.token(&[]).await, 401, "invalid_client", 7_000_222);
    session.emulator.update_settings(|settings| settings.application_disabled = true);
    refused(session.token(&[]).await, 400, "unauthorized_client", 7_000_112);
}

#[tokio::test]
async fn refusals_have_the_members_of_microsofts_samples() {
    let session = Session::with_users(1).await;
    let unknown = session.token(&[("client_id", OTHER)]).await.json();
    assert_eq!(members(&unknown), members(&payload("token-error-700016")));
    let wrong = session.token(&[("client_secret", "wrong")]).await.json();
    assert_eq!(members(&wrong), members(&payload("token-error-7000215")));
    let url =
        format!("{}/xyz.com/v2.0/.well-known/openid-configuration", session.emulator.authority());
    let nowhere = send(session.http.get(url)).await;
    assert_eq!(nowhere.status, 400);
    let sample = payload("token-error-90002-invalid-tenant");
    assert_eq!(members(&nowhere.json()), members(&sample));
    assert_eq!(nowhere.json()["error"], sample["error"]);
}

#[tokio::test]
async fn the_correlation_id_is_the_clients_own() {
    let session = Session::with_users(1).await;
    let url = format!("{}/{OTHER}/oauth2/v2.0/token", session.emulator.authority());
    let request = session
        .http
        .post(url)
        .header("client-request-id", OTHER)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let answer = send(request).await;
    assert_eq!(answer.header("client-request-id"), OTHER);
    assert_eq!(answer.json()["correlation_id"], OTHER);
}

#[tokio::test]
async fn discovery_has_all_members_of_microsofts_samples() {
    let session = Session::with_users(1).await;
    let (authority, tenant) = (session.emulator.authority(), session.emulator.tenant_id());
    let get =
        async |path: String| send(session.http.get(format!("{authority}{path}"))).await.expect(200);
    let configuration = get(format!("/{tenant}/v2.0/.well-known/openid-configuration")).await;
    for member in members(&payload("openid-configuration-v2")) {
        assert!(configuration.get(member).is_some(), "{member}");
    }
    assert_eq!(configuration["issuer"], format!("{authority}/{tenant}/v2.0"));
    assert_eq!(configuration["token_endpoint"], format!("{authority}/{tenant}/oauth2/v2.0/token"));

    let keys = get(format!("/{tenant}/discovery/v2.0/keys")).await;
    let header = session.bearer().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);

    let instance = get("/common/discovery/instance?api-version=1.1".to_owned()).await;
    assert_eq!(members(&instance), members(&fixture("entra-instance-discovery")));
}

#[tokio::test]
async fn the_token_is_signed_with_the_published_key() {
    let session = Session::with_users(1).await;
    let url = format!("{}/common/discovery/v2.0/keys", session.emulator.authority());
    let keys = send(session.http.get(url)).await.expect(200);
    let part =
        |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().unwrap()).unwrap();
    let key = ring::signature::RsaPublicKeyComponents { n: part("n"), e: part("e") };
    let (signed, signature) = session.bearer().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .unwrap();
}

#[tokio::test]
async fn the_issuer_in_china_differs_from_the_authority() {
    let session = Session::start(Config { cloud: Cloud::China21Vianet, ..Config::default() }).await;
    let tenant = session.emulator.tenant_id();
    let url =
        format!("{}/{tenant}/v2.0/.well-known/openid-configuration", session.emulator.authority());
    let configuration = send(session.http.get(url)).await.expect(200);
    assert_eq!(
        configuration["issuer"],
        format!("https://login.partner.microsoftonline.cn/{tenant}/v2.0")
    );
}
