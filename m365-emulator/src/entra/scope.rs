//! What an application asks of a person
//! (<https://learn.microsoft.com/entra/identity-platform/scopes-oidc>).

use super::refusal::EntraRefusal;
use super::{GRAPH_APP, is_graph};
use crate::state::State;
use crate::wire::Query;

const OPENID_CONNECT: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The scopes of a sign-in: those of OpenID Connect, and `User.Read`, which client libraries ask for beside them.
#[derive(Clone, Debug)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    pub(crate) fn of(state: &State, parameters: &Query) -> Result<Self, EntraRefusal> {
        let scopes = parameters
            .get("scope")
            .ok_or_else(|| EntraRefusal::parameter_missing("scope"))?
            .split_whitespace();
        let known = |scope: &&str| {
            let scope = *scope;
            let of_graph = |(resource, name): (&str, &str)| {
                is_graph(state, resource) && matches!(name, "User.Read" | ".default")
            };
            OPENID_CONNECT.contains(&scope)
                || scope == "User.Read"
                || scope.rsplit_once('/').is_some_and(of_graph)
        };
        if let Some(unknown) = scopes.clone().find(|scope| !known(scope)) {
            let application = &state.registration.name;
            return Err(EntraRefusal::scope_unknown(application, unknown, GRAPH_APP));
        }
        Ok(Self(scopes.map(str::to_owned).collect()))
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope)
    }

    /// As the token endpoint tells them: what was granted, without `offline_access`.
    pub(crate) fn granted(&self) -> String {
        let granted: Vec<&str> =
            self.0.iter().map(String::as_str).filter(|scope| *scope != "offline_access").collect();
        granted.join(" ")
    }
}
