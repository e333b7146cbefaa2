//! The scopes that an application asks a user for
//! (<https://learn.microsoft.com/entra/identity-platform/scopes-oidc>).

use super::names::{GRAPH_APP, is_graph};
use super::refusal::EntraRefusal;
use crate::state::State;
use crate::state::codes::Scopes;
use crate::wire::Query;

const OPENID_CONNECT: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Reads the scopes of a sign-in: those of OpenID Connect, and `User.Read`, which client libraries
/// ask for too.
pub(super) fn scopes(state: &State, parameters: &Query) -> Result<Scopes, EntraRefusal> {
    let scopes = parameters
        .get("scope")
        .ok_or_else(|| EntraRefusal::parameter_missing("scope"))?
        .split_whitespace();
    let is_served = |(resource, name): (&str, &str)| {
        is_graph(state, resource) && matches!(name, "User.Read" | ".default")
    };
    let is_known = |scope: &str| {
        OPENID_CONNECT.contains(&scope)
            || scope == "User.Read"
            || scope.rsplit_once('/').is_some_and(is_served)
    };
    if let Some(unknown) = scopes.clone().find(|scope| !is_known(scope)) {
        let application = &state.registration.name;
        return Err(EntraRefusal::scope_unknown(application, unknown, GRAPH_APP));
    }
    Ok(Scopes::new(scopes.map(str::to_owned).collect()))
}
