//! Calendars of mailboxes: `calendarView`, its delta, `events`, `instances` and `getSchedule`; and
//! events that are made, changed and ended.

mod delta;
mod event;
mod events;
mod moment;
mod paging;
mod preferences;
mod properties;
mod schedule;
mod view;
mod write;

use http::Method;

use self::event::Shown;
pub(super) use self::preferences::Preferences;
use super::answer::Context;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use crate::state::State;
use crate::tenant::calendar::policy::Access;
use crate::tenant::calendar::values::Response;
use crate::wire::{Reply, Request};

/// Returns whether a path belongs to a mailbox: it is served by Exchange, which limits the number
/// of requests at a time. Returns the key of the mailbox.
pub(crate) fn mailbox_of(request: &Request) -> Option<String> {
    let segments = super::keys_as_segments(request.segments());
    match segments.get(1..)? {
        [users, key, segment, ..] if users == "users" && is_calendar(segment) => Some(key.clone()),
        _ => None,
    }
}

fn is_calendar(segment: &str) -> bool {
    matches!(segment, "calendar" | "calendarView" | "events")
}

/// Answers a request below `/users/{key}` if the path belongs to a calendar.
pub(super) fn route(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    request: &Request,
) -> Option<Result<Reply, GraphRefusal>> {
    let ["users", key, rest @ ..] = path else { return None };
    if !rest.first().is_some_and(|segment| is_calendar(segment)) {
        return None;
    }
    // The default calendar of a mailbox has the same paths as the mailbox.
    let rest = match rest {
        ["calendar", rest @ ..] if !rest.is_empty() => rest,
        rest => rest,
    };
    let is_schedule = |name: &str| {
        let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
        name.eq_ignore_ascii_case("getSchedule")
    };
    Some(match (&request.method, rest) {
        (&Method::POST, [action]) if is_schedule(action) && path[2] == "calendar" => {
            schedule::answer(state, context, caller, key, request)
        }
        (&Method::GET, ["calendarView"]) => view::view(state, context, caller, key, request),
        (&Method::GET, ["calendarView", name]) if super::is_delta(name) => {
            delta::answer(state, context, caller, key, request)
        }
        (&Method::GET, ["events"]) => events::list(state, context, caller, key, request),
        (&Method::GET, ["events", id]) => events::get(state, context, caller, key, id, request),
        (&Method::GET, ["events", id, "instances"]) => {
            view::instances(state, context, caller, key, id, request)
        }
        (&Method::POST, ["events"]) => write::create(state, context, caller, key, request),
        (&Method::PATCH, ["events", id]) => write::change(state, context, caller, key, id, request),
        (&Method::DELETE, ["events", id]) => write::delete(state, caller, key, id, request),
        (&Method::POST, ["events", id, "cancel"]) => write::cancel(state, caller, key, id, request),
        (&Method::POST, ["events", id, action]) => match *action {
            "accept" => write::respond(state, caller, key, id, Response::Accepted, request),
            "decline" => write::respond(state, caller, key, id, Response::Declined, request),
            "tentativelyAccept" => {
                write::respond(state, caller, key, id, Response::TentativelyAccepted, request)
            }
            segment => Err(GraphRefusal::no_segment(segment)),
        },
        (&Method::GET, [.., segment]) => Err(GraphRefusal::no_segment(segment)),
        _ => Err(GraphRefusal::method()),
    })
}

/// Checks that the application may read a mailbox, and returns the key of its calendar.
pub(super) fn open(state: &mut State, caller: &Caller, key: &str) -> Result<String, GraphRefusal> {
    if !caller.has(permission::CALENDARS) {
        return Err(GraphRefusal::mailbox_permission());
    }
    if !state.settings.exchange_online {
        return Err(GraphRefusal::no_exchange_online(&state.tenant.id));
    }
    let directory = &state.tenant.directory;
    let user = directory.find_mailbox(key).ok_or_else(|| GraphRefusal::no_mailbox_user(key))?;
    if !directory.has_mailbox(user) {
        return Err(GraphRefusal::mailbox_not_enabled());
    }
    let user = user.id.clone();
    match state.tenant.calendars.policy(&user).access {
        Access::Granted => {}
        Access::Raop => return Err(GraphRefusal::access_policy()),
        Access::Denied => return Err(GraphRefusal::mailbox_permission()),
        Access::Delegated => return Err(GraphRefusal::calendar_not_shared()),
    }
    state.tenant.open_calendar(&user);
    state.tenant.calendars.mailbox_mut(&user);
    Ok(user)
}

/// Returns how the events of a mailbox are shown to this request.
fn shown(state: &State, request: &Request, user: &str) -> Result<Shown, GraphRefusal> {
    let preferences = Preferences::read(request)?;
    Ok(Shown {
        mailbox: user.to_owned(),
        preferences,
        own_uid_per_occurrence: state.settings.ical_uid_per_occurrence,
    })
}
