//! The token endpoint, as far as client credentials go
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::key::SigningKey;
use super::refusal::EntraRefusal;
use crate::cloud::Cloud;
use crate::random::is_guid;
use crate::state::State;
use crate::wire::{Query, Reply, Request};

/// Graph's own application id, which names it as well as its address does.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
) -> Result<Reply, EntraRefusal> {
    if request.method != Method::POST {
        return Err(EntraRefusal::only_post(request.method.as_str()));
    }
    let form = form(request);
    let grant = required(&form, "grant_type")?;
    if grant != "client_credentials" {
        return Err(EntraRefusal::unsupported_grant(grant));
    }
    check_tenant(state, tenant)?;
    let (client, secret) = credentials(request, &form)?;
    check_client(state, &client)?;
    let scope = required(&form, "scope")?;
    let audience = audience(state, scope)?;
    check_secret(state, &client, secret.as_deref(), &form)?;
    issue(state, &audience)
}

fn form(request: &Request) -> Query {
    let is_form = request.header("content-type").is_some_and(|kind| {
        kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    match std::str::from_utf8(&request.body) {
        Ok(body) if is_form => Query::parse(body),
        _ => Query::default(),
    }
}

fn optional<'a>(form: &'a Query, name: &str) -> Option<&'a str> {
    form.pairs()
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

fn required<'a>(form: &'a Query, name: &str) -> Result<&'a str, EntraRefusal> {
    optional(form, name).ok_or_else(|| EntraRefusal::parameter_missing(name))
}

fn check_tenant(state: &State, tenant: &str) -> Result<(), EntraRefusal> {
    match tenant {
        "common" | "consumers" => Err(EntraRefusal::not_over_common()),
        "organizations" => Err(EntraRefusal::no_tenant_information()),
        _ => super::find_tenant(state, tenant, "invalid_request"),
    }
}

/// From the form, or by HTTP Basic with both parts form-encoded (RFC 6749, section 2.3.1).
fn credentials(request: &Request, form: &Query) -> Result<(String, Option<String>), EntraRefusal> {
    let basic = request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|pair| String::from_utf8(pair).ok());
    if let Some((client, secret)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8_lossy().into_owned()
        };
        return Ok((decode(client), Some(decode(secret)).filter(|secret| !secret.is_empty())));
    }
    let client = required(form, "client_id")?.to_owned();
    Ok((client, optional(form, "client_secret").map(str::to_owned)))
}

fn check_client(state: &State, client: &str) -> Result<(), EntraRefusal> {
    if !is_guid(client) {
        return Err(EntraRefusal::client_not_a_guid());
    }
    if !client.eq_ignore_ascii_case(&state.registration.client_id) {
        return Err(EntraRefusal::client_not_found(client, &state.tenant.name));
    }
    if state.settings.application_disabled {
        return Err(EntraRefusal::client_disabled(client, &state.registration.name));
    }
    Ok(())
}

fn check_secret(
    state: &State,
    client: &str,
    secret: Option<&str>,
    form: &Query,
) -> Result<(), EntraRefusal> {
    match secret {
        None if optional(form, "client_assertion").is_some() => {
            Err(EntraRefusal::certificate_unknown(client))
        }
        None => Err(EntraRefusal::secret_missing()),
        Some(secret) if secret != state.registration.secret.secret() => {
            Err(EntraRefusal::secret_wrong(client))
        }
        Some(_) if state.settings.secret_expired => Err(EntraRefusal::secret_expired(client)),
        Some(_) => Ok(()),
    }
}

/// The resource that a scope is for. Graph goes by this emulator's address, by the address that client
/// libraries have built in, and by its application id.
fn audience(state: &State, scope: &str) -> Result<String, EntraRefusal> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(EntraRefusal::scope_without_default(scope));
    };
    // Two slashes are legal: then the audience ends in one.
    let name = resource.strip_suffix('/').unwrap_or(resource);
    let own = [state.graph.as_str(), state.tenant.cloud.real_graph(), GRAPH_APP];
    if own.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Ok(resource.to_owned());
    }
    if Cloud::ALL.iter().any(|cloud| cloud.real_graph() == name) {
        return Err(EntraRefusal::resource_not_found(name, &state.tenant.name));
    }
    Err(EntraRefusal::scope_invalid(scope))
}

/// A v1.0 access token, which is what Graph takes. Without any grant it has no `roles`, and is issued all
/// the same.
fn issue(state: &mut State, audience: &str) -> Result<Reply, EntraRefusal> {
    let now = jiff::Timestamp::now().as_second();
    let lifetime = state.settings.token_lifetime_seconds;
    let tenant = &state.tenant;
    let issuer = format!("{}/{}/", tenant.cloud.sts(), tenant.id);
    let roles: Vec<&str> = state.registration.granted().collect();
    let mut claims = json!({
        "aud": audience,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + i64::from(lifetime),
        "app_displayname": state.registration.name,
        "appid": state.registration.client_id,
        "appidacr": "1",
        "idp": issuer,
        "idtyp": "app",
        "oid": state.registration.object_id,
        "roles": roles,
        "sub": state.registration.object_id,
        "tid": tenant.id,
        "uti": state.ids.guid(),
        "ver": "1.0",
    });
    if roles.is_empty()
        && let Some(claims) = claims.as_object_mut()
    {
        claims.remove("roles");
    }
    let token = SigningKey::get()
        .and_then(|key| key.sign(&claims))
        .ok_or_else(EntraRefusal::temporarily_unavailable)?;
    Ok(Reply::json(
        StatusCode::OK,
        &json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }),
    ))
}
