//! `checkMemberGroups` (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::access::hides_members;
use crate::graph::answer::{Context, ok};
use crate::graph::permission::{self, Caller};
use crate::graph::refusal::GraphRefusal;
use crate::state::State;
use crate::tenant::member::Member;
use crate::wire::{Reply, Request};

const MAX_GROUPS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    group_ids: Vec<String>,
}

/// Returns those groups of the request that the user is a member of, directly or through other
/// groups.
pub(in crate::graph) fn answer(
    state: &State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    // "User.Read.All and GroupMember.Read.All", or the like: both are needed.
    if !caller.has(permission::USERS) || !caller.has(permission::GROUPS) {
        return Err(GraphRefusal::directory_permission());
    }
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|_| GraphRefusal::body("'groupIds' has to be a collection of texts."))?;
    if body.group_ids.len() > MAX_GROUPS {
        return Err(GraphRefusal::too_many_groups(body.group_ids.len()));
    }
    let tenant = &state.tenant;
    let user = tenant
        .directory
        .find(key)
        .and_then(|user| tenant.directory.slot(&user.id))
        .map(Member::user)
        .ok_or_else(|| GraphRefusal::no_resource(key))?;
    let is_in = |id: &&String| {
        let group = tenant.groups.find(id);
        group.filter(|(_, group)| !hides_members(group, state, caller)).is_some_and(|(slot, _)| {
            tenant.groups.with_nested(slot).iter().any(|group| group.has(user))
        })
    };
    let value: Vec<Value> = body.group_ids.iter().filter(is_in).map(|id| json!(id)).collect();
    Ok(ok(json!({
        "@odata.context": format!("{}#Collection(Edm.String)", context.metadata()),
        "value": value,
    })
    .to_string()))
}
