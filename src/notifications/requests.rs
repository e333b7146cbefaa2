//! Requests that make, renew, list and end subscriptions.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/subscription>.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    failure::{explain, is_gone},
    subject::Target,
};
use crate::{
    error::{Error, Explanation},
    graph::{Answer, Graph, LoopGuard, Page},
    host::{Host, Request, rfc3339, unix_seconds},
    model::Subscription,
    permission::CALENDARS,
    secret::Secret,
};

const JSON: &str = "application/json";

/// The host's end of notifications.
#[derive(Debug)]
pub(super) struct Receiver<'a> {
    /// Where notifications are sent.
    pub(super) address: &'a str,
    /// What every notification carries.
    pub(super) secret: Secret,
}

/// Makes a subscription. Where an answer is lost, it is requested again, so that two can exist.
///
/// # Errors
/// Those of [`explain`] and [`Graph::ask`].
pub(super) async fn create<H: Host>(
    graph: &Graph<'_, H>,
    target: &Target,
    receiver: &Receiver<'_>,
) -> Result<Subscription, Error> {
    let (now, end) = life(graph.host(), target);
    let body = json!({
        "changeType": target.change_type(),
        "resource": target.resource,
        "notificationUrl": receiver.address,
        // Cannot be added later.
        "lifecycleNotificationUrl": receiver.address,
        "expirationDateTime": rfc3339(end),
        "clientState": receiver.secret.reveal(),
    });
    let request = Request::post(graph.endpoints().subscriptions(), JSON, bytes(&body))
        // Decides about the ids in notifications for the life of the subscription.
        .header("prefer", "IdType=\"ImmutableId\"");
    match graph.ask(request).await? {
        Answer::Success(response) => {
            let made = response.json();
            let id = made["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| {
                let summary = "Microsoft Graph's answer does not name the subscription it made";
                let explanation = Explanation::new("unreadable-subscription", summary);
                Error::Unexpected(explanation.detail(response.outline()))
            })?;
            Ok(subscription(target, id, now, end, &made))
        }
        Answer::Refused(refusal) => {
            let refusal = graph.without_token(refusal).without(&receiver.secret);
            Err(explain(graph, target, receiver.address, refusal))
        }
    }
}

/// Renews a subscription, which also authorizes it again. Returns `None` where it no longer exists.
///
/// # Errors
/// Those of [`explain`] and [`Graph::ask`].
pub(super) async fn renew<H: Host>(
    graph: &Graph<'_, H>,
    target: &Target,
    held: &Subscription,
    receiver: &Receiver<'_>,
) -> Result<Option<Subscription>, Error> {
    let (now, end) = life(graph.host(), target);
    let body = json!({ "expirationDateTime": rfc3339(end) });
    let request = Request::patch(graph.endpoints().subscription(&held.id), JSON, bytes(&body));
    match graph.ask(request).await? {
        Answer::Success(response) => {
            Ok(Some(subscription(target, &held.id, now, end, &response.json())))
        }
        Answer::Refused(refusal) if is_gone(&refusal) => Ok(None),
        Answer::Refused(refusal) => {
            let refusal = graph.without_token(refusal).without(&receiver.secret);
            Err(explain(graph, target, receiver.address, refusal))
        }
    }
}

/// Ends a subscription. One that no longer exists counts as ended.
///
/// # Errors
/// Those of [`Graph::ask`] and [`GraphError::explain`](crate::graph::GraphError::explain).
pub(super) async fn end<H: Host>(graph: &Graph<'_, H>, id: &str) -> Result<(), Error> {
    let request = Request::delete(graph.endpoints().subscription(id));
    match graph.ask(request).await? {
        Answer::Success(_) => Ok(()),
        Answer::Refused(refusal) if is_gone(&refusal) => Ok(()),
        Answer::Refused(refusal) => Err(graph.explain(refusal, CALENDARS)),
    }
}

/// A subscription of the app, as Graph lists it: without the secret.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) resource: String,
    #[serde(default, rename = "notificationUrl")]
    pub(super) address: String,
}

/// Lists all subscriptions of the app.
///
/// # Errors
/// Those of [`Graph::require`] and [`Page::read`].
pub(super) async fn list<H: Host>(graph: &Graph<'_, H>) -> Result<Vec<Listed>, Error> {
    let mut guard = LoopGuard::default();
    let mut listed = Vec::new();
    let mut next = graph.endpoints().subscriptions();
    loop {
        let response = graph.require(Request::get(next), CALENDARS).await?;
        let page = Page::read(&response)?;
        // One that cannot be read is not one of ours.
        let known = page.value.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok());
        listed.extend(known);
        match &page.next_link {
            Some(link) => {
                guard.follow(link)?;
                next = graph.own_link(link)?;
            }
            None => return Ok(listed),
        }
    }
}

/// Returns when a subscription is made or renewed, and when it is to end.
fn life(host: &impl Host, target: &Target) -> (SystemTime, SystemTime) {
    let now = host.now();
    (now, now + Duration::from_secs(target.life(host.random())))
}

/// Returns the subscription of an answer. Graph can shorten its life.
fn subscription(
    target: &Target,
    id: &str,
    now: SystemTime,
    end: SystemTime,
    answer: &Value,
) -> Subscription {
    let expires = answer["expirationDateTime"].as_str().unwrap_or_default();
    let expires = expires.parse::<jiff::Timestamp>().map(|time| time.as_second());
    Subscription {
        id: id.to_owned(),
        subject: target.subject.clone(),
        renewed: seconds(now),
        expires: expires.unwrap_or_else(|_| seconds(end)),
    }
}

/// Returns the number of seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> i64 {
    i64::try_from(unix_seconds(time)).unwrap_or(i64::MAX)
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}
