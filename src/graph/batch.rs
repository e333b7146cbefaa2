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

/// Number of requests of a batch that a mailbox takes at a time.
///
/// Source: <https://learn.microsoft.com/graph/throttling-limits>, Outlook service limits.
const AT_A_TIME: usize = 4;

/// Status of a request whose dependency failed.
const FAILED_DEPENDENCY: u16 = 424;

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
    /// Value of the header `Prefer`: the one of the batch does not reach its requests.
    prefer: Option<String>,
}

impl BatchRequest {
    /// Returns a GET of `url`.
    pub fn get(url: String) -> Self {
        Self { url, body: None, prefer: None }
    }

    /// Returns a POST of JSON to `url`.
    pub fn post(url: String, body: Value) -> Self {
        Self { url, body: Some(body), prefer: None }
    }

    /// Adds the header `Prefer`.
    pub fn prefer(self, prefer: String) -> Self {
        Self { prefer: Some(prefer), ..self }
    }

    /// Returns the request under an id. It is sent after the request `after`, where there is one.
    fn to_json(&self, id: usize, after: Option<usize>) -> Value {
        let (id, url) = (id.to_string(), &self.url);
        let mut request = match &self.body {
            None => json!({"id": id, "method": "GET", "url": url}),
            Some(body) => json!({
                "id": id, "method": "POST", "url": url, "body": body,
                "headers": {"Content-Type": "application/json"},
            }),
        };
        if let Some(prefer) = &self.prefer {
            request["headers"]["Prefer"] = prefer.as_str().into();
        }
        if let Some(after) = after {
            request["dependsOn"] = json!([after.to_string()]);
        }
        request
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
    send_chunks(graph, requests, needs, Order::Any).await
}

/// Does the same as [`send_all`] with requests to one mailbox, which takes four at a time: each
/// waits for another one (`dependsOn`).
///
/// # Errors
/// Those of [`send_all`].
pub async fn send_to_mailbox<H: Host>(
    graph: &Graph<'_, H>,
    requests: &[BatchRequest],
    needs: Permission,
) -> Result<Vec<BatchAnswer>, Error> {
    send_chunks(graph, requests, needs, Order::Chains).await
}

/// The order in which Graph sends the requests of a batch to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Any,
    /// [`AT_A_TIME`] chains, in which each request waits for the one before it.
    Chains,
}

async fn send_chunks<H: Host>(
    graph: &Graph<'_, H>,
    requests: &[BatchRequest],
    needs: Permission,
    order: Order,
) -> Result<Vec<BatchAnswer>, Error> {
    let mut answers = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(LARGEST_BATCH) {
        answers.append(&mut send_chunk(graph, chunk, needs, order).await?);
    }
    Ok(answers)
}

async fn send_chunk<H: Host>(
    graph: &Graph<'_, H>,
    requests: &[BatchRequest],
    needs: Permission,
    order: Order,
) -> Result<Vec<BatchAnswer>, Error> {
    let mut answers: Vec<BatchAnswer> = requests.iter().map(|_| BatchAnswer::Unanswered).collect();
    let mut open: Vec<usize> = (0..requests.len()).collect();
    // The batch and its requests share the time for waiting: one that always fails must not delay
    // the others for longer than a single request may.
    let mut attempts = graph.attempts();
    loop {
        let mut trouble = Trouble::default();
        let before = open.len();
        let (mut held_back, mut failed) = (false, false);
        for (index, answer) in send(graph, &mut attempts, (requests, &open), needs, order).await? {
            answers[index] = match answer {
                Outcome::HeldBack => {
                    held_back = true;
                    BatchAnswer::Unanswered
                }
                Outcome::Final(answer) => {
                    open.retain(|other| *other != index);
                    answer
                }
                Outcome::Later { delay, answer } => {
                    failed = true;
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
        // Each batch answers at least the first request of each chain, so this ends.
        if held_back && !failed && open.len() < before {
            continue;
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
    /// Graph did not send the request, since the one that it waited for failed.
    HeldBack,
}

async fn send<H: Host>(
    graph: &Graph<'_, H>,
    attempts: &mut Attempts,
    (requests, open): (&[BatchRequest], &[usize]),
    needs: Permission,
    order: Order,
) -> Result<Vec<(usize, Outcome)>, Error> {
    let after = |place: usize| match order {
        Order::Any => None,
        Order::Chains => place.checked_sub(AT_A_TIME).and_then(|place| open.get(place).copied()),
    };
    let open_requests = open.iter().enumerate();
    let parts: Vec<_> = open_requests
        .filter_map(|(place, index)| Some(requests.get(*index)?.to_json(*index, after(place))))
        .collect();
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
    if status == FAILED_DEPENDENCY {
        return Some((index, Outcome::HeldBack));
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
