//! What clients read before they ask for a token: OpenID configuration, keys, aliases of the cloud.

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::names;
use super::refusal::EntraRefusal;
use crate::state::State;
use crate::state::key_ring::KeyRing;
use crate::wire::{Reply, Request};

/// Characters of an application id that are encoded in a link.
const NON_ALPHANUMERIC_BUT_DASH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// Answers `/{tenant}/v2.0/.well-known/openid-configuration` with the members that Entra has. The
/// endpoints `userinfo` and `devicecode` are named, but not served.
///
/// With `?appid=`, `jwks_uri` leads to the keys of that application
/// (<https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>).
pub(super) fn configuration(
    state: &State,
    tenant: &str,
    request: &Request,
) -> Result<Reply, EntraRefusal> {
    let own = if names::is_any_tenant(tenant) {
        // The issuer is a template in this case.
        "{tenantid}".to_owned()
    } else {
        names::check_tenant(state, tenant, "invalid_tenant")?;
        state.tenant.id.clone()
    };
    // The endpoints have the name in the request if it stands for any tenant, the tenant's id
    // otherwise.
    let path = if own == "{tenantid}" { tenant } else { &own };
    let authority = &state.authority;
    let appid_query = request.query.get("appid").map_or_else(String::new, |application| {
        let encoded = utf8_percent_encode(application, NON_ALPHANUMERIC_BUT_DASH);
        format!("?appid={encoded}")
    });
    Ok(Reply::json(
        StatusCode::OK,
        &json!({
            "token_endpoint": format!("{authority}/{path}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{authority}/{path}/discovery/v2.0/keys{appid_query}"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer(state, &own),
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("{}/oidc/userinfo", state.graph),
            "authorization_endpoint": format!("{authority}/{path}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{authority}/{path}/oauth2/v2.0/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{authority}/{path}/oauth2/v2.0/logout"),
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
                "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
                "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"
            ],
            "tenant_region_scope": if own == "{tenantid}" { None } else { Some("EU") },
            "cloud_instance_name": state.tenant.cloud.instance_name(),
            "cloud_graph_host_name": state.tenant.cloud.directory_graph_host(),
            "msgraph_host": host(&state.graph),
            "rbac_url": state.tenant.cloud.rbac(),
        }),
    ))
}

/// Answers `/{tenant}/discovery/v2.0/keys`. With `?appid=`, an application with its own signing key
/// has that key only.
pub(super) fn keys(state: &State, tenant: &str, request: &Request) -> Result<Reply, EntraRefusal> {
    if !names::is_any_tenant(tenant) {
        names::check_tenant(state, tenant, "invalid_tenant")?;
    }
    let asks_for_own = request
        .query
        .get("appid")
        .is_some_and(|id| id.eq_ignore_ascii_case(&state.registration.client_id));
    let issuer = issuer(state, "{tenantid}");
    let keys = match asks_for_own && state.settings.own_signing_key {
        true => KeyRing::own().map(|key| json!({"keys": [key.published(&issuer)]})),
        false => state.keys.published(&issuer),
    };
    let keys = keys.ok_or_else(EntraRefusal::temporarily_unavailable)?;
    Ok(Reply::json(StatusCode::OK, &keys))
}

/// Answers `/common/discovery/instance` with the hosts of this cloud.
pub(super) fn instance(state: &State) -> Reply {
    let (authority, tenant) = (&state.authority, &state.tenant.id);
    let host = host(authority);
    Reply::json(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint":
                format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": host,
                "preferred_cache": host,
                "aliases": [host],
            }],
        }),
    )
}

/// Returns the issuer of a tenant's ID tokens.
pub(super) fn issuer(state: &State, tenant: &str) -> String {
    let authority = state.tenant.cloud.fixed_issuer().unwrap_or(&state.authority);
    format!("{authority}/{tenant}/v2.0")
}

fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}
