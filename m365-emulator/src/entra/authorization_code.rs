//! Tokens for somebody who signed in
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token>).

use serde_json::{Map, Value, json};

use super::client::{self, Credentials, Proof};
use super::person::Person;
use super::refusal::EntraRefusal;
use super::scope::Scopes;
use super::{GRAPH_APP, id_token, token};
use crate::state::State;
use crate::wire::{Query, Request};

/// There are no refresh tokens, whatever `offline_access` asks for.
pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
    form: &Query,
) -> Result<Value, EntraRefusal> {
    super::check_single_tenant(state, tenant)?;
    let credentials = Credentials::of(request, form)?;
    client::check(state, &credentials.client)?;
    let code = token::required(form, "code")?;
    let redirect_uri = token::required(form, "redirect_uri")?;
    let proof = credentials.check(state, EntraRefusal::credential_missing)?;
    let now = jiff::Timestamp::now().as_second();
    let grant = state.codes.redeem(code, redirect_uri, form.get("code_verifier"), now)?;
    // Much can happen to a person within ten minutes.
    let person = Person::find(state, &grant.person)
        .ok_or_else(|| EntraRefusal::account_unknown(&state.tenant.name))?;
    if !person.is_enabled {
        return Err(EntraRefusal::account_disabled());
    }
    let lifetime = state.settings.token_lifetime_seconds;
    let mut members = json!({
        "token_type": "Bearer",
        "scope": grant.scopes.granted(),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token(state, &person, &grant.scopes, proof)?,
    });
    if grant.scopes.has("openid") {
        members["id_token"] = id_token::issue(state, &person, &grant, now)?.into();
    }
    Ok(members)
}

/// For Graph on behalf of the person. It carries no application permission, so that nothing here opens to it.
fn access_token(
    state: &mut State,
    person: &Person,
    scopes: &Scopes,
    proof: Proof,
) -> Result<String, EntraRefusal> {
    let mut own = Map::new();
    own.insert("idtyp".to_owned(), "user".into());
    own.insert("name".to_owned(), person.name.clone().into());
    own.insert("oid".to_owned(), person.id.clone().into());
    own.insert("scp".to_owned(), scopes.granted().into());
    own.insert("sub".to_owned(), id_token::subject(state, GRAPH_APP, person).into());
    own.insert("upn".to_owned(), person.user_name.clone().into());
    token::access_token(state, GRAPH_APP, proof, own)
}
