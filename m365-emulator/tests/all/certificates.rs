//! Applications that authenticate with a certificate instead of a secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use m365_emulator::Config;
use reqwest::Method;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::browser::{redeem, sign_in};
use crate::entra::{claims, refused};
use crate::session::{Answer, Session, properties, send};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const OTHER: &str = "11111111-2222-4333-8444-555555555555";

fn pem(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// A certificate and its key.
struct Holder {
    der: Vec<u8>,
    key: RsaKeyPair,
}

impl Holder {
    fn read(name: &str) -> Self {
        let blocks = pem::parse_many(pem(name)).unwrap();
        let key = RsaKeyPair::from_pkcs8(blocks[1].contents()).unwrap();
        Self { der: blocks[0].contents().to_vec(), key }
    }

    fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der))
    }

    fn x5t_s256(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }

    /// Returns the header that Microsoft recommends today.
    fn header(&self) -> Value {
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.x5t_s256()})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        let padding: &dyn ring::signature::RsaEncoding =
            if header["alg"] == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 };
        self.key.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Returns valid claims.
fn right(session: &Session) -> Value {
    let now = jiff::Timestamp::now().as_second();
    let client = session.emulator.client_id();
    let (authority, tenant) = (session.emulator.authority(), session.emulator.tenant_id());
    json!({
        "aud": format!("{authority}/{tenant}/oauth2/v2.0/token"),
        "iss": client,
        "sub": client,
        "jti": OTHER,
        "nbf": now,
        "iat": now,
        "exp": now + 600,
    })
}

async fn present(session: &Session, assertion: &str) -> Answer {
    let form = [
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    session.token(&form).await
}

async fn with_certificate() -> (Session, Holder) {
    let config = Config {
        users: 1,
        rooms: 0,
        client_certificates: vec![pem("client-certificate")],
        ..Config::default()
    };
    (Session::start(config).await, Holder::read("client-certificate"))
}

#[tokio::test]
async fn an_assertion_gets_the_same_token_as_a_secret() {
    let (session, holder) = with_certificate().await;
    let claims_of = |answer: &Value| claims(answer["access_token"].as_str().unwrap());
    let by_certificate = present(&session, &holder.sign(&holder.header(), &right(&session))).await;
    let by_certificate = claims_of(&by_certificate.expect(200));
    let by_secret = claims_of(&session.token(&[]).await.expect(200));
    assert_eq!(by_certificate["roles"], by_secret["roles"]);
    assert_eq!((&by_certificate["appidacr"], &by_secret["appidacr"]), (&json!("2"), &json!("1")));
}

#[tokio::test]
async fn both_paddings_and_both_thumbprints_are_accepted() {
    let (session, holder) = with_certificate().await;
    for header in [
        json!({"alg": "RS256", "typ": "JWT", "x5t": holder.x5t(), "kid": "any"}),
        json!({"alg": "RS256", "x5t#S256": holder.x5t_s256()}),
        json!({"alg": "PS256", "x5t": format!("{}=", holder.x5t())}),
    ] {
        present(&session, &holder.sign(&header, &right(&session))).await.expect(200);
    }
}

#[tokio::test]
async fn the_audience_is_the_token_endpoint_or_its_issuer() {
    let (session, holder) = with_certificate().await;
    let (authority, tenant) = (session.emulator.authority(), session.emulator.tenant_id());
    for audience in [
        format!("{authority}/contoso.onmicrosoft.com/oauth2/v2.0/token"),
        format!("{authority}/{tenant}/v2.0"),
    ] {
        let mut claims = right(&session);
        claims["aud"] = audience.into();
        present(&session, &holder.sign(&holder.header(), &claims)).await.expect(200);
    }
    for audience in [
        format!("{authority}/{OTHER}/oauth2/v2.0/token"),
        format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
        authority.clone(),
    ] {
        let mut claims = right(&session);
        claims["aud"] = audience.into();
        let answer = present(&session, &holder.sign(&holder.header(), &claims)).await;
        refused(answer, 401, "invalid_client", 700_023);
    }
}

#[tokio::test]
async fn a_code_is_redeemed_with_an_assertion() {
    let (session, holder) = with_certificate().await;
    let zoe = json!({"displayName": "Zoë", "userPrincipalName": "zoe@contoso.com"});
    session.emulator.create_user(properties(zoe)).unwrap();
    let back = sign_in(&session, "zoe@contoso.com", &[]).await;
    let assertion = holder.sign(&holder.header(), &right(&session));
    let proof = [
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &*assertion),
    ];
    let answer = redeem(&session, &back["code"], &proof).await.expect(200);
    assert!(answer["id_token"].is_string());
    assert_eq!(claims(answer["access_token"].as_str().unwrap())["appidacr"], "2");
}

#[tokio::test]
async fn an_unknown_certificate_is_named_by_its_thumbprint() {
    let (session, _) = with_certificate().await;
    let other = Holder::read("client-certificate-other");
    let text = refused(
        present(&session, &other.sign(&other.header(), &right(&session))).await,
        401,
        "invalid_client",
        700_027,
    );
    let thumbprint: String =
        digest(&SHA256, &other.der).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(text.contains("is not registered on application. [Reason - The key was not found., "));
    assert!(text.contains(&format!("Thumbprint of key used by client: '{thumbprint}'")), "{text}");

    // A malformed thumbprint is not repeated.
    let mut header = other.header();
    header["x5t#S256"] = "bm90IG9uZQ".into();
    let answer = present(&session, &other.sign(&header, &right(&session))).await;
    let text = refused(answer, 401, "invalid_client", 700_027);
    assert!(text.contains("[Reason - The key was not found., Please visit"), "{text}");
}

#[tokio::test]
async fn a_foreign_signature_is_refused() {
    let (session, holder) = with_certificate().await;
    let other = Holder::read("client-certificate-other");
    let answer = present(&session, &other.sign(&holder.header(), &right(&session))).await;
    let text = refused(answer, 401, "invalid_client", 700_027);
    assert!(
        text.contains("[Reason - The provided signature value did not match the expected"),
        "{text}"
    );
    // The right key, with another padding than in the header.
    let signed = holder.sign(&json!({"alg": "PS256", "x5t": holder.x5t()}), &right(&session));
    let (_, signature) = signed.rsplit_once('.').unwrap();
    let other = holder.sign(&json!({"alg": "RS256", "x5t": holder.x5t()}), &right(&session));
    let (message, _) = other.rsplit_once('.').unwrap();
    let answer = present(&session, &format!("{message}.{signature}")).await;
    refused(answer, 401, "invalid_client", 700_027);
}

#[tokio::test]
async fn an_expired_certificate_is_refused_as_expired() {
    let (session, _) = with_certificate().await;
    session.emulator.add_certificate(&pem("client-certificate-expired")).unwrap();
    let expired = Holder::read("client-certificate-expired");
    let answer = present(&session, &expired.sign(&expired.header(), &right(&session))).await;
    let text = refused(answer, 401, "invalid_client", 700_027);
    assert!(
        text.contains("is expired on application. [Reason - The key used is expired., "),
        "{text}"
    );
    let found = "Found key 'Start=01/01/2020 00:00:00, End=01/01/2021 00:00:00'";
    assert!(text.contains(found), "{text}");
}

#[tokio::test]
async fn an_assertion_is_accepted_between_its_times() {
    let (session, holder) = with_certificate().await;
    let now = jiff::Timestamp::now().as_second();
    let at = |nbf: Option<i64>, exp: i64| {
        let mut claims = right(&session);
        claims["nbf"] = json!(nbf);
        claims["exp"] = json!(exp);
        holder.sign(&holder.header(), &claims)
    };
    let mut fractions = right(&session);
    fractions["exp"] = json!(now as f64 + 600.5);
    present(&session, &holder.sign(&holder.header(), &fractions)).await.expect(200);
    // Clocks may differ by five minutes, and `nbf` is optional.
    present(&session, &at(Some(now + 200), now + 600)).await.expect(200);
    present(&session, &at(Some(now - 900), now - 200)).await.expect(200);
    present(&session, &at(None, now + 600)).await.expect(200);
    for assertion in [at(Some(now + 600), now + 1200), at(Some(now - 1200), now - 600)] {
        let answer = present(&session, &assertion).await;
        refused(answer, 401, "invalid_client", 700_024);
    }
    let text =
        refused(present(&session, &at(None, 1_601_519_414)).await, 401, "invalid_client", 700_024);
    assert!(text.contains("assertion valid from 1970-01-01T00:00:00.0000000Z, "), "{text}");
    assert!(text.contains("expiry time of assertion 2020-10-01T02:30:14.0000000Z."), "{text}");
}

#[tokio::test]
async fn wrong_assertions_are_refused_with_microsofts_errors() {
    let (session, holder) = with_certificate().await;
    let sign = |header: &Value, member: &str, value: Value| {
        let mut claims = right(&session);
        claims[member] = value;
        holder.sign(header, &claims)
    };
    let header = holder.header();
    let client = session.emulator.client_id();

    let answer = present(&session, &sign(&header, "sub", json!(OTHER))).await;
    refused(answer, 401, "invalid_client", 50048);
    let mut claims = right(&session);
    (claims["iss"], claims["sub"]) = (json!(OTHER), json!(OTHER));
    let answer = present(&session, &holder.sign(&header, &claims)).await;
    refused(answer, 401, "invalid_client", 700_021);

    let endpoint = right(&session)["aud"].clone();
    let signed = holder.sign(&header, &right(&session));
    for malformed in [
        "nonsense",
        "a.b.c",
        &signed[..signed.len() / 2],
        &format!("{signed}.more"),
        &sign(&header, "aud", json!([endpoint])),
        &sign(&header, "exp", json!("tomorrow")),
        &sign(&json!({"alg": "PS256", "typ": "JWT"}), "iss", json!(client)),
    ] {
        refused(present(&session, malformed).await, 400, "invalid_request", 50027);
    }
    let unsigned = json!({"alg": "none", "x5t#S256": holder.x5t_s256()});
    let answer = present(&session, &holder.sign(&unsigned, &right(&session))).await;
    refused(answer, 400, "invalid_request", 5_002_730);

    let form = [("client_secret", ""), ("client_assertion", &*signed)];
    refused(session.token(&form).await, 400, "invalid_request", 900_144);
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let form = [form[0], form[1], ("client_assertion_type", saml)];
    refused(session.token(&form).await, 400, "invalid_request", 90011);
    let form = [("client_assertion", &*signed), ("client_assertion_type", JWT_BEARER)];
    refused(session.token(&form).await, 400, "invalid_request", 90023);
}

#[tokio::test]
async fn certificates_are_uploaded_listed_and_removed() {
    let session = Session::with_users(1).await;
    let holder = Holder::read("client-certificate");
    let signed = holder.sign(&holder.header(), &right(&session));
    refused(present(&session, &signed).await, 401, "invalid_client", 700_027);

    let url = format!("{}/_emulator/certificates", session.emulator.graph());
    let upload = async |text: String| send(session.http.post(&url).body(text)).await;
    let thumbprint = upload(pem("client-certificate")).await.expect(201)["thumbprint"].clone();
    present(&session, &signed).await.expect(200);
    upload(pem("client-certificate")).await.expect(409);
    upload("no certificate".to_owned()).await.expect(400);
    // A key that is not an RSA key.
    let elliptic = rcgen::generate_simple_self_signed(Vec::new()).unwrap().cert.pem();
    upload(elliptic).await.expect(400);

    let listed = session.admin(Method::GET, "certificates", None).await.expect(200);
    assert_eq!(
        listed["value"],
        json!([{
            "thumbprint": thumbprint,
            "notBefore": "2020-01-01T00:00:00Z",
            "notAfter": "2120-01-01T00:00:00Z",
        }])
    );
    let path = format!("certificates/{}", thumbprint.as_str().unwrap().to_lowercase());
    assert_eq!(session.admin(Method::DELETE, &path, None).await.status, 204);
    session.admin(Method::DELETE, &path, None).await.expect(404);
    refused(present(&session, &signed).await, 401, "invalid_client", 700_027);
}
