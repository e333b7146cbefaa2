//! Many questions in one request.
//!
//! Source: <https://learn.microsoft.com/graph/json-batching>: up to 20 requests, answered in
//! any order, each with a status and throttling of its own.

use serde_json::{Value, json, value::RawValue};

use super::{Attempts, Graph, GraphError, Trouble, is_passing, retry_after};
use crate::{
    error::{Error, Explanation},
    host::{Host, Request},
    payload::{members, whole},
    permission::Permission,
};

/// Most requests that Graph takes at once.
const MOST: usize = 20;

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
    // The batch and its parts share the time for waiting: a part that always fails must not delay
    // the others for longer than one request may.
    let mut attempts = graph.attempts();
    loop {
        let mut trouble = Trouble::default();
        for (index, answer) in send(graph, &mut attempts, questions, &open, needs).await? {
            answers[index] = match answer {
                Sorted::Done(answer) => {
                    open.retain(|it| *it != index);
                    answer
                }
                Sorted::Later { part, answer } => {
                    if part.throttled || attempts.can_wait(&part) {
                        trouble.asked = trouble.asked.max(part.asked);
                        trouble.throttled |= part.throttled;
                    } else {
                        // Not before then, and that is too late for this run.
                        open.retain(|it| *it != index);
                    }
                    Inner::Refused(answer)
                }
            };
        }
        // A part that still fails then is reported as unreadable.
        if open.is_empty() || !graph.again(&mut attempts, &trouble).await? {
            return Ok(answers);
        }
    }
}

enum Sorted {
    Done(Inner),
    /// To be sent again.
    Later {
        part: Trouble,
        answer: GraphError,
    },
}

async fn send<H: Host>(
    graph: &Graph<'_, H>,
    attempts: &mut Attempts,
    questions: &[Question],
    open: &[usize],
    needs: Permission,
) -> Result<Vec<(usize, Sorted)>, Error> {
    let requests: Vec<_> =
        open.iter().filter_map(|index| Some(questions.get(*index)?.to_json(*index))).collect();
    let body = json!({ "requests": requests }).to_string().into_bytes();
    let request = Request::post(graph.endpoints().batch(), "application/json", body);
    let response = graph.require_within(attempts, request, needs).await?;
    let answers = parts(response.text()).map_err(|error| {
        Error::Unexpected(
            Explanation::new("not-a-batch", "Microsoft Graph's answer to a batch cannot be read")
                .detail(format!("line {} column {}", error.line(), error.column())),
        )
    })?;
    // A part that cannot be read spoils no other: it counts as not answered.
    let sorted = answers.into_iter().filter_map(|raw| sort(graph, raw));
    Ok(sorted.filter(|(index, _)| open.contains(index)).collect())
}

fn parts(body: &str) -> Result<Vec<&RawValue>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Answers<'a> {
        #[serde(borrow)]
        responses: Option<Vec<&'a RawValue>>,
    }

    let answers: Answers<'_> = serde_json::from_str(body)?;
    Ok(answers.responses.unwrap_or_default())
}

/// The number of the question, and what is to be done about its answer.
fn sort<H: Host>(graph: &Graph<'_, H>, raw: &RawValue) -> Option<(usize, Sorted)> {
    let part = members(raw);
    let index = usize::try_from(whole(&part.value("id"))?).ok()?;
    let status = u16::try_from(whole(&part.value("status"))?).ok()?;
    if (200..300).contains(&status) {
        let body = part.get("body").map(RawValue::to_owned).unwrap_or_default();
        return Some((index, Sorted::Done(Inner::Success(body))));
    }
    let answer = graph.discreet(GraphError::read_inner(status, &part.value("body")));
    if !is_passing(status, || answer.code.clone()) {
        return Some((index, Sorted::Done(Inner::Refused(answer))));
    }
    let headers = part.value("headers");
    let mut headers = headers.as_object().into_iter().flatten();
    let asked = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    let now = graph.host().now();
    let asked = asked.and_then(|(_, value)| match value {
        Value::String(text) => retry_after(text, now),
        number => retry_after(&number.to_string(), now),
    });
    let part = Trouble { asked, throttled: status == 429 };
    Some((index, Sorted::Later { part, answer }))
}
