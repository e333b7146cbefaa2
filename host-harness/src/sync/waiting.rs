//! Batches that wait, so that several are stored in one transaction.
//!
//! The index of ids is in no order of arrival: each batch changes pages all over it. In one
//! transaction, and in the order of their ids, several batches write each of these pages once.

use std::time::{Duration, Instant};

use super::{Run, changes};
use crate::{
    error::Error,
    model::UserChange,
    store::{Kind, Progress},
};

/// Largest number of batches that are stored together.
const TOGETHER: usize = 8;

/// Time after which the next batch causes those that wait to be stored.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Changes of one or more batches, and the state of the sync after them.
pub(super) struct Received {
    pub(super) kind: Kind,
    /// Whether they are part of an enumeration.
    pub(super) is_full: bool,
    pub(super) changes: Vec<UserChange>,
    pub(super) progress: Progress,
    pub(super) checkpoint: String,
}

/// Batches that were received and are not stored yet.
pub(super) struct Waiting {
    received: Option<Received>,
    batches: usize,
    /// Number of batches that are stored together next. It grows from one, so that the first ones
    /// are soon seen.
    limit: usize,
    since: Instant,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { received: None, batches: 0, limit: 1, since: Instant::now() }
    }

    /// Adds a batch. Stores what waits where it is enough, has waited long enough, or cannot be
    /// stored together with this batch.
    pub(super) fn add(&mut self, run: &mut Run<'_>, batch: Received) -> Result<(), Error> {
        if self.received.as_ref().is_some_and(|it| !it.fits(&batch)) {
            self.store(run)?;
        }
        match &mut self.received {
            Some(received) => {
                received.changes.extend(batch.changes);
                received.progress = batch.progress;
                received.checkpoint = batch.checkpoint;
            }
            None => {
                self.received = Some(batch);
                self.since = Instant::now();
            }
        }
        self.batches += 1;
        if self.batches >= self.limit || self.since.elapsed() >= LONGEST_WAIT {
            self.store(run)?;
            self.limit = (2 * self.limit).min(TOGETHER);
        }
        Ok(())
    }

    /// Stores what waits, with the checkpoint of the last batch.
    pub(super) fn store(&mut self, run: &mut Run<'_>) -> Result<(), Error> {
        let are_several = std::mem::take(&mut self.batches) > 1;
        let Some(received) = self.received.take() else { return Ok(()) };
        let Received { kind, is_full, mut changes, progress, checkpoint } = received;
        // Memberships have no index of ids, and come group by group.
        if are_several && kind == Kind::User {
            // Changes of one id stay in their order. Records are large, and each moves once this
            // way.
            changes.sort_by_cached_key(|change| beginning(change.id()));
        }
        changes::store(run, changes, progress.enumeration, is_full, |transaction| {
            transaction.set_progress(kind, &progress)?;
            transaction.set_checkpoint(&checkpoint)
        })
    }
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
