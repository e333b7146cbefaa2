//! `/events` and `/events/{id}` (<https://learn.microsoft.com/graph/api/user-list-events>).

use serde_json::Value;

use super::super::answer::{Context, entity, page};
use super::super::options;
use super::super::permission::Caller;
use super::super::refusal::GraphRefusal;
use super::event::{self, EVENT};
use super::properties::{self, Expanded, Filter};
use super::{open, paging, shown};
use crate::state::State;
use crate::tenant::calendar::id;
use crate::tenant::calendar::item::{Event, Item};
use crate::wire::{Query, Reply, Request, plain_name};

/// Lists single events and masters.
pub(super) fn list(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    let query = &request.query;
    check_options(query, &["select", "top", "skip", "filter", "expand", "format"])?;
    let filter = query.option("filter").map(Filter::read).transpose()?;
    let expanded = query.option("expand").map(Expanded::read).transpose()?;
    let names = options::selected(query, "event", |name| EVENT.contains(&name))?;
    let shown = shown(state, request, &user)?;
    let (skip, top) = paging::skip_and_top(query)?;
    let calendar = state.tenant.calendars.mailbox(&user);
    let mut items: Vec<&Item> = calendar
        .into_iter()
        .flat_map(|calendar| calendar.items())
        .filter(|item| filter.as_ref().is_none_or(|filter| filter.fits(item)))
        .collect();
    items.sort_by_key(|item| (item.created, item.uid));
    let value: Vec<String> = items
        .iter()
        .skip(skip)
        .take(top)
        .map(|item| {
            let mut event = event::select(shown.full(&item.event()), names.as_deref());
            properties::expand(&mut event, item, expanded.as_ref());
            Value::Object(event).to_string()
        })
        .collect();
    let path = format!("users/{user}/events");
    let next_link = paging::next_link(context, query, &path, skip + top, items.len());
    let name = format!("users('{user}')/events");
    let reply = page(context, &name, None, next_link.as_deref(), None, &value.join(","));
    Ok(shown.preferences.applied_to(reply))
}

/// Answers with one event: a single one, an occurrence, an exception or a master.
pub(super) fn get(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    let query = &request.query;
    check_options(query, &["select", "expand", "format"])?;
    let expanded = query.option("expand").map(Expanded::read).transpose()?;
    let names = options::selected(query, "event", |name| EVENT.contains(&name))?;
    let shown = shown(state, request, &user)?;
    let found = find(state, &user, id)?;
    let mut event = event::select(shown.full(&found), names.as_deref());
    properties::expand(&mut event, found.item, expanded.as_ref());
    let body = Value::Object(event).to_string();
    let reply = entity(context, &format!("users('{user}')/events"), body);
    Ok(shown.preferences.applied_to(reply))
}

/// Finds an event of a mailbox by its id, in either form.
pub(super) fn find<'a>(state: &'a State, user: &str, id: &str) -> Result<Event<'a>, GraphRefusal> {
    let gone = GraphRefusal::no_item;
    let named = id::read(user, id).ok_or_else(gone)?;
    let calendar = state.tenant.calendars.mailbox(user).ok_or_else(gone)?;
    let item = calendar.item(named.uid).ok_or_else(gone)?;
    let Some(instance) = named.instance else {
        return Ok(item.event());
    };
    // The id has the instant, and the calendar is kept by days.
    let instant = jiff::Timestamp::from_second(instance).map_err(|_| gone())?;
    let date = item.when.zone.wall_clock(instant).date();
    item.at(date).filter(|event| event.instance() == Some(instance)).ok_or_else(gone)
}

fn check_options(query: &Query, served: &[&str]) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        let option = plain_name(name).to_ascii_lowercase();
        if served.contains(&option.as_str()) {
            continue;
        }
        match option.as_str() {
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}
