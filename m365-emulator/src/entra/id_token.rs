//! ID tokens, version 2.0 (<https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::code::Grant;
use super::discovery;
use super::key::SigningKey;
use super::key_ring::KeyRing;
use super::person::Person;
use super::refusal::EntraRefusal;
use crate::random::Random;
use crate::state::State;

/// Entra dates its tokens back by so much, for clocks that are slow.
const SKEW_SECONDS: i64 = 300;

/// How long an ID token is good for, from now.
const LIFETIME_SECONDS: i64 = 3600;

/// Says who signed in, to the application and nobody else.
pub(super) fn issue(
    state: &mut State,
    person: &Person,
    grant: &Grant,
    now: i64,
) -> Result<String, EntraRefusal> {
    let claims = claims(state, person, grant, now);
    let key = signing_key(state).ok_or_else(EntraRefusal::temporarily_unavailable)?;
    key.sign(&key.header(), &claims).ok_or_else(EntraRefusal::temporarily_unavailable)
}

/// The key that signs ID tokens: that of the application, where it has one of its own.
pub(super) fn signing_key(state: &State) -> Option<Arc<SigningKey>> {
    if state.settings.own_signing_key { KeyRing::own() } else { state.keys.signing() }
}

fn claims(state: &mut State, person: &Person, grant: &Grant, now: i64) -> Value {
    let mut claims = json!({
        "aud": state.registration.client_id,
        "iss": discovery::issuer(state, &state.tenant.id),
        "iat": now - SKEW_SECONDS,
        "nbf": now - SKEW_SECONDS,
        "exp": now + LIFETIME_SECONDS,
        "aio": state.ids.opaque(60),
        "rh": format!("1.A{}.", state.ids.opaque(48)),
        "sub": subject(state, &state.registration.client_id, person),
        "tid": state.tenant.id,
        "uti": state.ids.opaque(16),
        "ver": "2.0",
    });
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    if grant.scopes.has("profile") {
        claims["name"] = person.name.as_str().into();
        claims["oid"] = person.id.as_str().into();
        claims["preferred_username"] = person.login().into();
    }
    if let Some(mail) = &person.mail
        && (person.is_guest || grant.scopes.has("email"))
    {
        claims["email"] = mail.as_str().into();
    }
    if person.is_guest {
        claims["idp"] = home(state, person).into();
    }
    claims
}

/// Who it is, for one application: the same person is somebody else to the next.
pub(super) fn subject(state: &State, application: &str, person: &Person) -> String {
    let pair = format!("{} {application} {}", state.tenant.id, person.id);
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, pair.as_bytes()))
}

/// The tenant that a guest comes from: one for each domain.
fn home(state: &State, person: &Person) -> String {
    let domain = person.login().rsplit('@').next().unwrap_or_default().to_lowercase();
    let tenant = Random::stream(state.tenant.seed, &format!("home tenant {domain}")).guid();
    format!("{}/{tenant}/", state.tenant.cloud.sts())
}
