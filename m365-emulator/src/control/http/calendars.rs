//! The paths of the admin API for calendars and meetings.

use ::http::{Method, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Control;
use super::{Refusal, body, done, ok};
use crate::error::ControlError;
use crate::tenant::calendar::values::Response;
use crate::wire::{Reply, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    #[serde(default)]
    now: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Occurrence {
    #[serde(default)]
    date: Option<Date>,
    #[serde(default)]
    unreported: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    meeting: String,
    response: Response,
    #[serde(default)]
    date: Option<Date>,
    #[serde(default)]
    keep: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    hold: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    #[serde(default)]
    room: Option<String>,
    #[serde(default)]
    step: Step,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Step {
    Arrive,
    #[default]
    Answer,
}

pub(super) fn clock(control: &Control, request: &Request) -> Result<Reply, Refusal> {
    match request.method {
        Method::GET => {}
        Method::PUT => control.set_now(body::<Clock>(request)?.now),
        _ => return Err(Refusal::NoSuchPath),
    }
    ok(&json!({"now": control.now()}))
}

pub(super) fn calendars(
    control: &Control,
    request: &Request,
    path: &[&str],
) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, [mailbox]) => contents(control, request, mailbox),
        (&Method::GET, [mailbox, "policy"]) => ok(&control.policy(mailbox)?),
        (&Method::PATCH, [mailbox, "policy"]) => {
            let mut policy = serde_json::to_value(control.policy(mailbox)?)?;
            if let Some(policy) = policy.as_object_mut() {
                policy.extend(body::<Map<String, Value>>(request)?);
            }
            control.set_policy(mailbox, &serde_json::from_value(policy)?)?;
            ok(&control.policy(mailbox)?)
        }
        (&Method::POST, [mailbox, "answers"]) => {
            let Answered { meeting, response, date, keep } = body(request)?;
            done(control.answer_meeting(mailbox, &meeting, response, date, keep))
        }
        (&Method::PATCH, [mailbox, "events", meeting]) => {
            let (date, revision) = dated(request)?;
            let revision = serde_json::from_value(revision)?;
            done(control.revise_copy(mailbox, meeting, date, &revision))
        }
        (&Method::DELETE, [mailbox, "events", meeting]) => {
            let date = date_option(request)?;
            done(control.delete_copy(mailbox, meeting, date, unreported(request)))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

pub(super) fn meetings(
    control: &Control,
    request: &Request,
    path: &[&str],
) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::POST, []) => {
            let booked = serde_json::to_value(control.book(&body(request)?)?)?;
            Ok(Reply::json(StatusCode::CREATED, &booked))
        }
        (&Method::GET, [id]) => ok(&control.meeting(id)?),
        (&Method::PATCH, [id]) => ok(&control.revise_meeting(id, None, &body(request)?)?),
        (&Method::PATCH, [id, "occurrences", day]) => {
            ok(&control.revise_meeting(id, Some(date(day)?), &body(request)?)?)
        }
        (&Method::DELETE, [id]) => done(control.delete_meeting(id, None, unreported(request))),
        (&Method::DELETE, [id, "occurrences", day]) => {
            done(control.delete_meeting(id, Some(date(day)?), unreported(request)))
        }
        (&Method::POST, [id, "cancel"]) => {
            let Occurrence { date, unreported } = body(request)?;
            done(control.cancel_meeting(id, date, unreported))
        }
        (&Method::POST, [id, "split"]) => {
            let mut revision: Map<String, Value> = body(request)?;
            let from = revision.remove("from").unwrap_or_default();
            let from = date(from.as_str().unwrap_or_default())?;
            let revision = serde_json::from_value(revision.into())?;
            let booked = serde_json::to_value(control.split_series(id, from, &revision)?)?;
            Ok(Reply::json(StatusCode::CREATED, &booked))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

pub(super) fn deliveries(control: &Control, request: &Request) -> Result<Reply, Refusal> {
    match request.method {
        Method::GET => ok(&json!({"waiting": control.waiting_deliveries()})),
        Method::PUT => {
            control.hold_deliveries(body::<Holding>(request)?.hold);
            done(Ok(()))
        }
        Method::POST => {
            let Delivery { room, step } = body(request)?;
            let delivered = control.deliver(room.as_deref(), step == Step::Arrive)?;
            ok(&json!({"delivered": delivered}))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

/// Returns the events of a mailbox in a window, which is required.
fn contents(control: &Control, request: &Request, mailbox: &str) -> Result<Reply, Refusal> {
    let instant = |option: &str| match request.query.option(option) {
        None => Err(ControlError::Invalid(format!(
            "the window needs '{option}', such as 2027-05-11T00:00:00Z"
        ))),
        Some(given) => given
            .parse::<Timestamp>()
            .map_err(|_| ControlError::Invalid(format!("`{given}` is no instant"))),
    };
    let events = control.calendar(mailbox, instant("from")?, instant("to")?)?;
    ok(&json!({
        "mailbox": mailbox,
        "timeZone": control.time_zone(mailbox)?,
        "value": events,
    }))
}

/// Returns the body of a change of one copy: the day of the occurrence, and the rest.
fn dated(request: &Request) -> Result<(Option<Date>, Value), Refusal> {
    let mut members: Map<String, Value> = body(request)?;
    let day = match members.remove("date") {
        None | Some(Value::Null) => None,
        Some(day) => Some(date(day.as_str().unwrap_or_default())?),
    };
    Ok((day, members.into()))
}

fn date_option(request: &Request) -> Result<Option<Date>, Refusal> {
    Ok(request.query.option("date").map(date).transpose()?)
}

fn date(text: &str) -> Result<Date, ControlError> {
    text.parse().map_err(|_| ControlError::Invalid(format!("`{text}` is no date")))
}

fn unreported(request: &Request) -> bool {
    request.query.option("unreported") == Some("true")
}
