//! Tokens for a user who signed in
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token>).

use serde_json::{Map, Value, json};

use super::account::Account;
use super::client::{self, Credentials, Proof};
use super::names::{GRAPH_APP, check_single_tenant};
use super::refusal::EntraRefusal;
use super::{access_token, id_token};
use crate::state::State;
use crate::state::codes::{CodeError, Scopes};
use crate::wire::{Query, Request};

/// Redeems a code. There are no refresh tokens, even with `offline_access`.
pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
    form: &Query,
) -> Result<Value, EntraRefusal> {
    check_single_tenant(state, tenant)?;
    let credentials = Credentials::read(request, form)?;
    client::check(state, &credentials.client)?;
    let code = access_token::required(form, "code")?;
    let redirect_uri = access_token::required(form, "redirect_uri")?;
    let proof = credentials.check(state, EntraRefusal::credential_missing)?;
    let now = jiff::Timestamp::now().as_second();
    let grant = state
        .codes
        .redeem(code, redirect_uri, form.get("code_verifier"), now)
        .map_err(|error| refusal(&error, redirect_uri))?;
    // The user can be deleted or disabled within the lifetime of a code.
    let account = Account::find(state, &grant.user)
        .ok_or_else(|| EntraRefusal::account_unknown(&state.tenant.name))?;
    if !account.is_enabled {
        return Err(EntraRefusal::account_disabled());
    }
    let lifetime = state.settings.token_lifetime_seconds;
    let mut members = json!({
        "token_type": "Bearer",
        "scope": grant.scopes.granted(),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token(state, &account, &grant.scopes, proof)?,
    });
    if grant.scopes.has("openid") {
        members["id_token"] = id_token::issue(state, &account, &grant, now)?.into();
    }
    Ok(members)
}

/// Refuses a code. `redirect_uri` is that of the request.
fn refusal(error: &CodeError, redirect_uri: &str) -> EntraRefusal {
    match error {
        CodeError::Unknown => EntraRefusal::code_unknown(),
        CodeError::Redeemed => EntraRefusal::code_redeemed(),
        CodeError::Expired => EntraRefusal::code_expired(),
        CodeError::OtherRedirectUri(asked) => EntraRefusal::redirect_uri_other(redirect_uri, asked),
        CodeError::VerifierMissing => EntraRefusal::verifier_missing(),
        CodeError::VerifierWrong => EntraRefusal::verifier_wrong(),
    }
}

/// Returns an access token for Graph on behalf of the user. It has no application permission, so
/// that the emulator's Graph refuses it everywhere.
fn access_token(
    state: &mut State,
    account: &Account,
    scopes: &Scopes,
    proof: Proof,
) -> Result<String, EntraRefusal> {
    let mut own = Map::new();
    own.insert("idtyp".to_owned(), "user".into());
    own.insert("name".to_owned(), account.name.clone().into());
    own.insert("oid".to_owned(), account.id.clone().into());
    own.insert("scp".to_owned(), scopes.granted().into());
    own.insert("sub".to_owned(), id_token::subject(state, GRAPH_APP, account).into());
    own.insert("upn".to_owned(), account.user_name.clone().into());
    access_token::issue(state, GRAPH_APP, proof, own)
}
