//! Many reads in one request.
//!
//! Source: <https://learn.microsoft.com/graph/json-batching>: up to 20 requests, answered in
//! any order, each with a status and throttling of its own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    describe::Permission,
    error::{Error, Explanation},
    graph::{Graph, GraphError, Patience, retry_after},
    host::{Host, Request},
};

/// Most requests that Graph takes at once.
const MOST: usize = 20;

/// How often requests that Graph put off are sent again.
const ROUNDS: u32 = 5;

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

/// Sends GETs of `urls`, relative to Graph's version, and gives the answers in their order.
///
/// # Errors
/// As [`Graph::require`], and [`Error::Throttled`] where Graph keeps putting some off.
pub async fn get_all<H: Host>(
    graph: &Graph<'_, H>,
    urls: &[String],
    needs: Permission,
) -> Result<Vec<Inner>, Error> {
    let mut answers = Vec::with_capacity(urls.len());
    for urls in urls.chunks(MOST) {
        answers.append(&mut get_some(graph, urls, needs).await?);
    }
    Ok(answers)
}

async fn get_some<H: Host>(
    graph: &Graph<'_, H>,
    urls: &[String],
    needs: Permission,
) -> Result<Vec<Inner>, Error> {
    let mut answers: Vec<Inner> = urls.iter().map(|_| Inner::Unanswered).collect();
    let mut open: Vec<usize> = (0..urls.len()).collect();
    let mut waited = Duration::ZERO;
    for round in 0..ROUNDS {
        let mut pause = None;
        for (index, answer) in send(graph, urls, &open, needs).await? {
            match answer {
                Sorted::Later(time) => pause = pause.max(Some(time)),
                Sorted::Done(answer) => {
                    open.retain(|it| *it != index);
                    if let Some(place) = answers.get_mut(index) {
                        *place = answer;
                    }
                }
            }
        }
        let Some(pause) = pause.filter(|_| !open.is_empty()) else {
            return Ok(answers);
        };
        waited += pause;
        if waited > Patience::SYNC.waiting() || round + 1 == ROUNDS {
            return Err(Error::Throttled(u32::try_from(pause.as_secs()).unwrap_or(u32::MAX)));
        }
        graph.host().sleep(pause).await;
    }
    Ok(answers)
}

enum Sorted {
    Done(Inner),
    Later(Duration),
}

async fn send<H: Host>(
    graph: &Graph<'_, H>,
    urls: &[String],
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

    let requests: Vec<_> = open
        .iter()
        .filter_map(|index| {
            Some(json!({"id": index.to_string(), "method": "GET", "url": urls.get(*index)?}))
        })
        .collect();
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
            429 | 503 | 504 => Sorted::Later(asked.unwrap_or(Duration::from_secs(5))),
            status => {
                let body = serde_json::from_str(body.get()).unwrap_or_default();
                Sorted::Done(Inner::Refused(GraphError::read_inner(status, &body)))
            }
        };
        Some((index, sorted))
    });
    Ok(sorted.collect())
}
