//! ID tokens, version 2.0
//! (<https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::account::Account;
use super::discovery;
use super::refusal::EntraRefusal;
use crate::random::Random;
use crate::state::State;
use crate::state::codes::Grant;
use crate::state::key::SigningKey;
use crate::state::key_ring::KeyRing;

/// Entra dates its tokens back by this time, for clients whose clocks are slow.
const SKEW_SECONDS: i64 = 300;

/// Lifetime of an ID token, from now.
const LIFETIME_SECONDS: i64 = 3600;

/// Returns an ID token for a user who signed in.
pub(super) fn issue(
    state: &mut State,
    account: &Account,
    grant: &Grant,
    now: i64,
) -> Result<String, EntraRefusal> {
    let claims = claims(state, account, grant, now);
    let key = signing_key(state).ok_or_else(EntraRefusal::temporarily_unavailable)?;
    key.sign(&key.header(), &claims).ok_or_else(EntraRefusal::temporarily_unavailable)
}

/// Returns the key that signs ID tokens: the application's own key, if it has one.
pub(super) fn signing_key(state: &State) -> Option<Arc<SigningKey>> {
    if state.settings.own_signing_key { KeyRing::own() } else { state.keys.signing() }
}

fn claims(state: &mut State, account: &Account, grant: &Grant, now: i64) -> Value {
    let mut claims = json!({
        "aud": state.registration.client_id,
        "iss": discovery::issuer(state, &state.tenant.id),
        "iat": now - SKEW_SECONDS,
        "nbf": now - SKEW_SECONDS,
        "exp": now + LIFETIME_SECONDS,
        "aio": state.ids.opaque(60),
        "rh": format!("1.A{}.", state.ids.opaque(48)),
        "sub": subject(state, &state.registration.client_id, account),
        "tid": state.tenant.id,
        "uti": state.ids.opaque(16),
        "ver": "2.0",
    });
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    if grant.scopes.has("profile") {
        claims["name"] = account.name.as_str().into();
        claims["oid"] = account.id.as_str().into();
        claims["preferred_username"] = account.login().into();
    }
    if let Some(mail) = &account.mail
        && (account.is_guest || grant.scopes.has("email"))
    {
        claims["email"] = mail.as_str().into();
    }
    if account.is_guest {
        claims["idp"] = home_issuer(state, account).into();
    }
    claims
}

/// Returns the subject of a user, which differs from application to application.
pub(super) fn subject(state: &State, application: &str, account: &Account) -> String {
    let pair = format!("{} {application} {}", state.tenant.id, account.id);
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, pair.as_bytes()))
}

/// Returns the issuer of a guest's home tenant. There is one tenant for each domain.
fn home_issuer(state: &State, account: &Account) -> String {
    let domain = account.login().rsplit('@').next().unwrap_or_default().to_lowercase();
    let tenant = Random::stream(state.tenant.seed, &format!("home tenant {domain}")).guid();
    format!("{}/{tenant}/", state.tenant.cloud.sts())
}
