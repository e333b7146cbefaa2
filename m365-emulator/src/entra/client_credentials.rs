//! Tokens for the application itself
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use serde_json::{Map, Value, json};

use super::access_token;
use super::client::{self, Credentials, Proof};
use super::names::{self, is_graph};
use super::refusal::EntraRefusal;
use crate::cloud::Cloud;
use crate::state::State;
use crate::wire::{Query, Request};

pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
    form: &Query,
) -> Result<Value, EntraRefusal> {
    check_tenant(state, tenant)?;
    let credentials = Credentials::read(request, form)?;
    client::check(state, &credentials.client)?;
    let audience = audience(state, access_token::required(form, "scope")?)?;
    let proof = credentials.check(state, EntraRefusal::secret_missing)?;
    issue(state, &audience, proof)
}

fn check_tenant(state: &State, tenant: &str) -> Result<(), EntraRefusal> {
    match tenant {
        "common" | "consumers" => Err(EntraRefusal::not_over_common()),
        "organizations" => Err(EntraRefusal::no_tenant_information()),
        _ => names::check_tenant(state, tenant, "invalid_request"),
    }
}

/// Returns the resource that a scope is for.
fn audience(state: &State, scope: &str) -> Result<String, EntraRefusal> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(EntraRefusal::scope_without_default(scope));
    };
    // A scope may have two slashes: then the audience ends with one.
    let name = resource.strip_suffix('/').unwrap_or(resource);
    if is_graph(state, name) {
        return Ok(resource.to_owned());
    }
    if Cloud::ALL.iter().any(|cloud| cloud.real_graph() == name) {
        return Err(EntraRefusal::resource_not_found(name, &state.tenant.name));
    }
    Err(EntraRefusal::scope_invalid(scope))
}

/// Issues a token, also if no permission is granted: then it has no `roles`.
fn issue(state: &mut State, audience: &str, proof: Proof) -> Result<Value, EntraRefusal> {
    let application = state.registration.object_id.clone();
    let roles: Vec<&str> = state.registration.granted().collect();
    let mut own = Map::new();
    own.insert("idtyp".to_owned(), "app".into());
    own.insert("oid".to_owned(), application.clone().into());
    own.insert("sub".to_owned(), application.into());
    if !roles.is_empty() {
        own.insert("roles".to_owned(), json!(roles));
    }
    let lifetime = state.settings.token_lifetime_seconds;
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token::issue(state, audience, proof, own)?,
    }))
}
