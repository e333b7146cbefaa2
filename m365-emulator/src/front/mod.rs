//! Entry point of every request: records it, applies faults, and passes it to Entra, Graph or the
//! admin API.

mod alter;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

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
        if matches!(then, Some(Then::Hold {})) {
            hold(replaced).await;
        }
        let reply = strike(&shared, &request, then, &graph).await;
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
            // A path has the version, the collection, and then the id of the object.
            let key = request.segments().into_iter().nth(2).unwrap_or_default();
            let refusal = GraphRefusal::failing(status, retry_after.as_deref(), &key);
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

/// Answers the requests of a batch one after the other, in the order of their dependencies.
async fn serve_steps(
    shared: &Shared,
    request: &Request,
    steps: Vec<batch::Step>,
) -> Result<Reply, GraphRefusal> {
    let mut answers = Vec::with_capacity(steps.len());
    let mut statuses = HashMap::new();
    let mut delivery = Delivery::Complete;
    let graph = shared.lock().graph.clone();
    for step in steps {
        let inner = step.request(request, &graph)?;
        let reply = if step.is_doomed(&statuses) {
            let refusal = Err(GraphRefusal::failed_dependency());
            graph::finish(&mut shared.lock(), &inner, refusal)
        } else {
            handle(shared.clone(), inner).await
        };
        // A batch without one of its answers cannot be answered at all.
        if reply.delivery != Delivery::Complete {
            delivery = Delivery::Close;
        }
        statuses.insert(step.id.to_lowercase(), reply.status.as_u16());
        answers.push((step.id, reply));
    }
    let mut random = Random::new(shared.lock().ids.next());
    let mut reply = batch::answer(answers, &mut random);
    reply.delivery = delivery;
    Ok(reply)
}
