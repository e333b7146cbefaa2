//! Keys that rotate, and ID tokens that a client has to refuse.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use m365_emulator::{Cloud, Config, Fault, IdTokenFault, Then};
use reqwest::Method;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use crate::browser::{id_token, part, redeem, sign_in};
use crate::session::{Session, properties, send};

const ZOE: &str = "zoe@contoso.com";

async fn session_in(cloud: Cloud) -> Session {
    let session = Session::start(Config { users: 1, rooms: 1, cloud, ..Config::default() }).await;
    let zoe = json!({"displayName": "Zoë", "userPrincipalName": ZOE, "mail": ZOE});
    session.emulator.create_user(properties(zoe)).unwrap();
    session
}

async fn session() -> Session {
    session_in(Cloud::Global).await
}

async fn keys(session: &Session) -> Vec<Value> {
    let emulator = &session.emulator;
    let url = format!("{}/{}/discovery/v2.0/keys", emulator.authority(), emulator.tenant_id());
    let keys = send(session.http.get(url)).await.expect(200);
    keys["keys"].as_array().unwrap().clone()
}

/// Returns whether the published key of its `kid` signed a token; none if there is no such key.
async fn is_signed(session: &Session, token: &str) -> Option<bool> {
    let kid = &part(token, 0)["kid"];
    let key = keys(session).await.into_iter().find(|key| key["kid"] == *kid)?;
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let key = RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    Some(key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok())
}

/// Returns an ID token with this fault.
async fn spoiled(session: &Session, fault: IdTokenFault) -> String {
    session.emulator.add_fault(Fault::once("/token", Then::IdToken(fault))).unwrap();
    id_token(session, ZOE).await
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_ones_stay_published() {
    let session = session().await;
    let old = id_token(&session, ZOE).await;
    assert_eq!(is_signed(&session, &old).await, Some(true));
    assert_eq!(session.admin(Method::POST, "keys/rotate", None).await.status, 204);
    let new = id_token(&session, ZOE).await;
    assert_ne!(part(&old, 0)["kid"], part(&new, 0)["kid"]);
    assert_eq!(is_signed(&session, &old).await, Some(true));
    assert_eq!(is_signed(&session, &new).await, Some(true));
    let keys = keys(&session).await;
    assert_eq!(keys.len(), 2);
    let issuer = format!("{}/{{tenantid}}/v2.0", session.emulator.authority());
    assert!(keys.iter().all(|key| key["issuer"] == issuer));
}

#[tokio::test]
async fn dropped_keys_are_not_published_and_graph_still_accepts_their_tokens() {
    let session = session().await;
    let old = id_token(&session, ZOE).await;
    let drop = Some(json!({"drop": true}));
    assert_eq!(session.admin(Method::POST, "keys/rotate", drop).await.status, 204);
    assert_eq!(is_signed(&session, &old).await, None);
    assert_eq!(keys(&session).await.len(), 1);
    session.get("/users").await.expect(200);
    session.admin(Method::POST, "keys/rotate", Some(json!({"all": true}))).await.expect(400);
}

#[tokio::test]
async fn the_issuer_is_the_one_that_discovery_names() {
    let session = session_in(Cloud::China21Vianet).await;
    let claims = part(&id_token(&session, ZOE).await, 1);
    let tenant = session.emulator.tenant_id();
    assert_eq!(claims["iss"], format!("https://login.partner.microsoftonline.cn/{tenant}/v2.0"));
}

#[tokio::test]
async fn a_fault_of_id_tokens_concerns_only_redeemed_codes() {
    let session = session().await;
    let fault = json!({"times": 2, "then": {"idToken": "withoutOid"}});
    assert_eq!(session.admin(Method::POST, "faults", Some(fault)).await.status, 204);
    session.token(&[]).await.expect(200);
    for spoiled in [true, true, false] {
        let claims = part(&id_token(&session, ZOE).await, 1);
        assert_eq!(claims.get("oid").is_none(), spoiled);
    }
    let unknown = json!({"then": {"idToken": "wrongShoes"}});
    session.admin(Method::POST, "faults", Some(unknown)).await.expect(400);
}

#[tokio::test]
async fn a_fault_of_id_tokens_does_not_change_a_refusal() {
    let session = session().await;
    let fault = Fault::once("/token", Then::IdToken(IdTokenFault::Expired));
    session.emulator.add_fault(fault).unwrap();
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    redeem(&session, &code, &[("code_verifier", "")]).await.expect(400);
}

#[tokio::test]
async fn signatures_are_wrong_in_each_of_the_known_ways() {
    let session = session().await;
    let wrong = spoiled(&session, IdTokenFault::WrongKey).await;
    assert_eq!(is_signed(&session, &wrong).await, Some(false));
    let unknown = spoiled(&session, IdTokenFault::UnknownKid).await;
    assert_eq!(is_signed(&session, &unknown).await, None);

    let none = spoiled(&session, IdTokenFault::AlgNone).await;
    assert_eq!(part(&none, 0)["alg"], "none");
    assert!(none.ends_with('.'));

    let hs256 = spoiled(&session, IdTokenFault::Hs256).await;
    let header = part(&hs256, 0);
    assert_eq!(header["alg"], "HS256");
    assert!(keys(&session).await.iter().any(|key| key["kid"] == header["kid"]));
    assert_eq!(is_signed(&session, &hs256).await, Some(false));

    let rotated = spoiled(&session, IdTokenFault::KeysRotated).await;
    assert_eq!(is_signed(&session, &rotated).await, None);
    assert_eq!(is_signed(&session, &id_token(&session, ZOE).await).await, Some(true));
}

#[tokio::test]
async fn claims_are_wrong_one_at_a_time_under_a_good_signature() {
    let session = session().await;
    let right = part(&id_token(&session, ZOE).await, 1);
    for (fault, changed) in [
        (IdTokenFault::WrongIssuer, &["iss"][..]),
        (IdTokenFault::WrongAudience, &["aud"]),
        (IdTokenFault::WrongTenant, &["tid"]),
        (IdTokenFault::WrongNonce, &["nonce"]),
        (IdTokenFault::WithoutNonce, &["nonce"]),
        (IdTokenFault::WithoutOid, &["oid"]),
        (IdTokenFault::Version1, &["iss", "ver", "preferred_username"]),
    ] {
        let token = spoiled(&session, fault).await;
        assert_eq!(is_signed(&session, &token).await, Some(true), "{fault:?}");
        let claims = part(&token, 1);
        // These differ from token to token.
        let passing = ["iat", "nbf", "exp", "aio", "rh", "uti"];
        let differ: Vec<&str> = right
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, value)| claims.get(name) != Some(value))
            .map(|(name, _)| name.as_str())
            .filter(|name| !passing.contains(name))
            .collect();
        assert_eq!(differ, changed, "{fault:?}");
    }
}

#[tokio::test]
async fn tokens_can_be_expired_or_not_yet_valid_or_huge() {
    let session = session().await;
    let now = jiff::Timestamp::now().as_second();
    let expired = part(&spoiled(&session, IdTokenFault::Expired).await, 1);
    assert!(expired["exp"].as_i64().unwrap() <= now - 3000);
    let early = part(&spoiled(&session, IdTokenFault::NotYetValid).await, 1);
    assert!(early["nbf"].as_i64().unwrap() >= now + 3000);
    let huge = spoiled(&session, IdTokenFault::Huge).await;
    assert!(huge.len() > 10_000_000);
    assert_eq!(is_signed(&session, &huge).await, Some(true));
}

#[tokio::test]
async fn the_key_of_an_application_is_published_only_by_its_own_discovery() {
    let session = session().await;
    session.emulator.update_settings(|settings| settings.own_signing_key = true);
    let token = id_token(&session, ZOE).await;
    assert_eq!(is_signed(&session, &token).await, None);

    let emulator = &session.emulator;
    let discovery = format!(
        "{}/{}/v2.0/.well-known/openid-configuration",
        emulator.authority(),
        emulator.tenant_id()
    );
    let discover = async |query: String| {
        let document = send(session.http.get(format!("{discovery}{query}"))).await.expect(200);
        let address = document["jwks_uri"].as_str().unwrap().to_owned();
        let keys = send(session.http.get(&address)).await.expect(200)["keys"].clone();
        let kids: Vec<_> = keys.as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        (address, kids)
    };
    let own = part(&token, 0)["kid"].clone();
    let (address, kids) = discover(format!("?appid={}", emulator.client_id())).await;
    assert!(address.ends_with(&format!("/keys?appid={}", emulator.client_id())), "{address}");
    assert_eq!(kids, std::slice::from_ref(&own));
    for query in [String::new(), "?appid=e0e0e0e0-0000-4000-8000-000000000000".to_owned()] {
        assert!(!discover(query).await.1.contains(&own));
    }
    // Access tokens for Graph are still signed by the tenant's key.
    session.get("/users?$top=1").await.expect(200);

    session.emulator.update_settings(|settings| settings.own_signing_key = false);
    let token = id_token(&session, ZOE).await;
    assert_eq!(is_signed(&session, &token).await, Some(true));
}
