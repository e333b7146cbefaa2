//! Entra ID: the endpoints below `https://login.microsoftonline.com`.

mod discovery;
pub(crate) mod key;
pub(crate) mod refusal;
pub(crate) mod registration;
mod token;

use http::StatusCode;

use self::refusal::{EntraRefusal, Trace};
use crate::random::is_guid;
use crate::state::State;
use crate::wire::{Reply, Request};

/// Answers one request to Entra.
pub(crate) fn answer(state: &mut State, request: &Request) -> Reply {
    let trace = Trace {
        trace_id: state.ids.guid(),
        correlation_id: request
            .header("client-request-id")
            .filter(|id| is_guid(id))
            .map_or_else(|| state.ids.guid(), str::to_owned),
        authority: state.authority.clone(),
    };
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answered = match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] => token::answer(state, tenant, request),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            discovery::configuration(state, tenant)
        }
        [tenant, "discovery", "v2.0", "keys"] => discovery::keys(state, tenant),
        [_, "discovery", "instance"] => Ok(discovery::instance(state)),
        _ => return Reply::new(StatusCode::NOT_FOUND),
    };
    let mut reply = answered.unwrap_or_else(|refusal| refusal.reply(&trace));
    reply.set("cache-control", "no-store, no-cache");
    reply.set("pragma", "no-cache");
    reply.set("x-ms-request-id", &trace.trace_id);
    if let Some(id) = request.header("client-request-id") {
        reply.set("client-request-id", id);
    }
    reply
}

/// By GUID or by domain; `error` is what this endpoint calls a tenant that is not there.
fn find_tenant(state: &State, name: &str, error: &'static str) -> Result<(), EntraRefusal> {
    if state.tenant.is_named(name) {
        return Ok(());
    }
    let is_domain = name.contains('.')
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    if is_guid(name) || is_domain {
        return Err(EntraRefusal::tenant_not_found(name, error));
    }
    Err(EntraRefusal::tenant_malformed(name))
}
