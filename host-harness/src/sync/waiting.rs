//! Batches that wait, so that several are stored in one transaction.
//!
//! The index of ids is in no order of arrival: each batch changes pages all over it. In one
//! transaction, and in the order of their ids, several batches write each of these pages once.

use std::time::{Duration, Instant};

use super::{Run, changes};
use crate::{
    error::Error,
    model::UserChange,
    plugin::Packed,
    store::{Kind, Progress, Transaction},
};

/// Largest number of batches that are stored together.
const TOGETHER: usize = 16;

/// Size of the texts that wait, in bytes, from which on they are stored. Sixteen batches of users
/// have about 4 MB.
const LARGEST: usize = 32 << 20;

/// Time after which the next batch causes those that wait to be stored.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Changes of a batch, and the state of the sync after them.
pub(super) struct Received {
    pub(super) kind: Kind,
    /// Whether they are part of an enumeration.
    pub(super) is_full: bool,
    pub(super) changes: Packed,
    pub(super) progress: Progress,
    pub(super) checkpoint: String,
}

/// Batches that were received and are not stored yet.
pub(super) struct Waiting {
    received: Vec<Received>,
    /// Number of batches that are stored together next. It grows from one, so that the first ones
    /// are soon seen.
    limit: usize,
    since: Instant,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { received: Vec::new(), limit: 1, since: Instant::now() }
    }

    /// Adds a batch. Stores what waits where it is enough, has waited long enough, or cannot be
    /// stored together with this batch.
    pub(super) fn add(&mut self, run: &mut Run<'_>, batch: Received) -> Result<(), Error> {
        if self.received.last().is_some_and(|it| !it.fits(&batch)) {
            self.store(run)?;
        }
        if self.received.is_empty() {
            self.since = Instant::now();
        }
        self.received.push(batch);
        let is_large = self.received.iter().map(|it| it.changes.size()).sum::<usize>() >= LARGEST;
        if is_large || self.received.len() >= self.limit || self.since.elapsed() >= LONGEST_WAIT {
            self.store(run)?;
            self.limit = (2 * self.limit).min(TOGETHER);
        }
        Ok(())
    }

    /// Stores what waits, with the checkpoint of the last batch.
    pub(super) fn store(&mut self, run: &mut Run<'_>) -> Result<(), Error> {
        let received = std::mem::take(&mut self.received);
        let Some(Received { kind, is_full, progress, checkpoint, .. }) = received.last() else {
            return Ok(());
        };
        let then = |transaction: &Transaction<'_>| {
            transaction.set_progress(*kind, progress)?;
            transaction.set_checkpoint(checkpoint)
        };
        let (seen, is_full) = (progress.enumeration, *is_full);
        // Memberships have no index of ids, and come group by group.
        if received.len() > 1 && *kind == Kind::User {
            changes::store(run, in_order_of_ids(&received), seen, is_full, then)
        } else {
            let changes = received.iter().flat_map(|batch| batch.changes.iter());
            changes::store(run, changes, seen, is_full, then)
        }
    }
}

/// Returns the changes of these batches in the order of their ids. Changes of one id stay in their
/// order.
fn in_order_of_ids(received: &[Received]) -> impl Iterator<Item = UserChange<&str>> {
    let mut order: Vec<_> = received
        .iter()
        .enumerate()
        .flat_map(|(batch, it)| {
            let ids = it.changes.ids().enumerate();
            ids.map(move |(position, id)| (beginning(id), batch, position))
        })
        .collect();
    order.sort_unstable();
    order.into_iter().filter_map(|(_, batch, at)| received.get(batch)?.changes.get(at))
}

impl Received {
    /// Returns whether both can be stored together: changes of one kind and of one enumeration.
    fn fits(&self, next: &Self) -> bool {
        let is_same_enumeration = self.progress.enumeration == next.progress.enumeration;
        self.kind == next.kind && self.is_full == next.is_full && is_same_enumeration
    }
}

/// Returns the first bytes of an id, by which nearly all ids are in the order of the index.
fn beginning(id: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(id.bytes()).for_each(|(byte, of_id)| *byte = of_id);
    bytes
}
