//! `/groups` and `/groups/{id}` (<https://learn.microsoft.com/graph/api/group-list>,
//! <https://learn.microsoft.com/graph/api/group-get>).

pub(super) mod check;
pub(super) mod related;

use http::StatusCode;

use super::cursor::Cursor;
use super::filter::Filter;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use super::select::{Place, Selection};
use super::users::{check_single, is_eventual, refused_expand, top};
use super::{Context, entity, link, page};
use crate::state::State;
use crate::tenant::entry::Slot;
use crate::tenant::group::Group;
use crate::wire::{Query, Reply, Request, plain_name};

/// Value of `visibility`, as JSON.
const HIDDEN: &str = "\"HiddenMembership\"";

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
            (Query::parse(&query), next)
        }
    };
    let schema = &state.tenant.groups.schema;
    let selection = Selection::parse(query.option("select"), schema, Place::Listing)?;
    let filter = Filter::parse(query.option("filter"), schema)?;
    let top = top(&query)?;
    let counts = query.option("count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
    let count = (counts && is_eventual(request)).then(|| matching(state, &filter, 0).count());

    let mut matches = matching(state, &filter, start);
    let mut value = String::new();
    for (_, group) in matches.by_ref().take(top) {
        if !value.is_empty() {
            value.push(',');
        }
        selection.write(&mut value, group);
    }
    let next = matches.next().map(|(slot, _)| slot);
    drop(matches);
    let next_link = next.map(|next| {
        let kept = query.raw_without("skiptoken");
        let token = state.cursors.issue(&Cursor::Page { query: kept.clone(), next });
        link(context, "groups", &kept, &format!("$skiptoken={token}"))
    });
    let name = format!("groups{}", selection.context());
    Ok(page(context, &name, count, next_link.as_deref(), None, &value))
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
    check_options(&request.query)?;
    let filter = Filter::parse(request.query.option("filter"), &state.tenant.groups.schema)?;
    Ok(plain_count(matching(state, &filter, 0).count()))
}

pub(super) fn get(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_single(&request.query)?;
    let schema = &state.tenant.groups.schema;
    let selection = Selection::parse(request.query.option("select"), schema, Place::Single)?;
    let (_, group) = find(state, id)?;
    let mut body = String::new();
    selection.write(&mut body, group);
    Ok(entity(context, &format!("groups{}", selection.context()), body))
}

/// Whether a group hides its members from an application without the permission for them
/// (<https://learn.microsoft.com/graph/api/group-list-members>).
pub(super) fn hides_members(group: &Group, state: &State, caller: &Caller) -> bool {
    let visibility = state.tenant.groups.schema.find("visibility");
    let is_hidden = visibility.and_then(|property| group.json(property)) == Some(HIDDEN);
    is_hidden && !caller.has(permission::HIDDEN_MEMBERS)
}

/// A group that is there.
fn find<'a>(state: &'a State, id: &str) -> Result<(Slot, &'a Group), GraphRefusal> {
    state.tenant.groups.find(id).ok_or_else(|| GraphRefusal::no_resource(id))
}

/// Those present who fit, from a slot on.
fn matching<'a>(
    state: &'a State,
    filter: &'a Filter,
    start: Slot,
) -> impl Iterator<Item = (Slot, &'a Group)> {
    let groups = state.tenant.groups.present();
    let is_listed = |group: &Group| state.settings.lists(&[&group.id]);
    groups.filter(move |(slot, group)| *slot >= start && is_listed(group) && filter.matches(group))
}

fn plain_count(count: usize) -> Reply {
    Reply::new(StatusCode::OK).with("content-type", "text/plain").with_body(count.to_string())
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
            "select" | "top" | "filter" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(refused_expand(query)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}
