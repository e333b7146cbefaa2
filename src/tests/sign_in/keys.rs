//! The keys that are accepted as the signer of a token.

use rsa::{BigUint, traits::PublicKeyParts};
use serde_json::{Value, json};

use super::{KID, SignIn, base64, jwk, key, rejected, settings, signed_in, what};
use crate::{
    error::Error,
    host::Failure,
    tests::script::{Reply, TENANT},
};

fn sign_in() -> SignIn {
    SignIn::begin(settings(json!({})))
}

fn jwk_with(name: &str, value: Value) -> Value {
    let mut jwk = jwk();
    jwk[name] = value;
    jwk
}

/// Returns the code of the refusal of a token under these keys, `None` if it is accepted.
fn objection(keys: &[Value]) -> Option<String> {
    let outcome = sign_in().published(&json!({ "keys": keys }));
    outcome.is_err().then(|| rejected(&outcome))
}

#[test]
fn a_key_is_found_by_its_id_among_others() {
    let other = jwk_with("kid", json!("another"));
    let curve = json!({"kid": "curve", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
    let odd =
        [json!(7), json!({}), json!(null), json!({"kid": KID}), json!({"kty": 5, "kid": KID})];
    assert_eq!(objection(&[other.clone(), curve.clone(), jwk()]), None);
    assert_eq!(objection(&[&odd[..], &[jwk()]].concat()), None, "one odd key spoils nothing");
    let unknown = Some("id-token-unknown-key".to_owned());
    assert_eq!(objection(&[other, curve]), unknown);
    assert_eq!(objection(&[]), unknown);
    assert_eq!(objection(&[jwk_with("kid", json!(KID.to_uppercase()))]), unknown);
}

#[test]
fn a_key_must_be_meant_for_such_tokens() {
    let unfit = Some("id-token-unfit-key".to_owned());
    for (name, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("kty", json!("EC")),
        ("kty", json!("oct")),
        ("n", json!(null)),
        ("e", json!(null)),
        ("n", json!("")),
        ("n", json!("not base64url!")),
        ("e", json!("not base64url!")),
        ("e", json!("AQ")),
        ("e", json!("AQAA")),
        // Personal accounts' own key stands beside the tenants'.
        (
            "issuer",
            json!("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        ),
        ("issuer", json!("https://login.microsoftonline.us/{tenantid}/v2.0")),
        ("issuer", json!("")),
    ] {
        assert_eq!(objection(&[jwk_with(name, value.clone())]), unfit, "{name}: {value}");
    }
    for (name, value) in [
        ("use", json!(null)),
        ("alg", json!("RS256")),
        ("issuer", json!(null)),
        ("issuer", json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0"))),
    ] {
        assert_eq!(objection(&[jwk_with(name, value.clone())]), None, "{name}: {value}");
    }
}

#[test]
fn a_key_has_2048_bits_at_least_and_4096_at_most() {
    let code = |modulus: BigUint| objection(&[jwk_with("n", json!(base64(modulus.to_bytes_be())))]);
    let odd = |bits: usize| (BigUint::from(1_u8) << (bits - 1)) + BigUint::from(1_u8);
    let (unfit, wrong) =
        (Some("id-token-unfit-key".to_owned()), Some("id-token-signature".to_owned()));
    for bits in [1024, 2040, 2047, 4097, 16_384] {
        assert_eq!(code(odd(bits)), unfit, "{bits}");
    }
    for bits in [2048, 3072, 4096] {
        assert_eq!(code(odd(bits)), wrong, "{bits}: large enough, but it did not sign this");
    }
    let zero_first = [&[0][..], &key().n().to_bytes_be()].concat();
    assert_eq!(objection(&[jwk_with("n", json!(base64(zero_first)))]), None);
}

#[test]
fn two_keys_with_one_id_are_distinguished_by_their_use_or_refused() {
    assert_eq!(objection(&[jwk(), jwk_with("use", json!("enc"))]), None);
    let personal = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    assert_eq!(objection(&[jwk_with("issuer", json!(personal)), jwk()]), None);
    let modulus = key().n() + BigUint::from(2_u8);
    let another = jwk_with("n", json!(base64(modulus.to_bytes_be())));
    for keys in [[jwk(), another.clone()], [another, jwk()], [jwk(), jwk()]] {
        assert_eq!(objection(&keys).as_deref(), Some("id-token-unfit-key"));
    }
}

#[test]
fn keys_that_cannot_be_fetched_are_not_blamed_on_the_user() {
    let sign_in = sign_in();
    let error = |reply: fn() -> Reply| {
        let (outcome, asked) =
            sign_in.back(&sign_in.callback(), |request| (what(request) == "keys").then(reply));
        let asked: Vec<_> = asked.iter().map(what).collect();
        assert_eq!(asked[0], "code");
        assert!(
            asked[1..].iter().all(|it| *it == "keys"),
            "no record of a user is read: {asked:?}"
        );
        outcome.expect_err("no user is signed in")
    };
    let html =
        || Reply::Raw(200, vec![("content-type", "text/html")], "<h1>Log in</h1>".to_owned());
    let unreadable =
        [html, || Reply::Json(200, json!({"keys": "none"})), || Reply::Json(200, json!([]))];
    for reply in unreadable {
        let error = error(reply);
        let Error::Unexpected(why) = &error else { panic!("{error:?}") };
        assert_eq!(why.code, "keys-unreadable");
    }
    for reply in [
        || Reply::Json(500, Value::Null),
        || Reply::Fail(Failure::Timeout),
        || Reply::Fail(Failure::Connection),
    ] {
        let error = error(reply);
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
    let redirect =
        error(|| Reply::Raw(302, vec![("location", "https://evil.example/keys")], String::new()));
    assert!(matches!(redirect, Error::Unexpected(_)), "{redirect:?}");
    let patience = error(|| Reply::Raw(429, vec![("retry-after", "30")], String::new()));
    assert_eq!(patience, Error::Throttled(30));
}

#[test]
fn case_029_a_connection_that_breaks_while_keys_are_fetched_is_tried_again() {
    let sign_in = sign_in();
    for reply in [
        || Reply::Fail(Failure::Connection),
        || Reply::Fail(Failure::Protocol),
        || Reply::Json(502, Value::Null),
        || Reply::Raw(429, vec![("retry-after", "2")], String::new()),
    ] {
        let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
            (what(request) == "keys" && request.before == 0).then(reply)
        });
        signed_in(outcome);
        let asked: Vec<_> = asked.iter().map(what).collect();
        assert_eq!(asked[..3], ["code", "keys", "keys"]);
    }
}

#[test]
fn a_key_that_the_tenant_no_longer_publishes_signs_no_user_in() {
    let sign_in = sign_in();
    let rotated = json!({"keys": [jwk_with("kid", json!("the-key-of-tomorrow"))]});
    assert_eq!(rejected(&sign_in.published(&rotated)), "id-token-unknown-key");
    signed_in(sign_in.published(&json!({"keys": [rotated["keys"][0], jwk()]})));
}
