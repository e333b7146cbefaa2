//! Issues the access tokens of all grants.

use serde_json::{Map, Value, json};

use super::client::Proof;
use super::refusal::EntraRefusal;
use crate::state::State;
use crate::wire::Query;

/// Returns a parameter of a request for a token.
pub(super) fn required<'a>(form: &'a Query, name: &str) -> Result<&'a str, EntraRefusal> {
    form.get(name).ok_or_else(|| EntraRefusal::parameter_missing(name))
}

/// Returns an access token of version 1.0, which is the version that Graph accepts. `own` are
/// claims in addition to those that all access tokens have.
pub(super) fn issue(
    state: &mut State,
    audience: &str,
    proof: Proof,
    own: Map<String, Value>,
) -> Result<String, EntraRefusal> {
    let now = jiff::Timestamp::now().as_second();
    let tenant = &state.tenant;
    let issuer = format!("{}/{}/", tenant.cloud.sts(), tenant.id);
    let mut claims = json!({
        "aud": audience,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + i64::from(state.settings.token_lifetime_seconds),
        "app_displayname": state.registration.name,
        "appid": state.registration.client_id,
        "appidacr": proof.class(),
        "idp": issuer,
        "tid": tenant.id,
        "uti": state.ids.opaque(16),
        "ver": "1.0",
    });
    if let Some(claims) = claims.as_object_mut() {
        claims.extend(own);
    }
    let key = state.keys.signing().ok_or_else(EntraRefusal::temporarily_unavailable)?;
    let mut header = key.header();
    // Tokens of version 1.0 name the key twice.
    header["x5t"] = key.id().into();
    key.sign(&header, &claims).ok_or_else(EntraRefusal::temporarily_unavailable)
}
