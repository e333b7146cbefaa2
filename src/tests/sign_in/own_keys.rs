//! Apps whose tokens Entra ID signs with a key of the app.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    CLIENT, CODE, REDIRECT_URI, SignIn, USER_ID, configuration, header, jwk, rejected, settings,
    signed, signed_in, what,
};
use crate::{
    model::Purpose,
    sign_in,
    tests::script::{Asked, Reply, Script, ok},
};

/// Id of the app's own key.
const OWN: &str = "the-key-of-the-app";

/// Entra ID, where the app has a key of its own. Only discovery that names the app leads to it:
/// <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>.
fn with_own_key(asked: &Asked) -> Option<Reply> {
    let of_app = format!("?appid={CLIENT}");
    let own = json!({ "kid": OWN });
    let keys = |key: &Value| {
        let mut jwk = jwk();
        jwk["kid"] = key["kid"].clone();
        ok(json!({"keys": [jwk]}))
    };
    match what(asked) {
        "discovery" => {
            let mut document = configuration(&settings(json!({})));
            if asked.path.ends_with(&of_app) {
                let uri = document["jwks_uri"].as_str().expect("an address");
                document["jwks_uri"] = json!(format!("{uri}{of_app}"));
            }
            Some(ok(document))
        }
        "keys" if asked.path.ends_with(&of_app) => Some(keys(&own)),
        "keys" => Some(keys(&jwk())),
        _ => None,
    }
}

fn begun() -> SignIn {
    let settings = settings(json!({}));
    let script = Script::new(|asked: &Asked| with_own_key(asked).expect("discovery alone"));
    let begun = sign_in::begin(&script, &settings, REDIRECT_URI, Purpose::SignIn);
    SignIn { redirect: block_on(begun).expect("a redirect"), ..SignIn::begin(settings) }
}

/// Calls back with a token that names this key.
fn signed_by(
    sign_in: &SignIn,
    kid: &str,
) -> Result<crate::model::CallbackOutcome, crate::error::Error> {
    let mut header = header();
    header["kid"] = json!(kid);
    let token = signed(&header, &sign_in.claims());
    let callback = sign_in.bringing(&[("code", CODE), ("state", &sign_in.sent("state"))]);
    let answer = |asked: &Asked| match what(asked) {
        "code" => Some(ok(json!({ "id_token": token }))),
        _ => with_own_key(asked),
    };
    sign_in.back(&callback, answer).0
}

#[test]
fn case_038_an_app_with_a_signing_key_of_its_own_signs_users_in() {
    let sign_in = begun();
    assert_eq!(signed_in(signed_by(&sign_in, OWN)).id, USER_ID);
}

#[test]
fn case_038_the_keys_of_such_an_app_are_the_only_ones_that_count() {
    let sign_in = begun();
    assert_eq!(rejected(&signed_by(&sign_in, super::KID)), "id-token-unknown-key");
}
