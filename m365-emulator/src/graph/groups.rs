//! `/groups` and `/groups/{id}` (<https://learn.microsoft.com/graph/api/group-list>).

use http::StatusCode;
use serde_json::{Map, Value};

use super::cursor::Cursor;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use super::users::{is_eventual, refused_expand, top};
use super::{Context, link, ok, page};
use crate::state::State;
use crate::tenant::directory::Slot;
use crate::wire::{Query, Reply, Request, plain_name};

/// In the schema, and not in what a listing tells unasked.
const UNASKED: &[&str] = &[
    "allowExternalSenders",
    "assignedLabels",
    "assignedLicenses",
    "autoSubscribeNewMembers",
    "hasMembersWithLicenseErrors",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "isArchived",
    "isSubscribedByMail",
    "licenseProcessingState",
    "onPremisesDomainName",
    "onPremisesNetBiosName",
    "onPremisesSamAccountName",
    "securityIdentifier",
    "serviceProvisioningErrors",
    "unseenCount",
    "uniqueName",
];

pub(super) fn list(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_options(&request.query)?;
    let (query, start) = match request.query.option("skiptoken") {
        None => (request.query.clone(), 0),
        Some(token) => {
            let (query, next) = state.cursors.page(token)?;
            (Query::parse(&query), next as usize)
        }
    };
    let groups = &state.tenant.groups;
    let names = selected(query.option("select"), groups)?;
    let top = top(&query)?;
    let counts = query.option("count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
    let count = (counts && is_eventual(request)).then_some(groups.len());
    let value: Vec<String> = groups
        .iter()
        .skip(start)
        .take(top)
        .map(|group| Value::Object(shown(group, names.as_deref())).to_string())
        .collect();
    let next = Some(start + top)
        .filter(|next| *next < groups.len())
        .and_then(|next| Slot::try_from(next).ok());
    let next_link = next.map(|next| {
        let kept = query.raw_without("skiptoken");
        let token = state.cursors.issue(&Cursor::Page { query: kept.clone(), next });
        link(context, "groups", &kept, &format!("$skiptoken={token}"))
    });
    let name =
        names.map_or_else(|| "groups".to_owned(), |names| format!("groups({})", names.join(",")));
    Ok(page(context, &name, count, next_link.as_deref(), None, &value.join(",")))
}

pub(super) fn count(
    state: &State,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    if !is_eventual(request) {
        return Err(GraphRefusal::count_segment());
    }
    let count = state.tenant.groups.len().to_string();
    Ok(Reply::new(StatusCode::OK).with("content-type", "text/plain").with_body(count))
}

pub(super) fn get(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    let groups = &state.tenant.groups;
    let names = selected(request.query.option("select"), groups)?;
    let group = groups
        .iter()
        .find(|group| group["id"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(id)))
        .ok_or_else(|| GraphRefusal::no_resource(id))?;
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        format!("{}#groups/$entity", context.metadata()).into(),
    );
    body.extend(shown(group, names.as_deref()));
    Ok(ok(Value::Object(body).to_string()))
}

fn check_permission(caller: &Caller) -> Result<(), GraphRefusal> {
    if caller.has(permission::GROUPS) {
        return Ok(());
    }
    Err(GraphRefusal::directory_permission())
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(refused_expand(query)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}

fn selected(
    select: Option<&str>,
    groups: &[Map<String, Value>],
) -> Result<Option<Vec<String>>, GraphRefusal> {
    let Some(select) = select.filter(|select| !select.trim().is_empty()) else {
        return Ok(None);
    };
    select
        .split(',')
        .map(str::trim)
        .map(|name| {
            let known = groups.first().is_none_or(|group| group.contains_key(name))
                || UNASKED.contains(&name);
            known.then(|| name.to_owned()).ok_or_else(|| GraphRefusal::no_property(name, "group"))
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

fn shown(group: &Map<String, Value>, names: Option<&[String]>) -> Map<String, Value> {
    match names {
        None => group.clone(),
        Some(names) => names
            .iter()
            .map(|name| (name.clone(), group.get(name).cloned().unwrap_or_default()))
            .collect(),
    }
}
