//! Notifications: subscriptions, and what a notification says.

mod ending;
mod failures;
mod handle;
mod watch;

use futures_executor::block_on;
use http::Method;
use serde_json::{Value, json};

use super::script::{Asked, BEGIN, GRAPH, Reply, Script, nothing, ok, settings};
use crate::{
    error::Error,
    model::{Subscription, WatchRequest, WatchResult, WatchSubject},
    notifications::{self, Wanted},
    secret::Secret,
};

pub(super) const ADDRESS: &str = "https://ones.example/notifications/7";
pub(super) const SECRET: &str = "k3fJx0Qm81";
const LIST: &str = "/v1.0/subscriptions";
const DAY: i64 = 24 * 3600;

/// Returns the time of a script's clock, in seconds since 1970.
fn now() -> i64 {
    i64::try_from(BEGIN.as_secs()).expect("a time")
}

fn subject(room: &str) -> WatchSubject {
    WatchSubject::Room(room.to_owned())
}

/// Returns requests for rooms with these ids, at `{id}@contoso.com`.
fn rooms<const N: usize>(ids: [&str; N]) -> Vec<WatchRequest> {
    let email = |room| Some(format!("{room}@contoso.com"));
    ids.map(|room| WatchRequest { subject: subject(room), email: email(room) }).into()
}

/// Returns a subscription to a room that was renewed and expires this number of days from now.
fn held(id: &str, room: &str, renewed: i64, expires: i64) -> Subscription {
    Subscription {
        id: id.to_owned(),
        subject: subject(room),
        renewed: now() + renewed * DAY,
        expires: now() + expires * DAY,
    }
}

fn wanted(subjects: Vec<WatchRequest>, held: Vec<Subscription>) -> Wanted {
    let (address, secret) = (ADDRESS.to_owned(), Secret::new(SECRET));
    Wanted { subjects, address, secret, held, sweep: false }
}

fn watch<F: Fn(&Asked) -> Reply>(
    script: &Script<F>,
    wanted: &Wanted,
) -> Result<Vec<WatchResult>, Error> {
    block_on(notifications::watch(script, &settings(json!({})), wanted))
}

/// Returns the record of a room.
fn record<'a>(results: &'a [WatchResult], room: &str) -> &'a WatchResult {
    results.iter().find(|result| result.subject == subject(room)).expect("a record")
}

/// Returns the id of the subscription to each room, in their order, and whether it is new.
fn ids<const N: usize>(results: &[WatchResult], rooms: [&str; N]) -> [(String, bool); N] {
    rooms.map(|room| {
        let result = record(results, room);
        (result.subscription.as_ref().expect("a subscription").id.clone(), result.is_new)
    })
}

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).expect("JSON")
}

/// Answers as Graph does: makes the subscription `new-{room}` for a room, renews and ends all.
fn graph(asked: &Asked) -> Reply {
    match (&asked.method, asked.path.as_str()) {
        (&Method::POST, LIST) => created(asked),
        (&Method::GET, LIST) => ok(json!({"value": []})),
        (&Method::PATCH, path) if path.starts_with(LIST) => {
            ok(json!({"id": "renewed", "expirationDateTime": body(asked)["expirationDateTime"]}))
        }
        (&Method::DELETE, path) if path.starts_with(LIST) => {
            Reply::Raw(204, Vec::new(), String::new())
        }
        _ => nothing(),
    }
}

/// Returns the answer to a request for a subscription.
fn created(asked: &Asked) -> Reply {
    let mut body = body(asked);
    let resource = body["resource"].as_str().expect("a resource").to_owned();
    let name = resource.trim_start_matches("users/").trim_end_matches("@contoso.com/events");
    body["id"] = format!("new-{name}").into();
    Reply::Json(201, body)
}

/// Returns a page of subscriptions, each an id, a resource and an address, and a link to the next.
fn listed(subscriptions: &[(&str, &str, &str)], next: Option<&str>) -> Reply {
    let value = subscriptions.iter().map(|(id, resource, address)| {
        json!({"id": id, "resource": resource, "notificationUrl": address, "clientState": null})
    });
    let mut page = json!({"value": value.collect::<Vec<_>>()});
    if let Some(next) = next {
        page["@odata.nextLink"] = format!("{GRAPH}{LIST}?$skiptoken={next}").into();
    }
    ok(page)
}

/// Returns method and path of each request, without those for tokens, sorted.
fn requests<F: Fn(&Asked) -> Reply>(script: &Script<F>) -> Vec<String> {
    let asked = script.asked.borrow();
    let requests = asked.iter().filter(|asked| !asked.path.ends_with("/token"));
    let mut requests: Vec<_> =
        requests.map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    requests.sort();
    requests
}
