//! Many questions in one request.
//!
//! Source: <https://learn.microsoft.com/graph/json-batching>: up to 20 requests, answered in
//! any order, each with a status and throttling of its own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    describe::Permission,
    error::{Error, Explanation},
    graph::{Graph, GraphError, Patience, Pause, retry_after, seconds},
    host::{Host, Request},
};

/// Most requests that Graph takes at once.
const MOST: usize = 20;

/// How often requests that Graph put off, or did not answer, are sent.
const ROUNDS: u32 = 5;

/// The first pause where Graph names none; each further one is twice as long. Before jitter.
const BASE: Duration = Duration::from_secs(1);

/// What became of one request.
#[derive(Debug)]
pub enum Inner {
    /// 2xx: the body.
    Success(Box<RawValue>),
    /// Any other answer but "later".
    Refused(GraphError),
    /// Graph answered the others, but not this one.
    Unanswered,
}

/// One request of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Relative to Graph's version.
    url: String,
    /// Of a POST that changes nothing, as Graph's functions with parameters are.
    body: Option<Value>,
}

impl Question {
    /// A GET of `url`.
    pub fn get(url: String) -> Self {
        Self { url, body: None }
    }

    /// A POST of JSON to `url`.
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

/// Asks all questions, and gives the answers in their order.
///
/// # Errors
/// As [`Graph::require`], and [`Error::Throttled`] where Graph keeps putting some off.
pub async fn ask_all<H: Host>(
    graph: &Graph<'_, H>,
    questions: &[Question],
    needs: Permission,
) -> Result<Vec<Inner>, Error> {
    let mut answers = Vec::with_capacity(questions.len());
    for questions in questions.chunks(MOST) {
        answers.append(&mut ask_some(graph, questions, needs).await?);
    }
    Ok(answers)
}

async fn ask_some<H: Host>(
    graph: &Graph<'_, H>,
    questions: &[Question],
    needs: Permission,
) -> Result<Vec<Inner>, Error> {
    let mut answers: Vec<Inner> = questions.iter().map(|_| Inner::Unanswered).collect();
    let mut open: Vec<usize> = (0..questions.len()).collect();
    let mut waited = Duration::ZERO;
    for round in 0..ROUNDS {
        let mut longest = None;
        let mut throttled = false;
        for (index, answer) in send(graph, questions, &open, needs).await? {
            answers[index] = match answer {
                Sorted::Done(answer) => {
                    open.retain(|it| *it != index);
                    answer
                }
                Sorted::Later { asked, answer } => {
                    longest = longest.max(asked);
                    throttled |= answer.status == 429;
                    Inner::Refused(answer)
                }
            };
        }
        if open.is_empty() {
            break;
        }
        let pause = longest.map_or(Pause::Guessed(BASE * (1 << round)), Pause::Asked);
        let pause = graph.length(pause);
        waited += pause;
        let is_over = waited > Patience::SYNC.waiting() || round + 1 == ROUNDS;
        if is_over && throttled {
            return Err(Error::Throttled(seconds(pause)));
        }
        if is_over {
            // What is still ill is told as unreadable: one must not keep all others waiting.
            break;
        }
        graph.count_again(throttled);
        graph.host().sleep(pause).await;
    }
    Ok(answers)
}

enum Sorted {
    Done(Inner),
    /// To be sent again, after as long as Graph asks for.
    Later {
        asked: Option<Duration>,
        answer: GraphError,
    },
}

async fn send<H: Host>(
    graph: &Graph<'_, H>,
    questions: &[Question],
    open: &[usize],
    needs: Permission,
) -> Result<Vec<(usize, Sorted)>, Error> {
    #[derive(Deserialize)]
    struct Answers {
        responses: Vec<One>,
    }

    #[derive(Deserialize)]
    struct One {
        id: String,
        status: u16,
        #[serde(default)]
        headers: Value,
        body: Option<Box<RawValue>>,
    }

    let requests: Vec<_> =
        open.iter().filter_map(|index| Some(questions.get(*index)?.to_json(*index))).collect();
    let body = json!({ "requests": requests }).to_string().into_bytes();
    let request = Request::post(graph.endpoints().batch(), "application/json", body);
    let response = graph.require(request, needs).await?;
    let answers: Answers = serde_json::from_str(response.text()).map_err(|error| {
        Error::Unexpected(
            Explanation::new("not-a-batch", "Microsoft Graph's answer to a batch cannot be read")
                .detail(format!("line {} column {}", error.line(), error.column())),
        )
    })?;
    let now = graph.host().now();
    let sorted = answers.responses.into_iter().filter_map(|it| {
        let index = it.id.parse().ok().filter(|index| open.contains(index))?;
        let mut headers = it.headers.as_object().into_iter().flatten();
        let asked = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        let asked = asked.and_then(|(_, value)| match value {
            Value::String(text) => retry_after(text, now),
            number => retry_after(&number.to_string(), now),
        });
        let body = it.body.unwrap_or_default();
        let sorted = match it.status {
            200..=299 => Sorted::Done(Inner::Success(body)),
            status => {
                let body = serde_json::from_str(body.get()).unwrap_or_default();
                let answer = graph.discreet(GraphError::read_inner(status, &body));
                match status {
                    429 | 500..=504 => Sorted::Later { asked, answer },
                    _ => Sorted::Done(Inner::Refused(answer)),
                }
            }
        };
        Some((index, sorted))
    });
    Ok(sorted.collect())
}
