//! Subscriptions that are made: the client waits until their addresses are tested.

use crate::graph::refusal::GraphRefusal;
use crate::graph::{self, subscriptions};
use crate::notifier::{self, Unconfirmed};
use crate::state::Shared;
use crate::wire::{Reply, Request};

/// Answers a request that makes a subscription.
pub(super) async fn create(shared: &Shared, request: &Request) -> Reply {
    let answered = answer(shared, request).await;
    graph::finish(&mut shared.lock(), request, answered)
}

async fn answer(shared: &Shared, request: &Request) -> Result<Reply, GraphRefusal> {
    let caller = graph::authenticate(&shared.lock(), request)?;
    let draft = subscriptions::draft(caller, request)?;
    for url in draft.urls() {
        notifier::confirm(shared, url).await.map_err(|unconfirmed| match unconfirmed {
            Unconfirmed::TimedOut => GraphRefusal::address_timed_out(),
            Unconfirmed::Failed => GraphRefusal::address_failed(),
        })?;
    }
    subscriptions::create(&mut shared.lock(), draft, request)
}
