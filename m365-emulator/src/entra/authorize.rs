//! `/oauth2/v2.0/authorize`: a user signs in by picking an account
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>).
//!
//! There are no passwords and no sessions: the page asks every time.

use super::account::Account;
use super::names::check_single_tenant;
use super::redirect::Destination;
use super::refusal::{EntraRefusal, Trace};
use super::{page, pkce, scope};
use crate::state::State;
use crate::state::codes::Grant;
use crate::wire::{Query, Reply, Request};

/// Maximum number of accounts on the page.
const OFFERED: usize = 20;

/// The next step of a sign-in.
enum Step {
    /// Ask the user to pick an account, and show why the previous one was refused.
    Ask(Option<EntraRefusal>),
    /// The user picked an account.
    SignedIn(Grant),
}

pub(super) fn answer(state: &mut State, tenant: &str, request: &Request, trace: &Trace) -> Reply {
    let parameters = request.parameters();
    let checked =
        check_single_tenant(state, tenant).and_then(|()| Destination::read(state, &parameters));
    let destination = match checked {
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
    let scopes = scope::scopes(state, parameters)?;
    let challenge = pkce::challenge(parameters)?;
    match parameters.get("prompt") {
        None | Some("login" | "select_account" | "consent") => {}
        Some("none") => return Err(EntraRefusal::not_signed_in()),
        Some(_) => return Err(EntraRefusal::prompt_unsupported()),
    }
    let picked = request.form();
    if picked.get("cancel").is_some() {
        return Err(EntraRefusal::declined("access_denied"));
    }
    let Some(account) = picked.get("account") else {
        return Ok(Step::Ask(None));
    };
    Ok(match Account::find(state, account) {
        None => Step::Ask(Some(EntraRefusal::account_unknown(&state.tenant.name))),
        Some(account) if !account.is_enabled => Step::Ask(Some(EntraRefusal::account_disabled())),
        Some(account) => Step::SignedIn(Grant {
            user: account.id,
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

/// Shows the account picker. A search takes precedence over the application's `login_hint`.
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
    let mut accounts: Vec<Account> = Account::search(state, search).take(OFFERED + 1).collect();
    let more = accounts.len() > OFFERED;
    accounts.truncate(OFFERED);
    let notice = notice.map(|notice| notice.line());
    page::AccountPicker {
        application: &state.registration.name,
        tenant: &state.tenant.name,
        action: &request.path,
        parameters,
        search: search.unwrap_or_default(),
        accounts: &accounts,
        more,
        notice: notice.as_deref(),
    }
    .reply(trace)
}
