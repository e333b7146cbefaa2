//! `/oauth2/v2.0/authorize`: a person says who they are, by picking an account
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>).
//!
//! There are no passwords and no sessions: everybody is asked every time.

use super::code::Grant;
use super::page;
use super::person::Person;
use super::pkce::Challenge;
use super::redirect::Destination;
use super::refusal::{EntraRefusal, Trace};
use super::scope::Scopes;
use crate::state::State;
use crate::wire::{Query, Reply, Request};

/// How many accounts are offered at once.
const OFFERED: usize = 20;

/// What comes next.
enum Step {
    /// The person has to pick an account; with what was wrong about the last one.
    Ask(Option<EntraRefusal>),
    /// The person did.
    SignedIn(Grant),
}

pub(super) fn answer(state: &mut State, tenant: &str, request: &Request, trace: &Trace) -> Reply {
    let parameters = request.parameters();
    let known = super::check_single_tenant(state, tenant)
        .and_then(|()| Destination::of(state, &parameters));
    let destination = match known {
        Ok(destination) => destination,
        Err(refusal) => return page::refusal(&refusal, trace),
    };
    match step(state, request, &parameters) {
        Ok(Step::Ask(notice)) => ask(state, request, &parameters, notice.as_ref(), trace),
        Ok(Step::SignedIn(grant)) => {
            let now = jiff::Timestamp::now().as_second();
            let code = state.codes.issue(grant, now, &mut state.ids);
            destination.answer(vec![("code", code), ("session_state", state.ids.guid())])
        }
        Err(refusal) => destination.refuse(&refusal, trace),
    }
}

fn step(state: &State, request: &Request, parameters: &Query) -> Result<Step, EntraRefusal> {
    check_response(parameters)?;
    let scopes = Scopes::of(state, parameters)?;
    let challenge = Challenge::of(parameters)?;
    match parameters.get("prompt") {
        None | Some("login" | "select_account" | "consent") => {}
        Some("none") => return Err(EntraRefusal::nobody_signed_in()),
        Some(_) => return Err(EntraRefusal::prompt_unsupported()),
    }
    let picked = request.form();
    if picked.get("cancel").is_some() {
        return Err(EntraRefusal::declined("access_denied"));
    }
    let Some(account) = picked.get("account") else {
        return Ok(Step::Ask(None));
    };
    Ok(match Person::find(state, account) {
        None => Step::Ask(Some(EntraRefusal::account_unknown(&state.tenant.name))),
        Some(person) if !person.is_enabled => Step::Ask(Some(EntraRefusal::account_disabled())),
        Some(person) => Step::SignedIn(Grant {
            person: person.id,
            redirect_uri: parameters.get("redirect_uri").unwrap_or_default().to_owned(),
            scopes,
            nonce: parameters.get("nonce").map(str::to_owned),
            challenge,
        }),
    })
}

fn check_response(parameters: &Query) -> Result<(), EntraRefusal> {
    match parameters.get("response_type") {
        None => return Err(EntraRefusal::parameter_missing("response_type")),
        Some("code") => {}
        Some(other) => return Err(EntraRefusal::response_type_disabled(other)),
    }
    match parameters.get("response_mode") {
        None | Some("query" | "fragment" | "form_post") => Ok(()),
        Some(other) => Err(EntraRefusal::response_mode_unsupported(other)),
    }
}

/// A search goes before the hint that the application gave.
fn ask(
    state: &State,
    request: &Request,
    parameters: &Query,
    notice: Option<&EntraRefusal>,
    trace: &Trace,
) -> Reply {
    let form = request.form();
    let searched = form.pairs().iter().any(|(name, _)| name == "search");
    let search = if searched { form.get("search") } else { parameters.get("login_hint") };
    let mut people: Vec<Person> = Person::search(state, search).take(OFFERED + 1).collect();
    let more = people.len() > OFFERED;
    people.truncate(OFFERED);
    let notice = notice.map(|notice| notice.line());
    page::Accounts {
        application: &state.registration.name,
        tenant: &state.tenant.name,
        action: &request.path,
        parameters,
        search: search.unwrap_or_default(),
        people: &people,
        more,
        notice: notice.as_deref(),
    }
    .reply(trace)
}
