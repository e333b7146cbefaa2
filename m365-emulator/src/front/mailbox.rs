//! Exchange's limit: four requests to one mailbox at a time.

use std::time::Duration;

use crate::graph::calendar::mailbox_of;
use crate::graph::refusal::GraphRefusal;
use crate::state::Shared;
use crate::wire::Request;

/// Number of requests to one mailbox that Exchange answers at a time
/// (<https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits>).
pub(super) const MAX_AT_A_TIME: usize = 4;

/// A request that Exchange is busy with.
pub(super) struct Slot {
    shared: Shared,
    mailbox: Option<String>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            self.shared.lock().busy.leave(mailbox);
        }
    }
}

/// Counts a request to a mailbox until the slot is dropped, also when its client disconnects.
pub(super) fn enter(shared: &Shared, request: &Request) -> Result<Slot, GraphRefusal> {
    let Some(mailbox) = key(shared, request) else {
        return Ok(Slot { shared: shared.clone(), mailbox: None });
    };
    if shared.lock().busy.enter(&mailbox, MAX_AT_A_TIME) {
        Ok(Slot { shared: shared.clone(), mailbox: Some(mailbox) })
    } else {
        Err(GraphRefusal::mailbox_concurrency())
    }
}

/// Waits as long as Exchange takes to answer.
pub(super) async fn wait(shared: &Shared, request: &Request) {
    let milliseconds = shared.lock().settings.exchange_latency_milliseconds;
    if milliseconds > 0 && mailbox_of(request).is_some() {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// Returns the mailbox that a request goes to, whichever of its names the path has.
pub(super) fn key(shared: &Shared, request: &Request) -> Option<String> {
    let name = mailbox_of(request)?;
    Some(shared.lock().tenant.mailbox_key(&name).unwrap_or(name))
}
