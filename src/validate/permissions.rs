//! Checks that the tenant answers, and that users and groups can be read.

use serde_json::Value;

use super::{
    GROUPS_READ, TENANT, USERS_READ, failed, failed_by, granted, not_granted, passed, skipped,
    warned,
};
use crate::{
    error::Error,
    graph::{Graph, Page},
    host::{Host, Request},
    model::Check,
    payload::UserReader,
    permission::{GROUPS, USERS},
    settings::is_guid,
};

pub(super) async fn tenant<H: Host>(graph: &Graph<'_, H>) -> Check {
    let url = graph.endpoints().organization();
    let response = match graph.require(Request::get(url), USERS).await {
        Ok(response) => response,
        // The token comes from this tenant; only its name is unknown.
        Err(Error::PermissionMissing(_)) => {
            return skipped(
                TENANT,
                "The name of the tenant cannot be read without User.Read.All; the token comes from \
                    this tenant",
            );
        }
        Err(error) => return failed_by(TENANT, &error),
    };
    if let Err(error) = Page::read(&response) {
        return failed_by(TENANT, &error);
    }
    let organizations = response.json();
    let text = |pointer| organizations.pointer(pointer).and_then(Value::as_str);
    let name = text("/value/0/displayName").unwrap_or("(no name)");
    let expected = &graph.settings().server.tenant_id;
    match text("/value/0/id") {
        Some(id) if is_guid(expected) && !id.eq_ignore_ascii_case(expected) => Check {
            detail: Some(format!("tenant {id}")),
            ..failed(TENANT, format!("Microsoft Graph answered for another tenant, {name}"))
        },
        _ if organizations.pointer("/value/0").is_none() => {
            warned(TENANT, "Microsoft Graph returned no record of the tenant")
        }
        _ => passed(TENANT, format!("The tenant is {name}")),
    }
}

pub(super) async fn users<H: Host>(graph: &Graph<'_, H>) -> Check {
    // Unlike delta, /users also succeeds with less than User.Read.All.
    let delta = graph.endpoints().users_delta_latest(UserReader::new(None).select());
    let response = graph.require(Request::get(delta), USERS).await;
    match response.and_then(|answer| Page::read(&answer).map(drop)) {
        Ok(()) => granted(USERS_READ, USERS, "users can be read"),
        Err(error) => not_granted(USERS_READ, USERS, &error),
    }
}

pub(super) async fn groups<H: Host>(graph: &Graph<'_, H>) -> Check {
    let response = graph.require(Request::get(graph.endpoints().one_group()), GROUPS).await;
    match response.and_then(|answer| Page::read(&answer).map(drop)) {
        Ok(()) => granted(GROUPS_READ, GROUPS, "groups can be read"),
        Err(error) => not_granted(GROUPS_READ, GROUPS, &error),
    }
}
