//! Client certificates: the forms that are accepted, the assertions that are signed, the expiry,
//! and the refusals.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_executor::block_on;
use proptest::prelude::*;
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs8::DecodePrivateKey,
    pss::{Signature, VerifyingKey},
    signature::Verifier,
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::script::{
    Asked, GRAPH, Reply, Script, TENANT, nothing, ok, settings, sync_rooms, sync_users,
};
use crate::{
    error::Error,
    model::{Check, Outcome},
    settings::Settings,
    validate::validate,
};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../tests/vectors/credentials/", $name, ".pem"))
    };
}

/// Time of the script's clock, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 3600;
/// The certificates are valid from 2026-06-01 to 2028-06-01.
const BEGIN: u64 = 1_780_272_000;
const END: u64 = 1_843_430_400;

const CLIENT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";

/// A certificate with its key.
pub(super) fn certificate() -> String {
    format!("{}{}", pem!("rsa-2048"), pem!("rsa-2048.key"))
}

/// Settings without a secret.
pub(super) fn with_certificate() -> Value {
    json!({"server": {"clientSecret": null, "clientCertificate": certificate()}})
}

fn entered(server: Value) -> Value {
    let mut settings =
        json!({"server": {"name": "Contoso", "tenantId": TENANT, "clientId": CLIENT}});
    for (field, value) in server.as_object().expect("an object") {
        settings["server"][field] = value.clone();
    }
    settings
}

/// Returns the field that is wrong with this certificate, and the message.
fn wrong(text: &str) -> String {
    let settings = entered(json!({ "clientCertificate": text })).to_string();
    let errors = Settings::parse(&settings).expect_err("a wrong certificate");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].field, "/server/clientCertificate");
    errors[0].message.clone()
}

/// Any request of a run; users and rooms do not matter.
fn empty(asked: &Asked) -> Reply {
    let delta = format!("{GRAPH}/v1.0/users/delta?$deltatoken=A");
    match asked.path.as_str() {
        path if path.ends_with("/token") || path.contains("/groups/delta") => nothing(),
        path if path.contains("/users/delta") => {
            ok(json!({"value": [], "@odata.deltaLink": delta}))
        }
        _ => ok(json!({"value": []})),
    }
}

/// Returns header and claims of a JWT after verification with the key.
pub(super) fn verified(token: &str) -> (Value, Value) {
    let key = pem::parse(pem!("rsa-2048.key")).expect("PEM");
    let key = RsaPrivateKey::from_pkcs8_der(key.contents()).expect("a key");
    let decode = |it: &str| BASE64_URL_SAFE_NO_PAD.decode(it).expect("base64url");
    let (input, signature) = token.rsplit_once('.').expect("a JWT");
    let signature = Signature::try_from(decode(signature).as_slice()).expect("a signature");
    VerifyingKey::<Sha256>::new(RsaPublicKey::from(key))
        .verify(input.as_bytes(), &signature)
        .expect("PS256");
    let (header, claims) = input.split_once('.').expect("a JWT");
    let json = |it: &str| serde_json::from_slice(&decode(it)).expect("JSON");
    (json(header), json(claims))
}

pub(super) fn form(body: &str) -> Value {
    form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_certificate_is_enough_in_any_order_and_form() {
    let (own, key) = (pem!("rsa-2048"), pem!("rsa-2048.key"));
    let (pkcs1, other) = (pem!("rsa-2048.pkcs1.key"), pem!("other"));
    let parse = |text: &str| {
        let settings = entered(json!({"clientCertificate": text, "clientSecret": ""}));
        Settings::parse(&settings.to_string()).expect("good settings").server.credential
    };
    let expected = parse(&certificate());
    for text in [
        format!("{key}{own}"),
        format!("{own}{pkcs1}"),
        format!("{pkcs1}\n\n  {own}"),
        // A chain, and what `openssl pkcs12` writes around it.
        format!("{other}{own}{key}"),
        format!("Bag Attributes\n    localKeyID: 01\n{key}Bag Attributes\n{own}{other}"),
        certificate().replace('\n', "\r\n"),
        // A field of one line.
        certificate().replace('\n', " "),
    ] {
        assert!(parse(&text) == expected, "{text}");
    }
    assert!(parse(&format!("{other}{}", pem!("other.key"))) != expected);
}

#[test]
fn a_certificate_with_its_line_breaks_written_out_is_read() {
    let parse = |text: &str| {
        let settings = entered(json!({ "clientCertificate": text }));
        Settings::parse(&settings.to_string()).expect(text).server.credential
    };
    let expected = parse(&certificate());
    let (own, key) = (pem!("rsa-2048"), pem!("rsa-2048.key"));
    for line_break in ["\\n", "\\r\\n", "\\r", "\\\\n"] {
        let escaped = |text: &str| text.trim_end().replace('\n', line_break);
        let pem = escaped(&certificate());
        for text in [
            pem.clone(),
            format!("{pem}{line_break}"),
            format!("\"{pem}\""),
            format!("'{pem}'"),
            format!("\"{pem}{line_break}\","),
            // Each as a value of an environment file or of JSON.
            format!("\"{}\"\n\"{}\"", escaped(own), escaped(key)),
            format!("CERTIFICATE=\"{}\"\r\nKEY='{}'\r\n", escaped(own), escaped(key)),
            // One of them as a file holds it.
            format!("{own}{}", escaped(key)),
        ] {
            assert!(parse(&text) == expected, "{text}");
        }
    }
    // Quotes around a file's own text.
    assert!(parse(&format!("\"{}\"", certificate().trim_end())) == expected);
    // A backslash among the attributes is not an escape.
    let attributes = format!("Bag Attributes\n    friendlyName: CN=a\\nb\n{}", certificate());
    assert!(parse(&attributes) == expected);
}

#[test]
fn every_error_in_a_certificate_is_reported() {
    let (own, key) = (pem!("rsa-2048"), pem!("rsa-2048.key"));
    let with = |text: &str| wrong(&format!("{own}{text}"));
    assert!(wrong("MIIDDTCC").contains("not PEM text"));
    assert!(wrong(&own.replace("END CERTIFICATE", "END KEY")).contains("damaged"));
    assert!(wrong(&own.replace("MII", "M!I")).contains("damaged"));
    assert!(wrong(key).contains("certificate is missing"));
    assert!(wrong(own).contains("private key is missing"));
    assert!(with(&format!("{key}{}", pem!("other.key"))).contains("more than one"));
    assert!(with(pem!("rsa-2048.encrypted.key")).contains("encrypted"));
    assert!(with(pem!("rsa-2048.pkcs1.encrypted.key")).contains("encrypted"));
    assert!(with(pem!("ec.key")).contains("RSA key"));
    assert!(with(pem!("ec.sec1.key")).contains("RSA key"));
    assert!(with(pem!("other.key")).contains("does not belong"));
    assert!(wrong(&format!("{}{key}", pem!("ec"))).contains("does not belong"));
    let short = format!("{}{}", pem!("rsa-1024"), pem!("rsa-1024.key"));
    assert!(wrong(&short).contains("2048"));
    let empty = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    assert!(with(empty).contains("key cannot be read"));
    let empty = empty.replace("PRIVATE KEY", "CERTIFICATE");
    assert!(wrong(&format!("{empty}{key}")).contains("certificate cannot be read"));
}

#[test]
fn a_secret_or_a_certificate_must_be_entered() {
    for server in [json!({}), json!({"clientSecret": " ", "clientCertificate": ""})] {
        let errors = Settings::parse(&entered(server).to_string()).expect_err("no credential");
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].field, "/server/clientSecret");
        assert_eq!(errors[0].message, "Enter a client secret or a client certificate");
    }
    let both = json!({"clientSecret": "s", "clientCertificate": "not PEM"});
    let errors = Settings::parse(&entered(both).to_string()).expect_err("a wrong certificate");
    assert_eq!(errors[0].field, "/server/clientCertificate", "the secret does not stand in");
}

#[test]
fn a_token_is_asked_for_with_an_assertion_that_the_key_signed() {
    let mut more = with_certificate();
    // Where both are given.
    more["server"]["clientSecret"] = json!("not~a~real~secret");
    let script = Script::new(empty);
    sync_rooms(&script, &settings(more)).1.expect("a good run");
    let asked = script.asked.borrow();
    let mut form = form(&asked[0].body);
    let assertion = form["client_assertion"].take();
    assert_eq!(
        form,
        json!({
            "client_id": CLIENT,
            "grant_type": "client_credentials",
            "scope": format!("{GRAPH}/.default"),
            "client_assertion": null,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        })
    );
    let (header, mut claims) = verified(assertion.as_str().expect("a JWT"));
    // The output of `openssl x509 -fingerprint -sha256`.
    assert_eq!(
        header,
        json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": "2inaWRy2xsMQePmxWGZg-L0QdqtaI1sUELCCFY9CwLU",
        })
    );
    let jti = claims["jti"].take();
    assert!(jti.as_str().is_some_and(crate::settings::is_guid), "{jti}");
    assert_eq!(
        claims,
        json!({
            "aud": format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"),
            "iss": CLIENT, "sub": CLIENT, "jti": null,
            "iat": NOW, "nbf": NOW - 60, "exp": NOW + 540,
        })
    );
}

#[test]
fn each_token_is_asked_for_with_an_assertion_of_its_own() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        path if path.contains("/places/") && asked.before == 0 => Reply::Json(401, json!({})),
        _ => empty(asked),
    });
    sync_rooms(&script, &settings(with_certificate())).1.expect("a good run");
    let asked = script.asked.borrow();
    let tokens = asked.iter().filter(|request| request.path.ends_with("/token"));
    let assertions: Vec<_> =
        tokens.map(|request| form(&request.body)["client_assertion"].clone()).collect();
    assert!(assertions.len() > 1);
    let ids = assertions
        .iter()
        .map(|assertion| verified(assertion.as_str().expect("a JWT")).1["jti"].to_string());
    let ids = std::collections::BTreeSet::from_iter(ids);
    assert_eq!(ids.len(), assertions.len());
}

#[test]
fn no_text_repeats_the_key_or_what_it_signed() {
    let settings = settings(with_certificate());
    let printed = format!("{settings:?}");
    assert!(printed.contains("Certificate([redacted])"), "{printed}");
    let script = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => Reply::Json(
            400,
            json!({
                "error": "invalid_client",
                "error_description": format!("AADSTS700027: {}", asked.body),
            }),
        ),
        false => nothing(),
    });
    let error = sync_rooms(&script, &settings).1.expect_err("refused");
    let assertion = form(&script.asked.borrow()[0].body)["client_assertion"].clone();
    let printed = format!("{error:?}");
    assert!(printed.contains("[redacted]"), "{printed}");
    assert!(!printed.contains(assertion.as_str().expect("a JWT")), "{printed}");
    let (batches, _) = sync_users(&Script::new(empty), &settings, None);
    let checkpoint = &batches.last().expect("a batch").checkpoint;
    for line in certificate().lines().filter(|it| !it.starts_with('-')) {
        assert!(!checkpoint.contains(line) && !printed.contains(line));
    }
}

/// Returns the first checks at this time.
fn checked(settings: &str, now: u64) -> Check {
    let script = Script::new(empty);
    script.clock.set(Duration::from_secs(now));
    block_on(validate(&script, settings)).swap_remove(0)
}

#[test]
fn a_certificate_is_warned_about_before_it_expires() {
    // Of the secret: it is not used.
    let server = json!({"clientCertificate": certificate(), "secretExpires": "2020-01-01",
        "cloud": "us-government-l4"});
    let settings = entered(server).to_string();
    for (now, expected) in [
        (BEGIN - 1, Some("is not valid before 2026-06-01")),
        (BEGIN, None),
        (END - 31 * DAY, None),
        (END - 31 * DAY + 1, Some("expires on 2028-06-01, in 30 days")),
        (END - DAY, Some("expires on 2028-06-01, in 1 day")),
        (END, Some("expires on 2028-06-01, within a day")),
        (END + 1, Some("expired on 2028-06-01")),
    ] {
        let check = checked(&settings, now);
        let outcome = if expected.is_some() { Outcome::Warned } else { Outcome::Passed };
        assert_eq!((check.id.as_str(), check.outcome), ("settings", outcome), "{now}: {check:?}");
        let Some(expected) = expected else { continue };
        assert!(check.summary.ends_with(expected), "{check:?}");
        assert_eq!(check.fields[0].field, "/server/clientCertificate");
        let remedy = check.remedy.expect("a remedy");
        let words = if now < BEGIN { "clock" } else { "portal.azure.us" };
        assert!(remedy.contains(words), "{remedy}");
    }
}

#[test]
fn a_run_warns_before_its_credential_expires() {
    let secret = json!({"server": {"secretExpires": "2027-01-20"}});
    for (more, now, words) in [
        (secret, NOW, "The client secret expires on 2027-01-20, in 5 days. In portal.azure.com"),
        (
            with_certificate(),
            END - DAY,
            "The client certificate expires on 2028-06-01, in 1 day. In",
        ),
    ] {
        let settings = settings(more);
        let script = || {
            let script = Script::new(empty);
            script.clock.set(Duration::from_secs(now));
            script
        };
        for summary in
            [sync_rooms(&script(), &settings).1, sync_users(&script(), &settings, None).1]
        {
            let warnings = summary.expect("a good run").warnings;
            assert!(warnings.iter().any(|warning| warning.starts_with(words)), "{warnings:?}");
        }
    }
    let warnings = sync_users(&Script::new(empty), &settings(with_certificate()), None).1;
    assert_eq!(warnings.expect("a good run").warnings, [""; 0]);
}

#[test]
fn a_refused_certificate_says_what_to_do() {
    const CERTIFICATE: &str = "/server/clientCertificate";
    const UPLOAD: &str = "In portal.azure.com: Microsoft Entra ID → App registrations → \
        your app → Certificates & secrets → Certificates → Upload certificate";
    for (code, words, summary, remedy, fields) in [
        (
            700_027,
            "The certificate with identifier used to sign the client assertion is not \
                registered on application. [Reason - The key was not found., Thumbprint of \
                key used by client: 'DA29']",
            "does not have this client certificate",
            UPLOAD,
            &[CERTIFICATE][..],
        ),
        (
            700_027,
            "The certificate with identifier used to sign the client assertion is \
                expired on application. [Reason - The key used is expired., Found key \
                'Start=05/10/2022 00:00:00, End=05/10/2024 00:00:00']",
            "certificate has expired",
            UPLOAD,
            &[CERTIFICATE],
        ),
        (
            700_027,
            "Client assertion failed signature validation. [Reason - Key was found, but \
                use of the key to verify the signature failed.]",
            "does not accept the signature",
            UPLOAD,
            &[CERTIFICATE],
        ),
        (
            700_027,
            "The provided client assertion for X is using a key which is revoked.",
            "has been revoked",
            UPLOAD,
            &[CERTIFICATE],
        ),
        (7_005_004, "Revoked.", "has been revoked", UPLOAD, &[CERTIFICATE]),
        (7_000_214, "Revoked.", "has been revoked", UPLOAD, &[CERTIFICATE]),
        (7_000_222, "Expired.", "certificate has expired", UPLOAD, &[CERTIFICATE]),
        (
            700_024,
            "Not within its valid time range.",
            "Microsoft's clock",
            "Correct the clock",
            &[],
        ),
        (700_021, "Identifier.", "client ID", "Application (client) ID", &["/server/clientId"]),
        (
            700_023,
            "Audience.",
            "another sign-in server",
            "operator",
            &["/server/tenantId", "/server/cloud"],
        ),
        (7_000_218, "Missing.", "did not reach", "proxy", &[CERTIFICATE]),
        (7_999_999, "New.", "does not accept the client certificate", UPLOAD, &[]),
    ] {
        let script = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
            true => Reply::Json(
                401,
                json!({
                    "error": "invalid_client", "error_codes": [code],
                    "error_description": format!("AADSTS{code}: {words} Trace ID: t-1"),
                }),
            ),
            false => nothing(),
        });
        let settings = entered(json!({ "clientCertificate": certificate() })).to_string();
        let check = block_on(validate(&script, &settings)).swap_remove(1);
        assert_eq!((check.id.as_str(), check.outcome), ("token", Outcome::Failed));
        assert!(check.summary.contains(summary), "{code}: {}", check.summary);
        assert!(check.remedy.as_ref().is_some_and(|text| text.contains(remedy)), "{check:?}");
        let marked: Vec<_> = check.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(marked, fields, "{code}");
        assert!(check.fields.iter().all(|field| field.message == check.summary), "{check:?}");
    }
}

#[test]
fn the_check_names_the_accepted_credential() {
    for (server, name) in [
        (json!({ "clientCertificate": certificate() }), "client certificate"),
        (json!({"clientSecret": "s"}), "client secret"),
    ] {
        let checks = block_on(validate(&Script::new(empty), &entered(server).to_string()));
        assert_eq!(checks[1].summary, format!("Entra ID accepts client ID and {name}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// A damaged certificate is reported, or it can be used.
    #[test]
    fn no_certificate_causes_a_panic(
        pkcs1 in any::<bool>(), at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9+/=-]",
    ) {
        let key = if pkcs1 { pem!("rsa-2048.pkcs1.key") } else { pem!("rsa-2048.key") };
        let mut text = format!("{}{key}", pem!("rsa-2048"));
        let at = at.index(text.len());
        text.replace_range(at..=at, &letter);
        match Settings::parse(&entered(json!({ "clientCertificate": text })).to_string()) {
            Err(errors) => prop_assert_eq!(&errors[0].field, "/server/clientCertificate"),
            Ok(settings) => {
                let run = sync_rooms(&Script::new(empty), &settings).1;
                prop_assert!(matches!(run, Ok(_) | Err(Error::InvalidSettings(_))));
            }
        }
    }
}
