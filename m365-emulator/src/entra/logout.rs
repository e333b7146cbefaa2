//! `/oauth2/v2.0/logout`
//! (<https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>).
//! A sign-in to the emulator lasts for one request, so there is no session to end.

use super::refusal::Trace;
use super::{names, page, redirect};
use crate::state::State;
use crate::state::registration::{is_registered, redirect_uri};
use crate::wire::{Reply, Request};

/// Redirects to the application if it registered the address; otherwise shows that the user signed
/// out.
pub(super) fn answer(state: &State, tenant: &str, request: &Request, trace: &Trace) -> Reply {
    if !names::is_any_tenant(tenant)
        && let Err(refusal) = names::check_tenant(state, tenant, "invalid_request")
    {
        return page::refusal(&refusal, trace);
    }
    let parameters = request.parameters();
    let back = parameters.get("post_logout_redirect_uri").and_then(|given| {
        redirect_uri(given).filter(|uri| is_registered(&state.settings.redirect_uris, given, uri))
    });
    match back {
        None => page::signed_out(),
        Some(mut uri) => {
            if let Some(state) = parameters.get("state") {
                uri.query_pairs_mut().append_pair("state", state);
            }
            redirect::to(&uri)
        }
    }
}
