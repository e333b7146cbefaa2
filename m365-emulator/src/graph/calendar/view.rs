//! `calendarView` (<https://learn.microsoft.com/graph/api/user-list-calendarview>), and the
//! `instances` of a series.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use super::super::answer::{Context, page};
use super::super::options;
use super::super::permission::Caller;
use super::super::refusal::GraphRefusal;
use super::event::{self, EVENT, Shown};
use super::{events, open, paging, shown};
use crate::random::Random;
use crate::state::State;
use crate::tenant::calendar::item::{Event, Window};
use crate::tenant::calendar::zone::Zone;
use crate::wire::{Query, Reply, Request, plain_name};

const MAX_DAYS: i64 = 1825;

pub(super) fn view(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    check_options(&request.query)?;
    let window = window(&request.query)?;
    let shown = shown(state, request, &user)?;
    let calendar = state.tenant.calendars.mailbox(&user);
    let events = calendar.map(|calendar| calendar.events_in(window)).unwrap_or_default();
    let path = format!("users/{user}/calendarView");
    let name = format!("users('{user}')/calendarView");
    list(context, request, &shown, &events, &path, &name)
}

/// Answers `/events/{id}/instances`
/// (<https://learn.microsoft.com/graph/api/event-list-instances>).
pub(super) fn instances(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    check_options(&request.query)?;
    let window = window(&request.query)?;
    let shown = shown(state, request, &user)?;
    let event = events::find(state, &user, id)?;
    let mut events = match event.item.recurrence {
        Some(_) => event.item.events_in(window),
        None => Vec::new(),
    };
    // Microsoft's sample is not in order.
    if state.settings.delta_shuffles {
        Random::new(event.item.uid).shuffle(&mut events);
    }
    let path = format!("users/{user}/events/{id}/instances");
    let name = format!("users('{user}')/events('{id}')/instances");
    list(context, request, &shown, &events, &path, &name)
}

/// Returns a page of events.
fn list(
    context: &Context,
    request: &Request,
    shown: &Shown,
    events: &[Event<'_>],
    path: &str,
    name: &str,
) -> Result<Reply, GraphRefusal> {
    let query = &request.query;
    let names = options::selected(query, "event", |name| EVENT.contains(&name))?;
    let (skip, top) = paging::skip_and_top(query)?;
    let value: Vec<String> = events
        .iter()
        .skip(skip)
        .take(top)
        .map(|event| Value::Object(event::select(shown.full(event), names.as_deref())).to_string())
        .collect();
    let next_link = paging::next_link(context, query, path, skip + top, events.len());
    let selected = names.map_or_else(String::new, |names| format!("({})", names.join(",")));
    let name = format!("{name}{selected}");
    let reply = page(context, &name, None, next_link.as_deref(), None, &value.join(","));
    Ok(shown.preferences.applied_to(reply))
}

/// Reads the window of a request.
pub(super) fn window(query: &Query) -> Result<Window, GraphRefusal> {
    let (start, end) = (moment(query, "startDateTime")?, moment(query, "endDateTime")?);
    if end < start {
        return Err(GraphRefusal::time_window("endDateTime", &end.to_string()));
    }
    if end.duration_since(start).as_hours() > MAX_DAYS * 24 {
        return Err(GraphRefusal::window_too_long());
    }
    Ok(Window { start, end })
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, value) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "skip" | "format" => {}
            // https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2375
            "filter" | "expand" if value.to_ascii_lowercase().contains("extendedproperties") => {
                return Err(GraphRefusal::exchange_failure());
            }
            "filter" => return Err(GraphRefusal::exchange_filter()),
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(options::refuse_expand(query)),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}

/// Reads a time. Without an offset, it is UTC.
fn moment(query: &Query, name: &str) -> Result<Timestamp, GraphRefusal> {
    let value = query
        .option(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(GraphRefusal::no_time_window)?;
    // A plus sign that was not encoded arrives as a space.
    let text = value.replace(' ', "+");
    let parsed: Result<Timestamp, _> = text.parse();
    parsed
        .or_else(|_| text.parse().map(|local: DateTime| Zone::utc().instant(local)))
        .map_err(|_| GraphRefusal::time_window(name, value))
}
