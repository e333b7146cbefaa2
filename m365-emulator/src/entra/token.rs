//! The token endpoint: selects the grant, and issues the access tokens of all grants.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::client::Proof;
use super::refusal::EntraRefusal;
use super::{authorization_code, client_credentials};
use crate::state::State;
use crate::wire::{Query, Reply, Request};

pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
) -> Result<Reply, EntraRefusal> {
    if request.method != Method::POST {
        return Err(EntraRefusal::only_post(request.method.as_str()));
    }
    let form = request.form();
    let members = match required(&form, "grant_type")? {
        "client_credentials" => client_credentials::answer(state, tenant, request, &form),
        "authorization_code" => authorization_code::answer(state, tenant, request, &form),
        other => Err(EntraRefusal::unsupported_grant(other)),
    }?;
    Ok(Reply::json(StatusCode::OK, &members))
}

pub(super) fn required<'a>(form: &'a Query, name: &str) -> Result<&'a str, EntraRefusal> {
    form.get(name).ok_or_else(|| EntraRefusal::parameter_missing(name))
}

/// Returns an access token of version 1.0, which is the version that Graph accepts. `own` are
/// claims in addition to those that all access tokens have.
pub(super) fn access_token(
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
