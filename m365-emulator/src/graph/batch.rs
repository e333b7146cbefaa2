//! `$batch` (<https://learn.microsoft.com/graph/json-batching>).

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::answer::ok;
use super::refusal::GraphRefusal;
use super::select::Object;
use crate::random::Random;
use crate::wire::{Query, Reply, Request};

const MAX_STEPS: usize = 20;

#[derive(Deserialize)]
struct Body {
    requests: Vec<Step>,
}

/// One request of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) id: String,
    method: String,
    url: String,
    #[serde(default, deserialize_with = "null_as_default")]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) depends_on: Vec<String>,
}

/// Reads null as the default: client libraries write it for members without a value.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Returns whether a request is a batch.
pub(crate) fn is_batch(request: &Request) -> bool {
    request.method == Method::POST
        && !request.inner
        && request.path.trim_end_matches('/').split('/').skip(2).eq(["$batch"])
}

/// Returns the requests of a batch, in an order that their dependencies allow.
pub(crate) fn steps(request: &Request) -> Result<Vec<Step>, GraphRefusal> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|_| GraphRefusal::batch("Invalid batch payload format."))?;
    if body.requests.len() > MAX_STEPS {
        return Err(GraphRefusal::batch_too_long());
    }
    let mut ids = HashSet::new();
    for step in &body.requests {
        if step.id.is_empty() {
            return Err(GraphRefusal::batch("Each batch request needs an id."));
        }
        // Ids are not case-sensitive.
        if !ids.insert(step.id.to_lowercase()) {
            return Err(GraphRefusal::batch(format!(
                "Request Id '{}' has to be unique in a batch.",
                step.id
            )));
        }
        if step.body.is_some()
            && !step.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"))
        {
            return Err(GraphRefusal::batch(format!(
                "Write request id : {} does not contain Content-Type header or body.",
                step.id
            )));
        }
    }
    in_order(body.requests)
}

/// Sorts requests so that each follows those that it depends on.
fn in_order(mut waiting: Vec<Step>) -> Result<Vec<Step>, GraphRefusal> {
    let mut ready: Vec<Step> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let known: HashSet<String> = ready.iter().map(|step| step.id.to_lowercase()).collect();
        let (now, later): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|step| step.depends_on.iter().all(|id| known.contains(&id.to_lowercase())));
        if now.is_empty() {
            return Err(GraphRefusal::batch(
                "Invalid dependency: dependsOn names a request that is not there, or itself.",
            ));
        }
        ready.extend(now);
        waiting = later;
    }
    Ok(ready)
}

impl Step {
    /// Returns the request as if it had come outside the batch, with the token of the batch.
    pub(crate) fn request(&self, batch: &Request, graph: &str) -> Result<Request, GraphRefusal> {
        let method =
            Method::from_bytes(self.method.to_ascii_uppercase().as_bytes()).map_err(|_| {
                GraphRefusal::batch(format!("Invalid method of request '{}'.", self.id))
            })?;
        let version = batch.path.split('/').nth(1).unwrap_or("v1.0");
        // The documents require a relative URL; msgraph-sdk for Python sends an absolute one.
        let url = match self.url.strip_prefix(graph) {
            Some(rest) => rest.to_owned(),
            None if self.url.contains("://") => {
                return Err(GraphRefusal::batch(format!(
                    "The url of request '{}' has to be relative.",
                    self.id
                )));
            }
            None => format!("/{version}/{}", self.url.trim_start_matches('/')),
        };
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
            {
                headers.insert(name, value);
            }
        }
        if let Some(token) = batch.headers.get("authorization") {
            headers.insert("authorization", token.clone());
        }
        Ok(Request {
            method,
            path: path.to_owned(),
            query: Query::parse(query),
            headers,
            body: self.body.as_ref().map(|body| body.get().to_owned().into()).unwrap_or_default(),
            inner: true,
        })
    }

    /// Returns whether all requests that this one depends on are answered.
    pub(crate) fn is_ready(&self, statuses: &HashMap<String, u16>) -> bool {
        self.depends_on.iter().all(|id| statuses.contains_key(&id.to_lowercase()))
    }

    /// Returns whether a request that this one depends on has failed.
    pub(crate) fn is_doomed(&self, statuses: &HashMap<String, u16>) -> bool {
        self.depends_on
            .iter()
            .any(|id| statuses.get(&id.to_lowercase()).is_some_and(|status| *status >= 400))
    }
}

/// Returns the answer to a batch. Microsoft guarantees no order, so the answers are shuffled.
pub(crate) fn answer(mut answers: Vec<(String, Reply)>, random: &mut Random) -> Reply {
    random.shuffle(&mut answers);
    let mut body = String::from("{\"responses\":[");
    for (number, (id, reply)) in answers.iter().enumerate() {
        if number > 0 {
            body.push(',');
        }
        let mut object = Object::open(&mut body);
        object.text("\"id\":", id);
        object.member("\"status\":", &reply.status.as_u16().to_string());
        object.member("\"headers\":", &headers(reply).to_string());
        if !reply.body.is_empty() {
            object.member("\"body\":", &json_body(reply));
        }
        object.close();
    }
    body.push_str("]}");
    ok(body)
}

/// Returns the headers of an answer that a batch contains.
fn headers(reply: &Reply) -> Value {
    let names = [
        "cache-control",
        "content-type",
        "location",
        "odata-version",
        "retry-after",
        "x-ms-resource-unit",
        "www-authenticate",
        "preference-applied",
    ];
    let spellings = [
        "Cache-Control",
        "Content-Type",
        "Location",
        "OData-Version",
        "Retry-After",
        "x-ms-resource-unit",
        "WWW-Authenticate",
        "Preference-Applied",
    ];
    let headers: Map<String, Value> = names
        .iter()
        .zip(spellings)
        .filter_map(|(name, spelling)| {
            let value = reply.headers.get(*name)?.to_str().ok()?;
            Some((spelling.to_owned(), value.into()))
        })
        .collect();
    Value::Object(headers)
}

/// Returns the body of an answer as JSON: JSON as it is, any other body in Base64.
fn json_body(reply: &Reply) -> String {
    let is_json = reply
        .headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let json = serde_json::from_slice::<&RawValue>(&reply.body).ok().filter(|_| is_json);
    match json {
        Some(json) => json.get().to_owned(),
        None => Value::from(STANDARD.encode(&reply.body)).to_string(),
    }
}
