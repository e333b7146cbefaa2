//! Entry point of every request: records it, applies faults, and passes it to Entra, Graph or the
//! admin API.

mod alter;
mod mailbox;
mod subscription;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tokio::sync::watch;

use crate::control::http as admin;
use crate::entra;
use crate::graph::refusal::GraphRefusal;
use crate::graph::{self, batch};
use crate::random::Random;
use crate::state::Shared;
use crate::state::fault::Then;
use crate::wire::{Delivery, Reply, Request};

/// Answers a request. The future is boxed because a batch calls this function for its requests.
pub(crate) fn handle(
    shared: Shared,
    request: Request,
) -> Pin<Box<dyn Future<Output = Reply> + Send>> {
    Box::pin(async move {
        if admin::serves(&request.path) {
            return admin::answer(&shared, &request);
        }
        let (order, then, replaced, graph) = {
            let mut state = shared.lock();
            let order = state.log.arrived(&request);
            let then = state.faults.strike(&request);
            // Subscribed under the lock, so that no replacement from now on is missed.
            (order, then, state.faults.replaced(), state.graph.clone())
        };
        let reply = match mailbox::enter(&shared, &request) {
            Ok(_slot) => {
                if matches!(then, Some(Then::Hold {})) {
                    hold(replaced).await;
                }
                mailbox::wait(&shared, &request).await;
                strike(&shared, &request, then, &graph).await
            }
            Err(refusal) => graph::refuse(&mut shared.lock(), &request, refusal),
        };
        let status = (reply.delivery != Delivery::Close).then(|| reply.status.as_u16());
        shared.lock().log.answered(order, status);
        reply
    })
}

async fn hold(mut replaced: watch::Receiver<()>) {
    // An error means that the emulator ends, which ends the waiting too.
    let _ = replaced.changed().await;
}

async fn strike(shared: &Shared, request: &Request, then: Option<Then>, graph: &str) -> Reply {
    match then {
        None | Some(Then::Hold {}) => serve(shared, request).await,
        Some(Then::Answer { status, headers, body }) => {
            alter::made_up(status, &headers, body.as_ref())
        }
        Some(Then::Fail { status, retry_after }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let refusal = if graph::calendar::mailbox_of(request).is_some() {
                GraphRefusal::exchange_failing(status, retry_after.as_deref())
            } else {
                // A path has the version, the collection, and then the id of the object.
                let key = request.segments().into_iter().nth(2).unwrap_or_default();
                GraphRefusal::failing(status, retry_after.as_deref(), &key)
            };
            graph::refuse(&mut shared.lock(), request, refusal)
        }
        Some(Then::ExpiredPageToken {}) => {
            graph::refuse(&mut shared.lock(), request, GraphRefusal::page_token_expired())
        }
        Some(Then::Token(fault)) => entra::refuse(&mut shared.lock(), request, fault),
        Some(Then::Close {}) => {
            let mut reply = Reply::new(StatusCode::BAD_GATEWAY);
            reply.delivery = Delivery::Close;
            reply
        }
        Some(Then::Truncate { after, clean }) => {
            alter::truncate(serve(shared, request).await, after, clean)
        }
        Some(Then::IdToken(fault)) => {
            let reply = serve(shared, request).await;
            entra::id_token_fault::spoil(&mut shared.lock(), reply, fault)
        }
        Some(Then::Delay { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            serve(shared, request).await
        }
        Some(Then::Rewrite(edits)) => {
            let separator = if request.query.raw.is_empty() { "" } else { "?" };
            let url = format!("{graph}{}{separator}{}", request.path, request.query.raw);
            alter::rewrite(serve(shared, request).await, &edits, &url, graph)
        }
    }
}

async fn serve(shared: &Shared, request: &Request) -> Reply {
    if !graph::serves(&request.path) {
        return entra::answer(&mut shared.lock(), request);
    }
    if graph::subscriptions::is_creation(request) {
        return subscription::create(shared, request).await;
    }
    if !batch::is_batch(request) {
        return graph::answer(&mut shared.lock(), request);
    }
    let steps = {
        let state = shared.lock();
        graph::authenticate(&state, request).and_then(|_| batch::steps(request))
    };
    let answered = match steps {
        Ok(steps) => serve_steps(shared, request, steps).await,
        Err(refusal) => Err(refusal),
    };
    graph::finish(&mut shared.lock(), request, answered)
}

/// Answers the requests of a batch in the order of their dependencies, at most four at a time, as
/// Graph hands them to Outlook (<https://learn.microsoft.com/answers/questions/1660054>).
async fn serve_steps(
    shared: &Shared,
    request: &Request,
    steps: Vec<batch::Step>,
) -> Result<Reply, GraphRefusal> {
    let graph = shared.lock().graph.clone();
    let mut waiting = VecDeque::with_capacity(steps.len());
    for step in steps {
        let inner = step.request(request, &graph)?;
        waiting.push_back((step, inner));
    }
    let refused = beyond_limit(shared, &waiting);
    let mut answers = Vec::with_capacity(waiting.len());
    let mut statuses = HashMap::new();
    let mut delivery = Delivery::Complete;
    while !waiting.is_empty() {
        let ready = waiting
            .iter()
            .take(mailbox::MAX_AT_A_TIME)
            .take_while(|(step, _)| step.is_ready(&statuses))
            .count();
        let now: Vec<_> = waiting.drain(..ready.max(1)).collect();
        let replies = join_all(now.into_iter().map(|(step, inner)| {
            let is_doomed = step.is_doomed(&statuses);
            let is_refused = refused.contains(&step.id);
            async move {
                let refusal = if is_doomed {
                    Some(GraphRefusal::failed_dependency())
                } else {
                    is_refused.then(GraphRefusal::mailbox_concurrency)
                };
                let reply = match refusal {
                    Some(refusal) => graph::refuse(&mut shared.lock(), &inner, refusal),
                    None => handle(shared.clone(), inner).await,
                };
                (step, reply)
            }
        }));
        for (step, reply) in replies.await {
            // A batch without one of its answers cannot be answered at all.
            if reply.delivery != Delivery::Complete {
                delivery = Delivery::Close;
            }
            statuses.insert(step.id.to_lowercase(), reply.status.as_u16());
            answers.push((step.id, reply));
        }
    }
    let mut random = Random::new(shared.lock().ids.next());
    let mut reply = batch::answer(answers, &mut random);
    reply.delivery = delivery;
    Ok(reply)
}

/// Returns the ids of requests to a mailbox that has four other requests in the same batch, which
/// Outlook refuses (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/8760>). Requests
/// that depend on others come one after the other.
fn beyond_limit(shared: &Shared, steps: &VecDeque<(batch::Step, Request)>) -> HashSet<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut refused = HashSet::new();
    for (step, inner) in steps.iter().filter(|(step, _)| step.depends_on.is_empty()) {
        let Some(mailbox) = mailbox::key(shared, inner) else { continue };
        let count = counts.entry(mailbox).or_default();
        *count += 1;
        if *count > mailbox::MAX_AT_A_TIME {
            refused.insert(step.id.clone());
        }
    }
    refused
}
