//! `/users` and `/users/{id | userPrincipalName}`
//! (<https://learn.microsoft.com/graph/api/user-list>,
//! <https://learn.microsoft.com/graph/api/user-get>).

use super::answer::{Context, entity, page, plain_count};
use super::filter::Filter;
use super::listing::{Listing, write_page};
use super::options;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use super::select::{Place, Selection};
use crate::state::State;
use crate::tenant::directory::User;
use crate::tenant::entry::Slot;
use crate::wire::{Query, Reply, Request, plain_name};

pub(super) fn list(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_options(&request.query, request)?;
    let listing = Listing::read(state, request)?;
    let query = &listing.query;
    let schema = &state.tenant.directory.schema;
    let place = if context.is_beta() { Place::Everything } else { Place::Listing };
    let selection = Selection::parse(query.option("select"), schema, place)?;
    let selection = visible(selection, state, caller);
    let filter = Filter::parse(query.option("filter"), schema)?;
    let top = options::top(query)?;
    let count = listing.is_counted().then(|| matching(state, &filter, 0).count());
    let users = matching(state, &filter, listing.start).map(|(slot, user)| (slot, &**user));
    let (value, next) = write_page(&selection, users, top);
    let next_link = listing.next_link(state, context, "users", next);
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
    if !options::is_eventual(request) {
        return Err(GraphRefusal::count_segment());
    }
    check_options(&request.query, request)?;
    let filter = Filter::parse(request.query.option("filter"), &state.tenant.directory.schema)?;
    Ok(plain_count(matching(state, &filter, 0).count()))
}

pub(super) fn get(
    state: &State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    options::check_single(&request.query)?;
    let directory = &state.tenant.directory;
    let select = request.query.option("select").filter(|select| !select.trim().is_empty());
    let place =
        if context.is_beta() && select.is_none() { Place::Everything } else { Place::Single };
    let selection = Selection::parse(select, &directory.schema, place)?;
    let selection = visible(selection, state, caller);
    let user = directory.find(key).ok_or_else(|| GraphRefusal::no_resource(key))?;
    let mut body = String::new();
    selection.write(&mut body, user);
    let name = format!("users{}", selection.context());
    Ok(entity(context, &name, body).with("x-ms-resource-unit", "1"))
}

/// Returns the present users that match a filter, from a slot on, in the order of the directory.
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

/// Limits a selection to the properties that the caller may read.
pub(super) fn visible(selection: Selection, state: &State, caller: &Caller) -> Selection {
    if caller.has(permission::USERS) {
        return selection;
    }
    selection.basic(&state.tenant.directory.schema)
}

fn check_options(query: &Query, request: &Request) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "filter" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(options::refuse_expand(query)),
            "search" if !options::is_eventual(request) => {
                return Err(GraphRefusal::search_without_header());
            }
            option @ ("skip" | "search") => return Err(GraphRefusal::option(option)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            // Graph ignores an option that OData does not have.
            _ => {}
        }
    }
    Ok(())
}
