//! The ID tokens that are accepted. RFC 8725 describes most of the attacks that are tried here.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use rsa::{
    pkcs1::EncodeRsaPublicKey,
    pkcs1v15::SigningKey,
    pkcs8::EncodePublicKey,
    sha2::{Sha256, Sha512},
    signature::{SignatureEncoding, Signer},
};
use serde_json::{Value, json};

use super::{
    KID, NOW, SignIn, base64, header, key, rejected, settings, signed, signed_in, signing_input,
    what,
};
use crate::{
    error::Error,
    host::Failure,
    tests::script::{Reply, TENANT, ok},
};

fn sign_in() -> SignIn {
    SignIn::begin(settings(json!({})))
}

/// Returns the code of the refusal of a token with this claim, `None` if it is accepted.
fn objection(claim: &str, value: Value) -> Option<String> {
    let sign_in = sign_in();
    let outcome = sign_in.given(&signed(&header(), &sign_in.claims_with(claim, value)));
    outcome.is_err().then(|| rejected(&outcome))
}

/// Returns the code of the refusal of a token with this header, `None` if it is accepted.
fn objection_to_header(name: &str, value: Value) -> Option<String> {
    let sign_in = sign_in();
    let mut header = header();
    header[name] = value;
    let outcome = sign_in.given(&signed(&header, &sign_in.claims()));
    outcome.is_err().then(|| rejected(&outcome))
}

#[test]
fn an_unsigned_token_is_refused() {
    let sign_in = sign_in();
    for alg in ["none", "None", "NONE", ""] {
        let input =
            signing_input(&json!({"typ": "JWT", "alg": alg, "kid": KID}), &sign_in.claims());
        for token in [format!("{input}."), input.clone()] {
            assert_eq!(rejected(&sign_in.given(&token)), "id-token-malformed", "{alg}");
        }
        let token = signed(&json!({"alg": alg, "kid": KID}), &sign_in.claims());
        assert_eq!(rejected(&sign_in.given(&token)), "id-token-malformed", "{alg}");
    }
    let input = signing_input(&header(), &sign_in.claims());
    assert_eq!(rejected(&sign_in.given(&format!("{input}."))), "id-token-signature");
}

#[test]
fn the_public_key_is_not_accepted_as_an_hmac_secret() {
    let sign_in = sign_in();
    let public = key().to_public_key();
    let der = public.to_public_key_der().expect("DER").into_vec();
    let lines = BASE64_STANDARD.encode(&der);
    let lines: Vec<_> = lines.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----
{}
-----END PUBLIC KEY-----
",
        lines.join(
            "
"
        )
    );
    let modulus = super::jwk()["n"].as_str().expect("a modulus").to_owned();
    let pkcs1 = public.to_pkcs1_der().expect("DER").into_vec();
    for secret in [pem.into_bytes(), der, pkcs1, modulus.into_bytes()] {
        for alg in ["HS256", "RS256"] {
            let input = signing_input(&json!({"alg": alg, "kid": KID}), &sign_in.claims());
            let mac = <Hmac<Sha256> as Mac>::new_from_slice(&secret).expect("a key");
            let mac = mac.chain_update(&input).finalize().into_bytes();
            let refused = rejected(&sign_in.given(&format!("{input}.{}", base64(mac))));
            let expected = if alg == "HS256" { "id-token-algorithm" } else { "id-token-signature" };
            assert_eq!(refused, expected);
        }
    }
}

#[test]
fn no_other_algorithm_is_taken_even_if_the_signature_is_right() {
    let sign_in = sign_in();
    let input = signing_input(&json!({"alg": "RS512", "kid": KID}), &sign_in.claims());
    let signature = SigningKey::<Sha512>::new(key().clone()).sign(input.as_bytes());
    let token = format!("{input}.{}", base64(signature.to_bytes()));
    assert_eq!(rejected(&sign_in.given(&token)), "id-token-algorithm");
    for alg in ["RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS512"] {
        let objection = objection_to_header("alg", json!(alg));
        assert_eq!(objection.as_deref(), Some("id-token-algorithm"), "{alg}");
    }
    // The signature of RS512 under the name of RS256.
    let input = signing_input(&header(), &sign_in.claims());
    let signature = SigningKey::<Sha512>::new(key().clone()).sign(input.as_bytes());
    let token = format!("{input}.{}", base64(signature.to_bytes()));
    assert_eq!(rejected(&sign_in.given(&token)), "id-token-signature");
}

#[test]
fn only_the_key_id_of_a_header_is_used() {
    assert_eq!(objection_to_header("x5t", json!("another")), None);
    let critical = Some("id-token-critical".to_owned());
    assert_eq!(objection_to_header("crit", json!(["exp"])), critical);
    assert_eq!(objection_to_header("crit", json!([])), critical);
    assert_eq!(objection_to_header("kid", json!(null)).as_deref(), Some("id-token-unknown-key"));
    assert_eq!(objection_to_header("kid", json!("x")).as_deref(), Some("id-token-unknown-key"));
    assert_eq!(objection_to_header("kid", json!(7)).as_deref(), Some("id-token-malformed"));
    // No key is fetched from where a token says.
    let sign_in = sign_in();
    let mut header = header();
    header["jku"] = json!("https://evil.example/keys");
    header["x5u"] = json!("https://evil.example/certificate");
    let token = signed(&header, &sign_in.claims());
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |asked| {
        (what(asked) == "code").then(|| ok(json!({ "id_token": token })))
    });
    signed_in(outcome);
    assert!(asked.iter().all(|request| !request.origin.contains("evil")));
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let sign_in = sign_in();
    let token = sign_in.token();
    // All bytes of signature and claims would take long, and show no more.
    for at in (0..token.len()).step_by(29) {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        rejected(&sign_in.given(&changed));
    }
    for broken in
        ["", ".", "..", "...", "a.b.c", &token[1..], &format!("{token}."), &format!("{token}.x")]
    {
        rejected(&sign_in.given(broken));
    }
    let parts: Vec<_> = token.split('.').collect();
    let others = signed(&header(), &sign_in.claims_with("oid", json!("another")));
    let others: Vec<_> = others.split('.').collect();
    let spliced = format!("{}.{}.{}", parts[0], others[1], parts[2]);
    assert_eq!(rejected(&sign_in.given(&spliced)), "id-token-signature");
}

#[test]
fn a_token_is_for_this_client_alone() {
    let audience = Some("id-token-audience".to_owned());
    let other = "00000000-0000-0000-0000-000000000000";
    for aud in [
        json!(other),
        json!([super::CLIENT]),
        json!([super::CLIENT, other]),
        json!([other]),
        json!([]),
        json!(super::CLIENT.to_uppercase()),
    ] {
        assert_eq!(objection("aud", aud.clone()), audience, "{aud}");
    }
    assert_eq!(objection("aud", json!(null)).as_deref(), Some("id-token-malformed"));
}

#[test]
fn a_token_that_was_issued_to_another_client_is_refused() {
    let refused = Some("id-token-authorized-party".to_owned());
    let other = "00000000-0000-0000-0000-000000000000";
    for azp in [json!(other), json!(""), json!([super::CLIENT]), json!(7), json!({})] {
        assert_eq!(objection("azp", azp.clone()), refused, "{azp}");
    }
    assert_eq!(objection("azp", json!(super::CLIENT)), None);
    assert_eq!(objection("azp", json!(null)), None, "Entra ID does not say it in ID tokens");
}

#[test]
fn a_token_of_another_type_is_refused() {
    for typ in ["at+jwt", "application/at+jwt", "logout+jwt", "JOSE", ""] {
        let refused = objection_to_header("typ", json!(typ));
        assert_eq!(refused.as_deref(), Some("id-token-type"), "{typ}");
    }
    assert_eq!(objection_to_header("typ", json!(7)).as_deref(), Some("id-token-malformed"));
    for typ in [json!("JWT"), json!("jwt"), json!(null)] {
        assert_eq!(objection_to_header("typ", typ.clone()), None, "{typ}");
    }
}

#[test]
fn a_token_is_from_this_tenant_alone() {
    let other = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    for tid in [json!(other), json!(""), json!(null)] {
        assert_eq!(objection("tid", tid).as_deref(), Some("id-token-tenant"));
    }
    for issuer in [
        format!("https://login.microsoftonline.com/{other}/v2.0"),
        format!("https://login.microsoftonline.com/{TENANT}/v2.0/"),
        format!("https://login.microsoftonline.com/{TENANT}"),
        format!("https://login.windows.net/{TENANT}/v2.0"),
        format!("https://sts.windows.net/{TENANT}/"),
        format!("https://LOGIN.microsoftonline.com/{TENANT}/v2.0"),
        "https://evil.example".to_owned(),
        String::new(),
    ] {
        let objection = objection("iss", json!(issuer));
        assert_eq!(objection.as_deref(), Some("id-token-issuer"), "{issuer}");
    }
    assert_eq!(objection("iss", json!(null)).as_deref(), Some("id-token-malformed"));
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    for list in [json!([issuer]), json!([issuer, "https://evil.example"])] {
        assert_eq!(objection("iss", list).as_deref(), Some("id-token-issuer"));
    }
}

#[test]
fn a_token_is_of_this_sign_in_alone() {
    for nonce in [json!("x"), json!(""), json!(null)] {
        assert_eq!(objection("nonce", nonce).as_deref(), Some("id-token-nonce"));
    }
    assert!(objection("nonce", json!([sign_in().sent("nonce")])).is_some());
}

#[test]
fn missing_or_malformed_claims_are_refused() {
    for oid in [json!(""), json!(null)] {
        assert_eq!(objection("oid", oid).as_deref(), Some("id-token-without-oid"));
    }
    for ver in [json!("1.0"), json!("3.0"), json!(""), json!(null)] {
        assert_eq!(objection("ver", ver).as_deref(), Some("id-token-version"));
    }
    for (claim, odd) in
        [("oid", json!(7)), ("ver", json!(2.0)), ("exp", json!("soon")), ("iat", json!(null))]
    {
        assert_eq!(objection(claim, odd).as_deref(), Some("id-token-malformed"), "{claim}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let objection_at = |at: Duration, claim: &str, time: u64| {
        let sign_in = SignIn { back_at: at, ..sign_in() };
        let outcome = sign_in.given(&signed(&header(), &sign_in.claims_with(claim, json!(time))));
        outcome.is_err().then(|| rejected(&outcome))
    };
    let now = Duration::from_secs(NOW);
    let moment = Duration::from_millis(1);
    let expired = Some("id-token-expired".to_owned());
    // "Before" the time, says OpenID Connect: at it is too late.
    assert_eq!(objection_at(now, "exp", NOW - 59), None);
    assert_eq!(objection_at(now, "exp", NOW - 60), expired);
    assert_eq!(objection_at(now + moment, "exp", NOW - 60), expired);
    assert_eq!(objection_at(now, "exp", NOW - 86_400), expired);
    assert_eq!(objection_at(now, "exp", 1), expired);
    let early = Some("id-token-not-yet-valid".to_owned());
    for claim in ["iat", "nbf"] {
        assert_eq!(objection_at(now, claim, NOW + 60), None, "{claim}");
        assert_eq!(objection_at(now, claim, NOW + 61), early, "{claim}");
        assert_eq!(objection_at(now + Duration::from_millis(500), claim, NOW + 61), early);
    }
    assert_eq!(objection("nbf", json!(null)), None, "Entra ID gives it, OpenID Connect need not");
    for odd in [json!(-1), json!(1e300), json!("1800003600")] {
        assert!(objection("exp", odd.clone()).is_some(), "{odd}");
    }
}

#[test]
fn a_token_that_is_too_large_is_refused_unread() {
    let sign_in = sign_in();
    let padded =
        |size: usize| signed(&header(), &sign_in.claims_with("groups", json!("g".repeat(size))));
    signed_in(sign_in.given(&padded(40_000)));
    let token = padded(60_000);
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |asked| {
        (what(asked) == "code").then(|| ok(json!({ "id_token": token })))
    });
    assert_eq!(rejected(&outcome), "id-token-too-large");
    assert_eq!(asked.len(), 1, "no keys are fetched for it");
}

#[test]
fn an_answer_that_is_too_large_is_reported() {
    let sign_in = sign_in();
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |asked| {
        (what(asked) == "code").then(|| Reply::Fail(Failure::TooLarge))
    });
    let Err(Error::Unexpected(why)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(why.code, "answer-too-large");
    assert_eq!(asked.len(), 1);
}
