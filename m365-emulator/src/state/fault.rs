//! What goes wrong on purpose.

use std::collections::BTreeMap;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::entra::id_token_fault::IdTokenFault;
use crate::entra::token_fault::TokenFault;
use crate::error::ControlError;
use crate::wire::{Delivery, Reply, Request};

/// A fault: which requests it concerns, and what happens to them. Of several that match a request, the
/// first happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Which requests. Without conditions: all of them, the requests inside a `$batch` included.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Lets so many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// Happens so many times; none is for ever. Once where it is not given.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What happens.
    pub then: Then,
}

/// Conditions that all have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// The method, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Part of the decoded path, e.g. `/v1.0/users/delta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Part of the decoded query, e.g. `$skiptoken=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whether the request has to come inside a `$batch` (true) or alone (false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<bool>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Then {
    /// Is answered so, and never reaches the tenant.
    Answer {
        /// HTTP status, from 200 to 599.
        status: u16,
        /// Headers, `Content-Type` too. Without one, JSON bodies get their type.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A text is sent as it is, anything else as JSON. None is an empty body.
        #[serde(default)]
        body: Option<Value>,
    },
    /// Is refused by Graph, with its words for a status.
    Fail {
        /// HTTP status, from 400 to 599.
        status: u16,
        /// Value of `Retry-After`, of any form. None sends no such header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Is refused with `Directory_ExpiredPageToken`. Concerns only requests with a `$skiptoken`.
    ExpiredPageToken {},
    /// Is refused by Entra with the words of this refusal. Concerns only requests to the token endpoint.
    Token(TokenFault),
    /// Is not answered: the connection closes.
    Close {},
    /// Is answered in part.
    Truncate {
        /// How many bytes of the body arrive; half of them where it is not given.
        #[serde(default)]
        after: Option<usize>,
        /// Whether `Content-Length` is that of what arrives: the answer looks complete then, and is no JSON.
        /// Otherwise it promises the whole, and the connection closes early.
        #[serde(default)]
        clean: bool,
    },
    /// The ID token in the answer is not as it should be. Concerns only requests that redeem a code.
    IdToken(IdTokenFault),
    /// Is answered late.
    Delay {
        /// How late.
        milliseconds: u64,
    },
    /// Is answered when the faults are replaced or cleared, and not before.
    Hold {},
    /// Is answered with these members changed.
    Rewrite(Vec<Edit>),
}

/// One change to the JSON of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// Where: a JSON Pointer (RFC 6901), e.g. `/@odata.nextLink` or `/value/3/displayName`. What it names need
    /// not be there yet, its parent must.
    pub pointer: String,
    /// What to put there. In texts, `{self}` stands for the URL of the request and `{graph}` for the origin of
    /// Graph. None removes what is there.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Keeps `null` apart from nothing.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[expect(clippy::unnecessary_wraps, reason = "serde's default has the type of the field")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// A fault that happens once, to the next request whose path contains this.
    #[must_use]
    pub fn once(path: &str, then: Then) -> Self {
        let matching = Match { path: Some(path.to_owned()), ..Match::default() };
        Self { matching, skip: 0, times: Some(1), then }
    }

    /// The same, but to so many requests; for ever where there is no number.
    #[must_use]
    pub fn times(mut self, times: impl Into<Option<u32>>) -> Self {
        self.times = times.into();
        self
    }

    /// The same, but only after so many matching requests.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// The same, but only where the decoded query contains this.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.matching.query = Some(query.to_owned());
        self
    }

    /// The same, but only inside a `$batch`.
    #[must_use]
    pub fn inside_batch(mut self) -> Self {
        self.matching.inner = Some(true);
        self
    }

    fn check(&self) -> Result<(), ControlError> {
        let wrong = match &self.then {
            Then::Fail { status, .. } if !(400..600).contains(status) => {
                Some(format!("status {status} is no failure"))
            }
            Then::Fail { retry_after: Some(value), .. }
                if http::HeaderValue::from_str(value).is_err() =>
            {
                Some("HTTP does not allow this value of `Retry-After`".to_owned())
            }
            Then::Answer { status, .. } if !(200..600).contains(status) => {
                Some(format!("status {status} is no answer"))
            }
            Then::Answer { headers, .. } => headers
                .iter()
                .find(|(name, value)| {
                    http::HeaderName::from_bytes(name.as_bytes()).is_err()
                        || http::HeaderValue::from_str(value).is_err()
                })
                .map(|(name, _)| format!("HTTP does not allow the header `{name}`")),
            Then::Rewrite(edits) => edits
                .iter()
                .find(|edit| !edit.pointer.starts_with('/'))
                .map(|edit| format!("`{}` is no JSON Pointer to a member", edit.pointer)),
            _ => None,
        };
        wrong.map_or(Ok(()), |wrong| Err(ControlError::Invalid(wrong)))
    }
}

impl Then {
    /// A refusal of Graph with this status.
    #[must_use]
    pub fn fail(status: u16) -> Self {
        Self::Fail { status, retry_after: None }
    }

    /// A refusal of Graph because of too many requests, with this `Retry-After`.
    #[must_use]
    pub fn throttled(retry_after: &str) -> Self {
        Self::Fail { status: 429, retry_after: Some(retry_after.to_owned()) }
    }

    fn concerns(&self, request: &Request) -> bool {
        match self {
            Self::IdToken(_) => request.form().get("grant_type") == Some("authorization_code"),
            Self::Token(_) => request.path.ends_with("/oauth2/v2.0/token"),
            Self::ExpiredPageToken {} => request.query.option("skiptoken").is_some(),
            _ => true,
        }
    }
}

impl Match {
    fn fits(&self, request: &Request) -> bool {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        self.method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && self.path.as_ref().is_none_or(|path| decoded(&request.path).contains(path))
            && self.query.as_ref().is_none_or(|query| decoded(&request.query.raw).contains(query))
            && self.inner.is_none_or(|inner| inner == request.inner)
    }
}

/// The faults that are set, with what is left of each.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    /// Sees every replacement.
    replaced: watch::Sender<()>,
}

impl Faults {
    pub(crate) fn set(&mut self, faults: Vec<Fault>) -> Result<(), ControlError> {
        faults.iter().try_for_each(Fault::check)?;
        self.faults = faults;
        self.replaced.send_replace(());
        Ok(())
    }

    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), ControlError> {
        fault.check()?;
        self.faults.push(fault);
        Ok(())
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.faults
    }

    /// For whoever waits until the faults are replaced.
    pub(crate) fn replaced(&self) -> watch::Receiver<()> {
        self.replaced.subscribe()
    }

    /// What happens to this request, counted.
    pub(crate) fn strike(&mut self, request: &Request) -> Option<Then> {
        for fault in &mut self.faults {
            if fault.times == Some(0)
                || !fault.matching.fits(request)
                || !fault.then.concerns(request)
            {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.then.clone());
        }
        None
    }
}

/// The answer that a fault gives on its own.
pub(crate) fn made_up(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: Option<&Value>,
) -> Reply {
    let mut reply =
        Reply::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    match body {
        None => {}
        Some(Value::String(text)) => reply.body = text.clone().into_bytes(),
        Some(json) => {
            reply.set("content-type", "application/json");
            reply.body = json.to_string().into_bytes();
        }
    }
    for (name, value) in headers {
        reply.set(name, value);
    }
    reply
}

/// Cuts an answer short.
pub(crate) fn truncate(mut reply: Reply, after: Option<usize>, clean: bool) -> Reply {
    let after = after.unwrap_or(reply.body.len() / 2).min(reply.body.len());
    if clean {
        reply.body.truncate(after);
    } else {
        reply.delivery = Delivery::CutAfter(after);
    }
    reply
}

/// Changes members of an answer. One that is no JSON stays as it is.
pub(crate) fn rewrite(mut reply: Reply, edits: &[Edit], url: &str, graph: &str) -> Reply {
    if let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) {
        for edit in edits {
            apply(&mut json, edit, url, graph);
        }
        reply.body = json.to_string().into_bytes();
    }
    reply
}

fn apply(json: &mut Value, edit: &Edit, url: &str, graph: &str) {
    let value = edit.value.clone().map(|value| match value {
        Value::String(text) => Value::from(text.replace("{self}", url).replace("{graph}", graph)),
        other => other,
    });
    let Some((parent, name)) = edit.pointer.rsplit_once('/') else {
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    match json.pointer_mut(parent) {
        Some(Value::Object(members)) => match value {
            Some(value) => drop(members.insert(name, value)),
            None => drop(members.shift_remove(&name)),
        },
        Some(Value::Array(elements)) => {
            let at = name.parse::<usize>().ok().filter(|at| *at < elements.len());
            match (at, value) {
                (Some(at), Some(value)) => elements[at] = value,
                (Some(at), None) => drop(elements.remove(at)),
                (None, _) => {}
            }
        }
        _ => {}
    }
}
