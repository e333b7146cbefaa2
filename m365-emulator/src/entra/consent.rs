//! `/v2.0/adminconsent`: an administrator grants what the application is registered to ask for
//! (<https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>). The emulator takes any
//! visitor of the page for an administrator.

use url::Url;

use super::names::{self, is_graph};
use super::page;
use super::redirect::Destination;
use super::refusal::{EntraRefusal, Trace};
use crate::state::State;
use crate::state::registration::REQUESTED;
use crate::wire::{Query, Reply, Request};

pub(super) fn answer(state: &mut State, tenant: &str, request: &Request, trace: &Trace) -> Reply {
    let parameters = request.parameters();
    let checked = check_tenant(state, tenant).and_then(|()| Destination::read(state, &parameters));
    let destination = match checked {
        Ok(destination) => destination,
        Err(refusal) => return page::refusal(&refusal, trace),
    };
    let decided = request.form();
    let outcome = resource(state, &parameters).and_then(|resource| {
        match (decided.get("accept"), decided.get("cancel")) {
            (Some(_), _) => Ok(Some(resource)),
            (None, Some(_)) => Err(EntraRefusal::declined("consent_required")),
            (None, None) => Ok(None),
        }
    });
    // A refusal has `admin_consent=True` too.
    let mut members =
        vec![("admin_consent", "True".to_owned()), ("tenant", state.tenant.id.clone())];
    match outcome {
        Ok(None) => {
            return page::consent(
                &state.registration.name,
                &state.tenant.name,
                &request.path,
                &parameters,
            );
        }
        Ok(Some(resource)) => {
            state.registration.consent();
            let scope: Vec<String> =
                REQUESTED.iter().map(|permission| format!("{resource}/{permission}")).collect();
            members.push(("scope", scope.join(" ")));
        }
        Err(refusal) => members.extend(refusal.members(trace)),
    }
    destination.answer(members)
}

/// Grants what the application is registered to ask for, as an administrator does in the portal.
/// Returns the address that the portal sends the administrator to, which has no `state`
/// (<https://github.com/dotnet/aspnetcore/issues/55910>).
pub(crate) fn in_portal(state: &mut State, redirect_uri: &Url) -> Url {
    state.registration.consent();
    let mut uri = redirect_uri.clone();
    uri.query_pairs_mut()
        .append_pair("admin_consent", "True")
        .append_pair("tenant", &state.tenant.id);
    uri
}

/// Checks the tenant. The only tenant is the administrator's own, so that `common` and
/// `organizations` name it too.
fn check_tenant(state: &State, tenant: &str) -> Result<(), EntraRefusal> {
    match tenant {
        "common" | "organizations" => Ok(()),
        _ => names::check_tenant(state, tenant, "invalid_request"),
    }
}

/// Returns the resource of `{resource}/.default`, which grants all application permissions
/// together. Scopes of OpenID Connect may be added.
fn resource(state: &State, parameters: &Query) -> Result<String, EntraRefusal> {
    let scope = parameters.get("scope").ok_or_else(|| EntraRefusal::parameter_missing("scope"))?;
    let resource = scope
        .split_whitespace()
        .find_map(|scope| scope.strip_suffix("/.default"))
        .ok_or_else(|| EntraRefusal::scope_invalid(scope))?;
    if !is_graph(state, resource) {
        return Err(EntraRefusal::resource_not_found(resource, &state.tenant.name));
    }
    Ok(resource.to_owned())
}
