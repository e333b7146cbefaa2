//! Entra ID: the endpoints below `https://login.microsoftonline.com`.

mod assertion;
mod authorization_code;
mod authorize;
pub(crate) mod certificate;
mod client;
mod client_credentials;
pub(crate) mod code;
pub(crate) mod consent;
mod discovery;
mod id_token;
pub(crate) mod id_token_fault;
pub(crate) mod key;
pub(crate) mod key_ring;
mod logout;
mod page;
mod person;
mod pkce;
mod redirect;
pub(crate) mod refusal;
pub(crate) mod registration;
mod scope;
mod token;
pub(crate) mod token_fault;

use http::StatusCode;

use self::refusal::{EntraRefusal, Trace};
use self::token_fault::TokenFault;
use crate::random::is_guid;
use crate::state::State;
use crate::wire::{Reply, Request};

/// Graph's own application id, which names it as well as its address does.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

/// Answers one request to Entra.
pub(crate) fn answer(state: &mut State, request: &Request) -> Reply {
    let trace = trace(state, request);
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answered = match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "authorize"] => {
            Ok(authorize::answer(state, tenant, request, &trace))
        }
        [tenant, "oauth2", "v2.0", "token"] => token::answer(state, tenant, request),
        [tenant, "oauth2", "v2.0", "logout"] => Ok(logout::answer(state, tenant, request, &trace)),
        [tenant, "v2.0", "adminconsent"] => Ok(consent::answer(state, tenant, request, &trace)),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            discovery::configuration(state, tenant, request)
        }
        [tenant, "discovery", "v2.0", "keys"] => discovery::keys(state, tenant, request),
        [_, "discovery", "instance"] => Ok(discovery::instance(state)),
        _ => return Reply::new(StatusCode::NOT_FOUND),
    };
    let reply = answered.unwrap_or_else(|refusal| refusal.reply(&trace));
    // Recorded of instance discovery (Azure/azure-sdk-for-python#18884), and assumed of this
    // document.
    let is_public = matches!(segments.as_slice(), [_, .., "openid-configuration"])
        && reply.status == StatusCode::OK;
    let mut reply = finish(reply, request, &trace);
    if is_public {
        reply.set("cache-control", "max-age=86400, private");
        reply.headers.remove("pragma");
    }
    reply
}

/// Refuses a request in Entra's words, whatever it asks for.
pub(crate) fn refuse(state: &mut State, request: &Request, fault: TokenFault) -> Reply {
    let trace = trace(state, request);
    finish(fault.refusal(state).reply(&trace), request, &trace)
}

fn trace(state: &mut State, request: &Request) -> Trace {
    Trace {
        trace_id: state.ids.guid(),
        correlation_id: request
            .header("client-request-id")
            .filter(|id| is_guid(id))
            .map_or_else(|| state.ids.guid(), str::to_owned),
        timestamp: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        authority: state.authority.clone(),
    }
}

/// Puts on what every answer of Entra has.
fn finish(mut reply: Reply, request: &Request, trace: &Trace) -> Reply {
    reply.set("cache-control", "no-store, no-cache");
    reply.set("pragma", "no-cache");
    reply.set("x-ms-request-id", &trace.trace_id);
    if let Some(id) = request.header("client-request-id") {
        reply.set("client-request-id", id);
    }
    reply
}

/// Names that stand for any tenant.
fn is_any_tenant(name: &str) -> bool {
    matches!(name, "common" | "organizations" | "consumers")
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

/// People sign in to this tenant and no other.
fn check_single_tenant(state: &State, name: &str) -> Result<(), EntraRefusal> {
    if is_any_tenant(name) {
        let registration = &state.registration;
        return Err(EntraRefusal::not_multi_tenant(&registration.client_id, &registration.name));
    }
    find_tenant(state, name, "invalid_request")
}

/// Graph goes by this emulator's address, by the address that client libraries have built in, and by its
/// application id.
fn is_graph(state: &State, resource: &str) -> bool {
    [state.graph.as_str(), state.tenant.cloud.real_graph(), GRAPH_APP]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(resource))
}
