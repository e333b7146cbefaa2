//! `/users` and `/users/{id | userPrincipalName}`
//! (<https://learn.microsoft.com/graph/api/user-list>, <https://learn.microsoft.com/graph/api/user-get>).

use http::StatusCode;

use super::cursor::Cursor;
use super::filter::Filter;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use super::select::{Place, Selection};
use super::{Context, entity, link, page};
use crate::state::State;
use crate::tenant::directory::User;
use crate::tenant::entry::Slot;
use crate::wire::{Query, Reply, Request, plain_name};

const DEFAULT_TOP: usize = 100;
const MAX_TOP: usize = 999;

pub(super) fn list(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_options(&request.query, request)?;
    let (query, start) = match request.query.option("skiptoken") {
        None => (request.query.clone(), 0),
        Some(token) => {
            let (query, next) = state.cursors.page(token)?;
            (Query::parse(&query), next)
        }
    };
    let directory = &state.tenant.directory;
    let place = if context.is_beta() { Place::Whole } else { Place::Listing };
    let selection =
        visible(Selection::parse(query.option("select"), &directory.schema, place)?, state, caller);
    let filter = Filter::parse(query.option("filter"), &directory.schema)?;
    let top = top(&query)?;
    // Without the header, the option is silently ignored, the segment refused
    // (https://learn.microsoft.com/graph/aad-advanced-queries).
    let counts = query.option("count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
    let count = (counts && is_eventual(request)).then(|| matching(state, &filter, 0).count());

    let mut matches = matching(state, &filter, start);
    let mut value = String::new();
    for (_, user) in matches.by_ref().take(top) {
        if !value.is_empty() {
            value.push(',');
        }
        selection.write(&mut value, user);
    }
    let next = matches.next().map(|(slot, _)| slot);
    drop(matches);
    let next_link = next.map(|next| {
        let token =
            state.cursors.issue(&Cursor::Page { query: query.raw_without("skiptoken"), next });
        link(context, "users", &query.raw_without("skiptoken"), &format!("$skiptoken={token}"))
    });
    let units = if query.option("select").is_some() { "1" } else { "2" };
    let name = format!("users{}", selection.context());
    Ok(page(context, &name, count, next_link.as_deref(), None, &value)
        .with("x-ms-resource-unit", units))
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
    check_options(&request.query, request)?;
    let filter = Filter::parse(request.query.option("filter"), &state.tenant.directory.schema)?;
    let count = matching(state, &filter, 0).count();
    Ok(Reply::new(StatusCode::OK).with("content-type", "text/plain").with_body(count.to_string()))
}

pub(super) fn get(
    state: &State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_single(&request.query)?;
    let directory = &state.tenant.directory;
    let select = request.query.option("select").filter(|select| !select.trim().is_empty());
    let place = if context.is_beta() && select.is_none() { Place::Whole } else { Place::Single };
    let selection = Selection::parse(select, &directory.schema, place)?;
    let selection = visible(selection, state, caller);
    let user = directory.find(key).ok_or_else(|| GraphRefusal::no_resource(key))?;
    let mut body = String::new();
    selection.write(&mut body, user);
    let name = format!("users{}", selection.context());
    Ok(entity(context, &name, body).with("x-ms-resource-unit", "1"))
}

/// Those present who fit, from a slot on, in the order of the directory.
fn matching<'a>(
    state: &'a State,
    filter: &'a Filter,
    start: Slot,
) -> Box<dyn Iterator<Item = (Slot, &'a User)> + 'a> {
    let directory = &state.tenant.directory;
    let slots: Box<dyn Iterator<Item = Slot>> = match filter.slots(directory) {
        Some(slots) => Box::new(slots.into_iter().filter(move |slot| *slot >= start)),
        None => Box::new(start..Slot::try_from(directory.slots().len()).unwrap_or(Slot::MAX)),
    };
    Box::new(slots.filter_map(move |slot| {
        let user = directory.at(slot)?;
        let is_listed = user.removed.is_none() && state.settings.lists(&[&user.id]);
        (is_listed && filter.matches(user)).then_some((slot, user))
    }))
}

fn check_permission(caller: &Caller) -> Result<(), GraphRefusal> {
    if caller.has(permission::USERS) || caller.has(permission::USERS_BASIC) {
        return Ok(());
    }
    Err(GraphRefusal::directory_permission())
}

pub(super) fn visible(selection: Selection, state: &State, caller: &Caller) -> Selection {
    if caller.has(permission::USERS) {
        return selection;
    }
    selection.basic(&state.tenant.directory.schema)
}

pub(super) fn is_eventual(request: &Request) -> bool {
    request.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

fn check_options(query: &Query, request: &Request) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "filter" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(refused_expand(query)),
            "search" if !is_eventual(request) => return Err(GraphRefusal::search_without_header()),
            option @ ("skip" | "search") => return Err(GraphRefusal::option(option)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            // An option of nobody's: Graph lets it pass.
            _ => {}
        }
    }
    Ok(())
}

/// What can be asked of one user or group.
pub(super) fn check_single(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "expand" => return Err(refused_expand(query)),
            option if name.starts_with('$') && !matches!(option, "select" | "format") => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn refused_expand(query: &Query) -> GraphRefusal {
    let expand = query.option("expand").unwrap_or_default();
    GraphRefusal::expand(expand.split(['(', ',']).next().unwrap_or_default())
}

pub(super) fn top(query: &Query) -> Result<usize, GraphRefusal> {
    let Some(top) = query.option("top") else {
        return Ok(DEFAULT_TOP);
    };
    match top.parse::<usize>() {
        Ok(size) if (1..=MAX_TOP).contains(&size) => Ok(size),
        Ok(_) => Err(GraphRefusal::page_size(top)),
        Err(_) => Err(GraphRefusal::not_a_number("top", top)),
    }
}
