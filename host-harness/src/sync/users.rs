//! Runs of users and groups: batch by batch, each enumerated and followed on its own, under one
//! checkpoint.

use super::{
    Run, RunMode, Source,
    order::Order,
    sweep::settle_missed,
    waiting::{Received, Waiting},
};
use crate::{
    error::Error,
    model::{BATCH, Mode, Part, Subject, Summary, UserBatch},
    plugin::{CallError, Packed},
    store::{Kind, Progress, StoreError},
};

/// Largest checkpoint, in bytes. It includes the ids of records that are owed.
const LARGEST_CHECKPOINT: usize = 256 << 10;

/// Largest id, in bytes.
const LARGEST_ID: usize = 1 << 10;

pub(super) fn sync(run: &mut Run<'_>, source: &mut dyn Source) -> Result<Summary, Error> {
    let (users, groups) = run.store.transaction(run.integration, |it| {
        Ok::<_, StoreError>((it.begin(Kind::User)?, it.begin(Kind::Group)?))
    })?;
    let since = users.checkpoint.clone().filter(|_| !run.options.full);
    let goes_on = since.is_some();
    let mut taker = Taker {
        users: Standing::new(Kind::User, users, goes_on),
        groups: Standing::new(Kind::Group, groups, goes_on),
        waiting: Waiting::new(),
    };
    if goes_on {
        run.mode = RunMode::Incremental;
    }
    let synced = source.sync_users(since.as_deref(), &mut |batch| taker.take(run, batch));
    // Also what was received before a failure.
    let stored = taker.waiting.store(run);
    let summary = synced?;
    stored?;
    for Standing { kind, progress, is_reported, .. } in [taker.users, taker.groups] {
        settle_missed(run, source, kind, progress, summary.complete, is_reported)?;
    }
    run.peak_memory = source.peak_memory();
    run.settle(&summary, false)?;
    Ok(summary)
}

/// Stores batches, as far as they obey the interface.
struct Taker {
    users: Standing,
    groups: Standing,
    waiting: Waiting,
}

/// State of one subject.
struct Standing {
    kind: Kind,
    progress: Progress,
    order: Order,
    /// Whether an enumeration of it was reported in this run, at least in part.
    is_reported: bool,
    reported: u64,
}

impl Standing {
    fn new(kind: Kind, progress: Progress, goes_on: bool) -> Self {
        Self {
            kind,
            order: Order::new(goes_on, progress.enumerating),
            progress,
            is_reported: false,
            reported: 0,
        }
    }

    /// Returns the state after a batch of that mode.
    fn after(&self, mode: Mode) -> Progress {
        let mut progress = self.progress.clone();
        if let Mode::Full(Part { first, last }) = mode {
            if first {
                progress.enumeration += 1;
                progress.sweep_due = false;
            }
            progress.enumerating = !last;
            progress.sweep_due |= last;
        }
        progress
    }
}

impl Taker {
    fn take(&mut self, run: &mut Run<'_>, batch: UserBatch<Packed>) -> Result<(), Error> {
        check(&batch)?;
        let UserBatch { subject, mode, changes, checkpoint, total } = batch;
        let standing = match subject {
            Subject::Users => &mut self.users,
            Subject::Groups => &mut self.groups,
        };
        standing.order.check(mode)?;
        let progress = standing.after(mode);
        let is_full = matches!(mode, Mode::Full(_));
        if is_full {
            run.mode = RunMode::Full;
            standing.is_reported = true;
        }
        // A total counts groups, not memberships.
        standing.reported +=
            changes.without_texts().iter().filter(|it| !it.is_membership()).count() as u64;
        standing.order.enumerating = progress.enumerating;
        standing.progress = progress.clone();
        let kind = standing.kind;
        run.observer.progress(kind, standing.reported, total);
        self.waiting.add(run, Received { kind, is_full, changes, progress, checkpoint })
    }
}

/// Checks a batch on its own.
fn check(batch: &UserBatch<Packed>) -> Result<(), CallError> {
    let UserBatch { subject, changes, checkpoint, .. } = batch;
    if changes.len() > BATCH {
        let size = changes.len();
        return Err(CallError::broke(format!(
            "a batch has {size} changes, {BATCH} at most are allowed"
        )));
    }
    if checkpoint.len() > LARGEST_CHECKPOINT {
        let size = checkpoint.len();
        return Err(CallError::broke(format!(
            "a checkpoint has {size} bytes, {LARGEST_CHECKPOINT} at most are allowed"
        )));
    }
    let size = changes.longest_id();
    if size > LARGEST_ID {
        return Err(CallError::broke(format!(
            "an id has {size} bytes, {LARGEST_ID} at most are allowed"
        )));
    }
    let other = changes.without_texts().iter().position(|it| it.subject() != *subject);
    match other.and_then(|position| changes.get(position)) {
        Some(it) => {
            let (id, subject) = (it.id(), subject.as_str());
            Err(CallError::broke(format!("a batch of {subject} reports something else: {id}")))
        }
        None => Ok(()),
    }
}
