//! `/groups` and `/groups/{id}` (<https://learn.microsoft.com/graph/api/group-list>,
//! <https://learn.microsoft.com/graph/api/group-get>).

pub(super) mod access;
pub(super) mod check;
pub(super) mod related;

use self::access::{check_permission, find};
use super::answer::{Context, entity, page, plain_count};
use super::filter::Filter;
use super::listing::{Listing, write_page};
use super::options::{self, check_single, refuse_expand};
use super::permission::Caller;
use super::refusal::GraphRefusal;
use super::select::{Place, Selection};
use crate::state::State;
use crate::tenant::entry::Slot;
use crate::tenant::group::Group;
use crate::wire::{Query, Reply, Request, plain_name};

pub(super) fn list(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    check_options(&request.query)?;
    let listing = Listing::read(state, request)?;
    let query = &listing.query;
    let schema = &state.tenant.groups.schema;
    let selection = Selection::parse(query.option("select"), schema, Place::Listing)?;
    let filter = Filter::parse(query.option("filter"), schema)?;
    let top = options::top(query)?;
    let count = listing.is_counted().then(|| matching(state, &filter, 0).count());
    let groups = matching(state, &filter, listing.start).map(|(slot, group)| (slot, &**group));
    let (value, next) = write_page(&selection, groups, top);
    let next_link = listing.next_link(state, context, "groups", next);
    let name = format!("groups{}", selection.context());
    Ok(page(context, &name, count, next_link.as_deref(), None, &value))
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

/// Returns the present groups that match a filter, from a slot on.
fn matching<'a>(
    state: &'a State,
    filter: &'a Filter,
    start: Slot,
) -> impl Iterator<Item = (Slot, &'a Group)> {
    let groups = state.tenant.groups.present();
    let is_listed = |group: &Group| state.settings.lists(&[&group.id]);
    groups.filter(move |(slot, group)| *slot >= start && is_listed(group) && filter.matches(group))
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "filter" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(refuse_expand(query)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}
