//! `/users/{id}/calendarView` (<https://learn.microsoft.com/graph/api/user-list-calendarview>).
//! The events are drawn from the mailbox and the day, so that each request has the same result.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::answer::{Context, page};
use super::options;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use crate::random::Random;
use crate::state::State;
use crate::tenant::directory::User;
use crate::wire::{Query, Reply, Request, plain_name};

const DEFAULT_TOP: usize = 10;
const MAX_TOP: usize = 1000;
const MAX_DAYS: i32 = 1825;

const SUBJECTS: &[&str] = &[
    "Stand-up",
    "Budget review",
    "1:1",
    "Vorstellungsgespräch",
    "設計レビュー",
    "Quarterly planning",
    "Customer visit",
];

/// Properties of an event that are served.
const EVENT: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "iCalUId",
    "subject",
    "isAllDay",
    "isCancelled",
    "isOnlineMeeting",
    "sensitivity",
    "showAs",
    "type",
    "start",
    "end",
    "location",
    "organizer",
    "attendees",
];

pub(super) fn view(
    state: &State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
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
    let query = &request.query;
    check_options(query)?;
    let (start, end) = (moment(query, "startDateTime")?, moment(query, "endDateTime")?);
    let names = options::selected(query, "event", |name| EVENT.contains(&name))?;
    let top = options::number(query, "top")?.unwrap_or(DEFAULT_TOP);
    if !(1..=MAX_TOP).contains(&top) {
        return Err(GraphRefusal::page_size(&top.to_string()));
    }
    let skip = options::number(query, "skip")?.unwrap_or_default();

    let first = start.to_zoned_datetime(TimeZone::UTC).date();
    let last = end.to_zoned_datetime(TimeZone::UTC).date();
    if (last - first).get_days() > MAX_DAYS {
        return Err(GraphRefusal::window_too_long());
    }
    let events: Vec<Map<String, Value>> = first
        .series(1.day())
        .take_while(|day| *day <= last)
        .flat_map(|day| events(state, user, day))
        .filter(|(begins, ends, _)| *begins < end && *ends > start)
        .map(|(.., event)| event)
        .skip(skip)
        .take(top + 1)
        .collect();
    let more = events.len() > top;
    let value: Vec<String> = events
        .into_iter()
        .take(top)
        .map(|mut event| {
            if let Some(names) = &names {
                event.retain(|name, _| {
                    name == "id" || name == "@odata.etag" || names.contains(name)
                });
            }
            Value::Object(event).to_string()
        })
        .collect();
    let path = format!("users/{}/calendarView", user.id);
    let next_link = more
        .then(|| context.link(&path, &query.raw_without("skip"), &format!("$skip={}", skip + top)));
    let shown = names.map_or_else(String::new, |names| format!("({})", names.join(",")));
    let name = format!("users('{}')/calendarView{shown}", user.id);
    Ok(page(context, &name, None, next_link.as_deref(), None, &value.join(",")))
}

/// Returns the meetings of a day: up to three on a working day, one after the other.
fn events(
    state: &State,
    user: &User,
    day: Date,
) -> Vec<(Timestamp, Timestamp, Map<String, Value>)> {
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return Vec::new();
    }
    let directory = &state.tenant.directory;
    let find = |name: &str| {
        directory.schema.find(name).and_then(|property| user.text(property)).unwrap_or_default()
    };
    let (name, mail) = (find("displayName"), find("mail"));
    let room = state.tenant.bookables().any(|room| room.user == user.id);
    let mut random = Random::stream(state.tenant.seed, &format!("{} {day}", user.id));
    let mut hour = 7 + random.below(3);
    let mut events = Vec::new();
    for number in 0..random.below(4) {
        let length = 1 + random.below(2);
        let organizer =
            if room { colleague(state, &mut random) } else { (name.clone(), mail.clone()) };
        // By default, a room's mailbox replaces the subject with the name of the organizer.
        let subject = if room { organizer.0.as_str() } else { random.pick(SUBJECTS) };
        let at = |hour: usize| {
            let hour = i8::try_from(hour).unwrap_or_default();
            day.at(hour, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).map(|zoned| zoned.timestamp())
        };
        let (Ok(begins), Ok(ends)) = (at(hour), at(hour + length)) else {
            continue;
        };
        let time = |at: Timestamp| {
            let text = at.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string();
            json!({"dateTime": text, "timeZone": "UTC"})
        };
        let id = format!("AAMkAG{}{day}{number}=", user.id.replace('-', "")).replace('-', "");
        let event = json!({
            "@odata.etag": format!("W/\"{:x}\"", random.next()),
            "id": id,
            "createdDateTime": "2024-01-15T08:00:00Z",
            "lastModifiedDateTime": "2024-01-15T08:00:00Z",
            "iCalUId": format!("040000008200E00074C5B7101A82E008{:016X}", random.next()),
            "subject": subject,
            "isAllDay": false,
            "isCancelled": false,
            "isOnlineMeeting": random.percent(60),
            "sensitivity": "normal",
            "showAs": "busy",
            "type": "singleInstance",
            "start": time(begins),
            "end": time(ends),
            "location": {
                "displayName": if room { name.as_str() } else { "" },
                "locationType": "default",
            },
            "organizer": {"emailAddress": {"name": organizer.0, "address": organizer.1}},
            "attendees": [{
                "type": if room { "resource" } else { "required" },
                "status": {"response": "accepted", "time": "2024-01-15T08:00:00Z"},
                "emailAddress": {"name": name, "address": mail},
            }],
        });
        if let Value::Object(event) = event {
            events.push((begins, ends, event));
        }
        hour += length + random.below(2);
    }
    events
}

/// Draws a user who organizes a meeting: name and address.
fn colleague(state: &State, random: &mut Random) -> (String, String) {
    let directory = &state.tenant.directory;
    let users = directory.slots();
    let user = users.get(random.below(users.len()));
    let find = |name: &str| {
        let property = directory.schema.find(name)?;
        user?.text(property)
    };
    (find("displayName").unwrap_or_default(), find("mail").unwrap_or_default())
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "skip" | "format" => {}
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
        .or_else(|_| {
            let local: jiff::civil::DateTime = text.parse()?;
            local.to_zoned_datetime(TimeZone::UTC).map(|zoned| zoned.timestamp())
        })
        .map_err(|_| GraphRefusal::time_window(name, value))
}
