//! JSON batching: up to 20 requests in one, answered in any order, each with its own status and
//! its own throttling.
//!
//! Source: <https://learn.microsoft.com/graph/json-batching>.

use serde_json::{Value, json, value::RawValue};

use super::{Attempts, Graph, GraphError, Trouble, is_passing, retry_after};
use crate::{
    error::{Error, Explanation},
    host::{Host, Request},
    payload::{Json, Members, whole_number},
    permission::Permission,
};

/// Maximum number of requests in one batch.
const LARGEST_BATCH: usize = 20;

/// The answer to one request of a batch.
#[derive(Debug)]
pub enum BatchAnswer {
    /// Status 2xx, with the body.
    Success(Box<RawValue>),
    /// Any other status that a repetition will not change.
    Refused(GraphError),
    /// Graph answered the others, but not this one.
    Unanswered,
}

/// One request of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchRequest {
    /// Address, relative to the version of Graph.
    url: String,
    /// Body of a POST that changes nothing, as Graph's functions with parameters are; `None` in a
    /// GET.
    body: Option<Value>,
}

impl BatchRequest {
    /// Returns a GET of `url`.
    pub fn get(url: String) -> Self {
        Self { url, body: None }
    }

    /// Returns a POST of JSON to `url`.
    pub fn post(url: String, body: Value) -> Self {
        Self { url, body: Some(body) }
    }

    fn to_json(&self, id: usize) -> Value {
        let (id, url) = (id.to_string(), &self.url);
        match &self.body {
            None => json!({"id": id, "method": "GET", "url": url}),
            Some(body) => json!({
                "id": id, "method": "POST", "url": url, "body": body,
                "headers": {"Content-Type": "application/json"},
            }),
        }
    }
}

/// Sends all requests, in as many batches as needed, and returns the answers in their order.
///
/// # Errors
/// Those of [`Graph::require`], and [`Error::Throttled`] where Graph still throttles some of the
/// requests when the time for waiting ends.
pub async fn send_all<H: Host>(
    graph: &Graph<'_, H>,
    requests: &[BatchRequest],
    needs: Permission,
) -> Result<Vec<BatchAnswer>, Error> {
    let mut answers = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(LARGEST_BATCH) {
        answers.append(&mut send_chunk(graph, chunk, needs).await?);
    }
    Ok(answers)
}

async fn send_chunk<H: Host>(
    graph: &Graph<'_, H>,
    requests: &[BatchRequest],
    needs: Permission,
) -> Result<Vec<BatchAnswer>, Error> {
    let mut answers: Vec<BatchAnswer> = requests.iter().map(|_| BatchAnswer::Unanswered).collect();
    let mut open: Vec<usize> = (0..requests.len()).collect();
    // The batch and its requests share the time for waiting: one that always fails must not delay
    // the others for longer than a single request may.
    let mut attempts = graph.attempts();
    loop {
        let mut trouble = Trouble::default();
        for (index, answer) in send(graph, &mut attempts, requests, &open, needs).await? {
            answers[index] = match answer {
                Outcome::Final(answer) => {
                    open.retain(|other| *other != index);
                    answer
                }
                Outcome::Later { delay, answer } => {
                    if delay.throttled || attempts.can_wait(&delay) {
                        trouble.asked = trouble.asked.max(delay.asked);
                        trouble.throttled |= delay.throttled;
                    } else {
                        // Graph asks for a longer pause than the time that is left.
                        open.retain(|other| *other != index);
                    }
                    BatchAnswer::Refused(answer)
                }
            };
        }
        // A request that still fails is reported as unreadable.
        if open.is_empty() || !graph.again(&mut attempts, &trouble).await? {
            return Ok(answers);
        }
    }
}

enum Outcome {
    Final(BatchAnswer),
    /// The request is sent again after the delay.
    Later {
        delay: Trouble,
        answer: GraphError,
    },
}

async fn send<H: Host>(
    graph: &Graph<'_, H>,
    attempts: &mut Attempts,
    requests: &[BatchRequest],
    open: &[usize],
    needs: Permission,
) -> Result<Vec<(usize, Outcome)>, Error> {
    let parts: Vec<_> =
        open.iter().filter_map(|index| Some(requests.get(*index)?.to_json(*index))).collect();
    let body = json!({ "requests": parts }).to_string().into_bytes();
    let request = Request::post(graph.endpoints().batch(), "application/json", body);
    let response = graph.require_within(attempts, request, needs).await?;
    let answers = read_responses(response.text()).map_err(|error| {
        Error::Unexpected(
            Explanation::new(
                "not-a-batch",
                "Microsoft Graph's answer to a batch of requests cannot be read",
            )
            .detail(format!("line {} column {}", error.line(), error.column())),
        )
    })?;
    // An answer that cannot be read counts as missing and does not affect the others.
    let outcomes = answers.into_iter().filter_map(|raw| read_outcome(graph, raw));
    Ok(outcomes.filter(|(index, _)| open.contains(index)).collect())
}

fn read_responses(body: &str) -> Result<Vec<&RawValue>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Answers<'a> {
        #[serde(borrow)]
        responses: Option<Vec<&'a RawValue>>,
    }

    let answers: Answers<'_> = serde_json::from_str(body)?;
    Ok(answers.responses.unwrap_or_default())
}

/// Returns the index of the request, and what to do about its answer.
fn read_outcome<H: Host>(graph: &Graph<'_, H>, raw: &RawValue) -> Option<(usize, Outcome)> {
    let part = Members::split(raw);
    let number = |name| whole_number(&Json::read(part.get(name)?));
    let value = |name| -> Value {
        part.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    };
    let index = usize::try_from(number("id")?).ok()?;
    let status = u16::try_from(number("status")?).ok()?;
    if (200..300).contains(&status) {
        let body = part.get("body").map(|raw| (*raw).to_owned()).unwrap_or_default();
        return Some((index, Outcome::Final(BatchAnswer::Success(body))));
    }
    let answer = graph.without_token(GraphError::read_inner(status, &value("body")));
    if !is_passing(status, || answer.code.clone()) {
        return Some((index, Outcome::Final(BatchAnswer::Refused(answer))));
    }
    let headers = value("headers");
    let mut headers = headers.as_object().into_iter().flatten();
    let asked = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    let now = graph.host().now();
    let asked = asked.and_then(|(_, value)| match value {
        Value::String(text) => retry_after(text, now),
        number => retry_after(&number.to_string(), now),
    });
    let delay = Trouble { asked, throttled: status == 429 };
    Some((index, Outcome::Later { delay, answer }))
}
