//! Entra ID: the endpoints below `https://login.microsoftonline.com`.

mod access_token;
mod account;
mod assertion;
mod authorization_code;
mod authorize;
mod client;
mod client_credentials;
pub(crate) mod consent;
mod discovery;
mod id_token;
pub(crate) mod id_token_fault;
mod logout;
mod names;
mod page;
mod pkce;
mod redirect;
mod refusal;
mod scope;
mod token;
mod token_fault;

use http::StatusCode;

use self::refusal::Trace;
use crate::random::is_guid;
use crate::state::State;
use crate::state::fault::TokenFault;
use crate::wire::{Reply, Request};

/// Answers a request to Entra.
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
    // Recorded for instance discovery (Azure/azure-sdk-for-python#18884), and assumed for this
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

/// Refuses a request for the reason that a fault gives.
pub(crate) fn refuse(state: &mut State, request: &Request, fault: TokenFault) -> Reply {
    let trace = trace(state, request);
    finish(token_fault::refusal(fault, state).reply(&trace), request, &trace)
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

/// Adds the headers that every answer of Entra has.
fn finish(mut reply: Reply, request: &Request, trace: &Trace) -> Reply {
    reply.set("cache-control", "no-store, no-cache");
    reply.set("pragma", "no-cache");
    reply.set("x-ms-request-id", &trace.trace_id);
    if let Some(id) = request.header("client-request-id") {
        reply.set("client-request-id", id);
    }
    reply
}
