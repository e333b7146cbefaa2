//! The URL to which the browser is redirected at the start of a sign-in.

use std::collections::BTreeSet;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_executor::block_on;
use serde_json::json;

use super::{CLIENT, REDIRECT_URI, SignIn, begin, configuration, pairs, query, settings};
use crate::{
    error::Error,
    model::Purpose,
    sign_in,
    tests::script::{Script, TENANT, ok},
};

#[test]
fn the_browser_brings_all_that_the_flow_needs_and_nothing_else() {
    let settings = settings(json!({}));
    let (redirect, asked) =
        begin(&settings, &configuration(&settings), REDIRECT_URI, Purpose::SignIn);
    let url = redirect.expect("a redirect").url;
    let authorize =
        format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?client_id=");
    assert!(url.starts_with(&authorize), "{url}");
    let mut query = query(&url);
    for chosen in ["state", "nonce", "code_challenge"] {
        let chosen = query.remove(chosen).expect("a parameter");
        assert_eq!(chosen.len(), 43, "256 bits: {chosen}");
    }
    let rest: Vec<_> = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        rest,
        [
            ("client_id", CLIENT),
            ("code_challenge_method", "S256"),
            ("redirect_uri", REDIRECT_URI),
            ("response_mode", "form_post"),
            ("response_type", "code"),
            ("scope", "openid profile email"),
        ]
    );
    let paths: Vec<_> =
        asked.iter().map(|request| format!("{}{}", request.origin, request.path)).collect();
    assert_eq!(
        paths,
        [format!(
            "https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration?appid={CLIENT}"
        )]
    );
}

#[test]
fn state_nonce_and_verifier_are_fresh_each_time() {
    let settings = settings(json!({}));
    let configuration = configuration(&settings);
    let script = Script::new(|_| ok(configuration.clone()));
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let begun = sign_in::begin(&script, &settings, REDIRECT_URI, Purpose::SignIn);
        let redirect = block_on(begun).expect("a redirect");
        let query = query(&redirect.url);
        for name in ["state", "nonce", "code_challenge"] {
            assert!(seen.insert(query[name].clone()), "{name}");
        }
        assert!(seen.insert(redirect.flow));
    }
}

#[test]
fn a_code_is_posted_where_the_hosts_cookie_can_come_along() {
    let settings = settings(json!({}));
    let mode = |redirect_uri: &str, modes| {
        let mut configuration = configuration(&settings);
        configuration["response_modes_supported"] = modes;
        let (redirect, _) = begin(&settings, &configuration, redirect_uri, Purpose::SignIn);
        query(&redirect.expect("a redirect").url)["response_mode"].clone()
    };
    let all = json!(["query", "fragment", "form_post"]);
    assert_eq!(mode(REDIRECT_URI, all.clone()), "form_post");
    assert_eq!(mode("http://localhost:8080/callback", all.clone()), "query");
    assert_eq!(mode("http://127.0.0.1/callback", all.clone()), "query");
    assert_eq!(mode("https://localhost/callback", all), "form_post");
    assert_eq!(mode(REDIRECT_URI, json!(["query"])), "query");
    // OpenID Connect Discovery, section 3: query and fragment.
    assert_eq!(mode(REDIRECT_URI, json!(null)), "query");
}

#[test]
fn a_redirect_uri_that_others_can_read_is_refused() {
    let settings = settings(json!({}));
    for redirect_uri in [
        "http://ones.example/callback",
        "https://ones.example/callback#part",
        "https://someone@ones.example/callback",
        "ones://callback",
        "javascript:alert(1)",
        "/callback",
        "",
    ] {
        for purpose in [Purpose::SignIn, Purpose::Consent] {
            let (redirect, asked) =
                begin(&settings, &configuration(&settings), redirect_uri, purpose);
            let Err(Error::Unexpected(why)) = redirect else { panic!("{redirect_uri}") };
            assert_eq!(why.code, "redirect-uri", "{redirect_uri}");
            assert_eq!(asked.len(), 0);
        }
    }
}

#[test]
fn an_endpoint_with_a_query_keeps_it() {
    let settings = settings(json!({}));
    let mut configuration = configuration(&settings);
    configuration["authorization_endpoint"] =
        json!("https://login.microsoftonline.com/authorize?p=policy");
    let (redirect, _) = begin(&settings, &configuration, REDIRECT_URI, Purpose::SignIn);
    let url = redirect.expect("a redirect").url;
    assert_eq!(query(&url)["p"], "policy");
    assert_eq!(query(&url)["client_id"], CLIENT);
}

#[test]
fn the_redirect_contains_no_secret_of_the_host() {
    let sign_in = SignIn::begin(settings(json!({})));
    let (_, asked) = sign_in.back(&sign_in.callback(), |_| None);
    let verifier = &pairs(&asked[0].body)["code_verifier"];
    let url = &sign_in.redirect.url;
    for secret in [verifier, "not~a~real~secret", &sign_in.redirect.flow] {
        assert!(!url.contains(secret), "{secret}");
    }
    assert!(!sign_in.redirect.flow.contains("not~a~real~secret"));
    assert_eq!(format!("{:?}", sign_in.redirect), "Redirect([redacted])");
    let names = r#"Callback { parameters: ["code", "state"], .. }"#;
    assert_eq!(format!("{:?}", sign_in.callback()), names);
}

#[test]
fn the_flow_reveals_neither_nonce_nor_verifier_nor_state() {
    let sign_in = SignIn::begin(settings(json!({})));
    let (_, asked) = sign_in.back(&sign_in.callback(), |_| None);
    let verifier = pairs(&asked[0].body)["code_verifier"].clone();
    let flow = &sign_in.redirect.flow;
    let decode = |part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    let decoded: Vec<u8> = flow.split('.').flat_map(decode).collect();
    let decoded = String::from_utf8_lossy(&decoded);
    for secret in [&verifier, &sign_in.sent("nonce"), &sign_in.sent("state"), REDIRECT_URI] {
        assert!(!flow.contains(secret) && !decoded.contains(secret), "{secret} in {decoded}");
    }
}
