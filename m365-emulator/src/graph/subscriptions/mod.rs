//! `/subscriptions` (<https://learn.microsoft.com/graph/api/resources/subscription>).

mod create;
mod shown;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::create::{create, draft};
use super::answer::{Context, entity, page};
use super::refusal::GraphRefusal;
use crate::state::State;
use crate::state::subscriptions::Target;
use crate::wire::{Reply, Request};

/// Longest life of a subscription to events, in minutes. Microsoft documents 10,080; its service
/// refuses more than this.
const LONGEST_OF_EVENTS: i64 = 10_070;

/// Longest life of a subscription to users or groups, in minutes.
const LONGEST_OF_DIRECTORY: i64 = 41_760;

/// Returns whether a request makes a subscription, which takes a test of its address.
pub(crate) fn is_creation(request: &Request) -> bool {
    request.method == Method::POST
        && matches!(
            request.segments().iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["v1.0" | "beta", "subscriptions"]
        )
}

/// Answers a request below `/subscriptions` that makes none.
pub(super) fn route(
    state: &mut State,
    context: &Context,
    path: &[&str],
    request: &Request,
) -> Option<Result<Reply, GraphRefusal>> {
    let ["subscriptions", rest @ ..] = path else { return None };
    // What has expired is not there any more.
    state.notify();
    Some(match (&request.method, rest) {
        (&Method::GET, []) => list(state, context, request),
        (&Method::GET, [id]) => match state.subscriptions.find(id) {
            Some(found) => {
                let body = Value::Object(shown::listed(state, found)).to_string();
                Ok(entity(context, "subscriptions", body))
            }
            None => Err(GraphRefusal::no_subscription(id)),
        },
        (&Method::PATCH, [id]) => renew(state, context, id, request),
        (&Method::DELETE, [id]) => match state.unsubscribe(id) {
            true => Ok(Reply::new(StatusCode::NO_CONTENT)),
            false => Err(GraphRefusal::no_subscription(id)),
        },
        (&Method::POST, [id, "reauthorize"]) => match state.subscriptions.find_mut(id) {
            Some(found) => {
                found.is_paused = false;
                Ok(Reply::new(StatusCode::NO_CONTENT))
            }
            None => Err(GraphRefusal::no_subscription(id)),
        },
        (_, [_, segment, ..]) => Err(GraphRefusal::no_segment(segment)),
        _ => Err(GraphRefusal::method()),
    })
}

fn list(state: &State, context: &Context, request: &Request) -> Result<Reply, GraphRefusal> {
    let behind = request.query.option("skiptoken");
    let all = state.subscriptions.list();
    let start = match behind {
        None => 0,
        Some(id) => {
            let at = all.iter().position(|subscription| subscription.id == id);
            at.map(|at| at + 1).ok_or_else(GraphRefusal::page_token_malformed)?
        }
    };
    let size = state.settings.notifications.subscriptions_per_page.max(1);
    let shown = &all[start..all.len().min(start + size)];
    let next_link = match shown.last() {
        Some(last) if all.len() > start + size => {
            Some(context.link("subscriptions", "", &format!("$skiptoken={}", last.id)))
        }
        _ => None,
    };
    let value: Vec<String> = shown
        .iter()
        .map(|subscription| Value::Object(shown::listed(state, subscription)).to_string())
        .collect();
    Ok(page(context, "subscriptions", None, next_link.as_deref(), None, &value.join(",")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Renewal {
    expiration_date_time: String,
}

/// Sets when a subscription expires, which also authorizes it again.
fn renew(
    state: &mut State,
    context: &Context,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let renewal: Renewal = serde_json::from_slice(&request.body)
        .map_err(|error| GraphRefusal::body(&error.to_string()))?;
    let target = match state.subscriptions.find(id) {
        Some(found) => found.target.clone(),
        None => return Err(GraphRefusal::no_subscription(id)),
    };
    let expires = expiry(state, "Update", &target, &renewal.expiration_date_time)?;
    if let Some(found) = state.subscriptions.find_mut(id) {
        found.expires = expires;
        found.is_paused = false;
    }
    let found = state.subscriptions.find(id).ok_or_else(|| GraphRefusal::no_subscription(id))?;
    let body = Value::Object(shown::listed(state, found)).to_string();
    Ok(entity(context, "subscriptions", body))
}

/// Reads when a subscription is to expire, by the clock of the calendars.
fn expiry(
    state: &State,
    operation: &str,
    target: &Target,
    given: &str,
) -> Result<Timestamp, GraphRefusal> {
    let expires = given
        .parse::<Timestamp>()
        .map_err(|_| GraphRefusal::body("'expirationDateTime' is no time."))?;
    let longest = match target {
        Target::Events(_) => LONGEST_OF_EVENTS,
        Target::Users | Target::Groups => LONGEST_OF_DIRECTORY,
    };
    let left = expires.duration_since(state.tenant.calendars.clock.now());
    if left.is_zero() || left.is_negative() {
        return Err(GraphRefusal::expiry_in_the_past());
    }
    if left > jiff::SignedDuration::from_mins(longest) {
        return Err(GraphRefusal::expiry_too_far(operation, longest));
    }
    Ok(expires)
}
