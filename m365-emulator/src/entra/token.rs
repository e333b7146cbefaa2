//! The token endpoint: selects the grant.

use http::{Method, StatusCode};

use super::access_token::required;
use super::refusal::EntraRefusal;
use super::{authorization_code, client_credentials};
use crate::state::State;
use crate::wire::{Reply, Request};

pub(super) fn answer(
    state: &mut State,
    tenant: &str,
    request: &Request,
) -> Result<Reply, EntraRefusal> {
    if request.method != Method::POST {
        return Err(EntraRefusal::only_post(request.method.as_str()));
    }
    let form = request.form();
    let members = match required(&form, "grant_type")? {
        "client_credentials" => client_credentials::answer(state, tenant, request, &form),
        "authorization_code" => authorization_code::answer(state, tenant, request, &form),
        other => Err(EntraRefusal::unsupported_grant(other)),
    }?;
    Ok(Reply::json(StatusCode::OK, &members))
}
