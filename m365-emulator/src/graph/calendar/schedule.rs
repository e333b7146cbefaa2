//! `getSchedule` (<https://learn.microsoft.com/graph/api/calendar-getschedule>): when mailboxes are
//! taken.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::answer::{Context, page};
use super::super::permission::Caller;
use super::super::refusal::GraphRefusal;
use super::event::Shown;
use super::moment::Moment;
use super::{open, shown};
use crate::state::State;
use crate::tenant::calendar::item::{Event, Window};
use crate::tenant::calendar::policy::Access;
use crate::tenant::calendar::values::{Sensitivity, ShowAs};
use crate::wire::{Reply, Request};

/// Maximum number of mailboxes. The documents say 20
/// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/7047>).
const MAX_SCHEDULES: usize = 100;

/// Maximum number of days (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/19703>).
const MAX_DAYS: i64 = 62;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    schedules: Vec<String>,
    start_time: Moment,
    end_time: Moment,
    #[serde(default)]
    availability_view_interval: Option<u32>,
}

pub(super) fn answer(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|error| GraphRefusal::body(&error.to_string()))?;
    if body.schedules.len() > MAX_SCHEDULES {
        return Err(GraphRefusal::too_many_schedules(body.schedules.len(), MAX_SCHEDULES));
    }
    let window = Window { start: body.start_time.instant()?, end: body.end_time.instant()? };
    if window.end <= window.start {
        return Err(GraphRefusal::time_window("endTime", &body.end_time.date_time));
    }
    if window.end.duration_since(window.start).as_hours() > MAX_DAYS * 24 {
        return Err(GraphRefusal::schedule_too_long(MAX_DAYS));
    }
    let minutes = body.availability_view_interval.unwrap_or(30);
    if !(5..=1440).contains(&minutes) {
        return Err(GraphRefusal::schedule_interval());
    }
    let shown = shown(state, request, &user)?;
    let mut value = Vec::with_capacity(body.schedules.len());
    for schedule in &body.schedules {
        let schedule = match readable(state, schedule) {
            Ok(key) => taken(state, &shown, schedule, &key, window, minutes),
            Err((code, message)) => json!({
                "scheduleId": schedule,
                "availabilityView": "",
                "error": {"message": message, "responseCode": code},
            }),
        };
        value.push(schedule.to_string());
    }
    let name = "Collection(microsoft.graph.scheduleInformation)";
    let reply = page(context, name, None, None, None, &value.join(","));
    Ok(shown.preferences.applied_to(reply))
}

/// Returns the mailbox with an address; or why its schedule is not known, which is an error of this
/// item alone (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/11225>).
fn readable(state: &mut State, address: &str) -> Result<String, (&'static str, String)> {
    let directory = &state.tenant.directory;
    let Some(user) = directory.find_mailbox(address) else {
        return Err((
            "ErrorMailRecipientNotFound",
            format!("Unable to resolve e-mail address {address} to an Active Directory object."),
        ));
    };
    let (key, has_mailbox) = (user.id.clone(), directory.has_mailbox(user));
    if !has_mailbox || state.tenant.calendars.policy(&key).access != Access::Granted {
        return Err(("5009", "Unable to process the request for this mailbox.".to_owned()));
    }
    state.tenant.open_calendar(&key);
    Ok(key)
}

fn taken(
    state: &State,
    shown: &Shown,
    address: &str,
    key: &str,
    window: Window,
    minutes: u32,
) -> Value {
    let calendar = state.tenant.calendars.mailbox(key);
    let mut events = calendar.map(|calendar| calendar.events_in(window)).unwrap_or_default();
    events.retain(|event| !event.details.cancelled);
    let items: Vec<Value> = events.iter().map(|event| item(shown, event)).collect();
    json!({
        "scheduleId": address,
        "availabilityView": digits(&events, window, minutes),
        "scheduleItems": items,
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": &*state.tenant.zone_of(key).name},
        },
    })
}

/// Returns one event. Its times are in the zone that the request prefers, which is not that of the
/// request's body.
fn item(shown: &Shown, event: &Event<'_>) -> Value {
    let (start, end) = shown.times(&event.when);
    let is_private = event.details.sensitivity != Sensitivity::Normal;
    let mut item = json!({
        "isPrivate": is_private,
        "status": event.details.show_as.name(),
        "start": start,
        "end": end,
    });
    if !is_private {
        item["subject"] = (*event.details.subject).into();
        item["location"] = "".into();
    }
    item
}

/// Returns one digit for each interval: the highest status in it. Working elsewhere counts as free
/// (<https://github.com/microsoftgraph/msgraph-metadata/issues/598>).
fn digits(events: &[Event<'_>], window: Window, minutes: u32) -> String {
    let step = SignedDuration::from_mins(i64::from(minutes));
    let mut digits = String::new();
    let mut start = window.start;
    while start < window.end {
        let end = start.saturating_add(step).unwrap_or(window.end);
        let interval = Window { start, end };
        let status = events
            .iter()
            .filter(|event| interval.has(event.when.instants()))
            .map(|event| match event.details.show_as {
                ShowAs::Free | ShowAs::WorkingElsewhere => 0,
                ShowAs::Tentative => 1,
                ShowAs::Busy | ShowAs::Unknown => 2,
                ShowAs::Oof => 3,
            })
            .max();
        digits.push_str(&status.unwrap_or(0).to_string());
        start = end;
    }
    digits
}
