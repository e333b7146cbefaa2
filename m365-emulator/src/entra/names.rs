//! Names of the tenant and of Graph in requests.

use super::refusal::EntraRefusal;
use crate::random::is_guid;
use crate::state::State;

/// Graph's own application id, which is one of its names.
pub(super) const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

/// Returns whether a name stands for any tenant.
pub(super) fn is_any_tenant(name: &str) -> bool {
    matches!(name, "common" | "organizations" | "consumers")
}

/// Checks that a GUID or a domain is a name of the tenant. `error` is the code that the endpoint
/// has for an unknown tenant.
pub(super) fn check_tenant(
    state: &State,
    name: &str,
    error: &'static str,
) -> Result<(), EntraRefusal> {
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

/// Checks the tenant of a sign-in: users sign in to this tenant only.
pub(super) fn check_single_tenant(state: &State, name: &str) -> Result<(), EntraRefusal> {
    if is_any_tenant(name) {
        let registration = &state.registration;
        return Err(EntraRefusal::not_multi_tenant(&registration.client_id, &registration.name));
    }
    check_tenant(state, name, "invalid_request")
}

/// Returns whether a resource is Graph: by the address of this emulator, by the address that client
/// libraries have built in, or by its application id.
pub(super) fn is_graph(state: &State, resource: &str) -> bool {
    [state.graph.as_str(), state.tenant.cloud.real_graph(), GRAPH_APP]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(resource))
}
