//! ID tokens that nobody may take.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::discovery;
use super::id_token;
use super::key::{self, signing_input};
use crate::state::State;
use crate::wire::Reply;

/// A tenant, an application and a nonce that are somebody else's.
const OTHER: &str = "e0e0e0e0-0000-4000-8000-000000000000";

/// What is wrong with an ID token. Whatever is not named is right, the signature too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IdTokenFault {
    /// Names a published key, and is signed by another.
    WrongKey,
    /// Is signed by a key that is not published, and names it.
    UnknownKid,
    /// Another tenant is its issuer; `tid` is right.
    WrongIssuer,
    /// Is meant for another application.
    WrongAudience,
    /// `tid` is another tenant; the issuer is right.
    WrongTenant,
    /// The nonce of another sign-in.
    WrongNonce,
    /// No nonce at all.
    WithoutNonce,
    /// Ended an hour ago.
    Expired,
    /// Begins in an hour.
    NotYetValid,
    /// Does not say who it is in the directory.
    WithoutOid,
    /// Version 1.0: its issuer and its names of claims are those of the older endpoint.
    Version1,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// `alg` is `HS256`, with the published key (PEM) as the secret.
    Hs256,
    /// The keys are rotated before anybody can look them up, and the one that signed it is published no more.
    KeysRotated,
    /// Has a claim of 20 MB.
    Huge,
}

/// Puts another token in the place of the one in an answer. An answer without one stays as it is.
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

/// Moves a token in time, by seconds.
fn shift(claims: &mut Value, by: i64) {
    for name in ["iat", "nbf", "exp"] {
        if let Some(at) = claims[name].as_i64() {
            claims[name] = (at + by).into();
        }
    }
}
