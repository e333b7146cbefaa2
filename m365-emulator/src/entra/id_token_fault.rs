//! ID tokens that a client has to refuse.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::discovery;
use super::id_token;
use crate::state::State;
use crate::state::fault::IdTokenFault;
use crate::state::key::{self, signing_input};
use crate::wire::Reply;

/// Id of another tenant and another application, and nonce of another sign-in.
const OTHER: &str = "e0e0e0e0-0000-4000-8000-000000000000";

/// Replaces the ID token in an answer. An answer without an ID token stays as it is.
pub(crate) fn spoil(state: &mut State, mut reply: Reply, fault: IdTokenFault) -> Reply {
    let spoiled = serde_json::from_slice::<Value>(&reply.body).ok().and_then(|mut members| {
        let token = spoiled(state, members.get("id_token")?.as_str()?, fault)?;
        members["id_token"] = token.into();
        Some(members)
    });
    if let Some(members) = spoiled {
        reply.body = members.to_string().into_bytes();
    }
    reply
}

fn spoiled(state: &mut State, token: &str, fault: IdTokenFault) -> Option<String> {
    let key = id_token::signing_key(state)?;
    let header = key.header();
    let mut claims = key::part(token, 1).ok()?;
    match fault {
        IdTokenFault::WrongKey => return state.keys.unpublished()?.sign(&header, &claims),
        IdTokenFault::UnknownKid => {
            let unknown = state.keys.unpublished()?;
            return unknown.sign(&unknown.header(), &claims);
        }
        IdTokenFault::AlgNone => {
            let header = json!({"typ": "JWT", "alg": "none"});
            return Some(format!("{}.", signing_input(&header, &claims)));
        }
        IdTokenFault::Hs256 => {
            let header = json!({"typ": "JWT", "alg": "HS256", "kid": key.id()});
            let input = signing_input(&header, &claims);
            let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.public_pem().as_bytes());
            let tag = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, input.as_bytes()));
            return Some(format!("{input}.{tag}"));
        }
        IdTokenFault::KeysRotated => {
            state.keys.rotate(true);
            return Some(token.to_owned());
        }
        IdTokenFault::WrongIssuer => claims["iss"] = discovery::issuer(state, OTHER).into(),
        IdTokenFault::WrongAudience => claims["aud"] = OTHER.into(),
        IdTokenFault::WrongTenant => claims["tid"] = OTHER.into(),
        IdTokenFault::WrongNonce => claims["nonce"] = OTHER.into(),
        IdTokenFault::WithoutNonce => remove(&mut claims, "nonce"),
        IdTokenFault::Expired => shift(&mut claims, -2 * 3600),
        IdTokenFault::NotYetValid => shift(&mut claims, 3600 + 300),
        IdTokenFault::WithoutOid => remove(&mut claims, "oid"),
        IdTokenFault::Version1 => {
            claims["ver"] = "1.0".into();
            claims["iss"] = format!("{}/{}/", state.tenant.cloud.sts(), state.tenant.id).into();
            claims["unique_name"] = claims["preferred_username"].clone();
            remove(&mut claims, "preferred_username");
        }
        IdTokenFault::Huge => claims["filler"] = "x".repeat(20_000_000).into(),
    }
    key.sign(&header, &claims)
}

fn remove(claims: &mut Value, name: &str) {
    if let Some(claims) = claims.as_object_mut() {
        claims.shift_remove(name);
    }
}

/// Moves the times of a token by a number of seconds.
fn shift(claims: &mut Value, by: i64) {
    for name in ["iat", "nbf", "exp"] {
        if let Some(at) = claims[name].as_i64() {
            claims[name] = (at + by).into();
        }
    }
}
