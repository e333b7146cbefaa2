//! A client certificate instead of a secret.

use end_to_end::Scene;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

/// A key for tests. rcgen cannot make RSA keys with ring, but signs with them.
const KEY: &str = include_str!("../vectors/credentials/rsa-2048.key.pem");

/// Returns a certificate for the key that is valid from long ago for a long time.
fn certificate() -> String {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256).expect("a key");
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    params.self_signed(&key).expect("a certificate").pem()
}

/// A tenant, and settings with a certificate that only the settings know so far.
fn scene(certificate: &str) -> Scene {
    let mut scene = Scene::new(20, 3);
    scene.set("/server/clientSecret", Value::Null);
    scene.set("/server/clientCertificate", json!(format!("{certificate}{KEY}")));
    scene
}

#[test]
fn a_certificate_works_like_a_secret_and_its_key_appears_nowhere() {
    let certificate = certificate();
    let scene = scene(&certificate);
    scene.add_certificate(&certificate).expect("a certificate");
    for words in [&["validate"][..], &["sync", "rooms"], &["sync", "users"]] {
        let run = scene.host(words).ends_with(0);
        let secret = KEY.lines().nth(1).expect("a line of the key");
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{words:?}");
    }
    scene.assert_users_match();
    let token = scene.host(&["validate"]).json()["checks"][1].clone();
    assert_eq!(token["summary"], "Entra ID accepts client ID and client certificate");
}

#[test]
fn the_remedy_for_an_unknown_certificate_is_to_upload_it() {
    let scene = scene(&certificate());
    let token = scene.host(&["validate"]).ends_with(1).json()["checks"][1].clone();
    assert_eq!(token["outcome"], "failed");
    assert_eq!(token["fields"][0]["field"], "/server/clientCertificate");
    let says = |member: &str, words: &str| {
        assert!(token[member].as_str().is_some_and(|text| text.contains(words)), "{token}");
    };
    says("detail", "AADSTS700027");
    says("remedy", "Certificates → Upload certificate");
}

#[test]
fn an_expiring_secret_is_warned_about_in_every_run() {
    let mut scene = Scene::new(10, 2);
    scene.set("/server/secretExpires", json!("2020-01-01"));
    for what in ["rooms", "users"] {
        let run = scene.sync(what);
        let warnings = run["summary"]["warnings"].to_string();
        assert!(warnings.contains("the client secret expired on 2020-01-01"), "{warnings}");
        assert!(warnings.contains("New client secret"), "and what to do: {warnings}");
    }
    let settings = scene.host(&["validate"]).ends_with(0).json()["checks"][0].clone();
    assert_eq!(settings["outcome"], "warned");
    assert_eq!(settings["fields"][0]["field"], "/server/secretExpires");
}
