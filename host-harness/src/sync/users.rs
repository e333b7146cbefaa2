//! People: batch by batch, then what a complete enumeration did not tell.

use std::collections::HashSet;

use super::{
    Action, Run, RunMode, Source,
    change::{Record as _, describe},
};
use crate::{
    error::Error,
    model::{BATCH, Mode, Summary, Unreadable, UserBatch, UserChange},
    plugin::CallError,
    store::{Kind, Progress, Put, RunCounts, Transaction},
};

/// In bytes.
const LARGEST_CHECKPOINT: usize = 64 << 10;

pub(super) fn sync(run: &mut Run<'_>, source: &mut dyn Source) -> Result<Summary, Error> {
    let progress = run.store.transaction(run.integration, |it| it.begin(Kind::User))?;
    let since = progress.checkpoint.clone().filter(|_| !run.options.full);
    let mut taker = Taker {
        // Without a checkpoint nothing is gone on with.
        enumerating: since.is_some() && progress.enumerating,
        may_be_incremental: since.is_some(),
        progress,
        told: 0,
    };
    if since.is_some() {
        run.mode = RunMode::Incremental;
    }
    let summary = source.sync_users(since.as_deref(), &mut |batch| taker.take(run, batch))?;
    if taker.progress.sweep_due {
        match summary.complete {
            true => sweep(run, source, taker.progress)?,
            false => forgo_sweep(run, taker.progress)?,
        }
    }
    run.peak_memory = source.peak_memory();
    run.settle(&summary, false)?;
    Ok(summary)
}

/// Stores batches, as far as they keep to the interface.
struct Taker {
    progress: Progress,
    enumerating: bool,
    may_be_incremental: bool,
    told: u64,
}

impl Taker {
    fn take(&mut self, run: &mut Run<'_>, batch: UserBatch) -> Result<(), Error> {
        self.check(&batch)?;
        let mut progress = self.progress.clone();
        progress.checkpoint = Some(batch.checkpoint);
        if let Mode::Full { first, last } = batch.mode {
            if first {
                progress.enumeration += 1;
                progress.sweep_due = false;
            }
            progress.enumerating = !last;
            progress.sweep_due |= last;
            run.mode = RunMode::Full;
        }
        self.told += batch.changes.len() as u64;
        store(run, batch.changes, &progress)?;
        self.enumerating = progress.enumerating;
        self.progress = progress;
        run.observer.progress(self.told, batch.total);
        Ok(())
    }

    fn check(&mut self, batch: &UserBatch) -> Result<(), CallError> {
        if batch.changes.len() > BATCH {
            let size = batch.changes.len();
            return Err(CallError::broke(format!(
                "a batch has {size} changes, {BATCH} at most are allowed"
            )));
        }
        if batch.checkpoint.len() > LARGEST_CHECKPOINT {
            let size = batch.checkpoint.len();
            return Err(CallError::broke(format!(
                "a checkpoint has {size} bytes, {LARGEST_CHECKPOINT} at most are allowed"
            )));
        }
        match batch.mode {
            Mode::Full { first: false, .. } if !self.enumerating => {
                Err(CallError::broke("it goes on with an enumeration that it did not begin"))
            }
            Mode::Full { .. } => {
                self.may_be_incremental = true;
                Ok(())
            }
            Mode::Incremental if !self.may_be_incremental => {
                Err(CallError::broke("it tells changes, but was given no checkpoint"))
            }
            Mode::Incremental if self.enumerating => {
                Err(CallError::broke("it tells changes in the middle of an enumeration"))
            }
            Mode::Incremental => Ok(()),
        }
    }
}

/// Stores changes together with where the sync then stands.
fn store(run: &mut Run<'_>, changes: Vec<UserChange>, progress: &Progress) -> Result<(), Error> {
    let mut counts = run.counts;
    let mut unreadable = Vec::new();
    run.store.transaction(run.integration, |transaction| {
        for change in changes {
            match change {
                UserChange::User(user) => {
                    let json = user.to_json()?;
                    let seen = progress.enumeration;
                    let put = transaction.put(Kind::User, user.id(), &json, user.email(), seen)?;
                    if put == Put::Created {
                        transaction.join(user.id(), &run.options.default_groups)?;
                    }
                    note(&mut counts, run.observer, put, &json);
                }
                UserChange::Removed(id, reason) => {
                    transaction.ask_removal(Kind::User, &id, reason.as_str())?;
                }
                UserChange::Unreadable(it) => {
                    keep(transaction, &it, progress)?;
                    unreadable.push(it);
                }
            }
        }
        Ok::<_, Error>(transaction.set_progress(Kind::User, progress)?)
    })?;
    run.counts = counts;
    run.note_unreadable(unreadable);
    Ok(())
}

fn keep(
    transaction: &Transaction<'_>,
    Unreadable { id, .. }: &Unreadable,
    progress: &Progress,
) -> Result<(), crate::store::StoreError> {
    transaction.mark(Kind::User, id, progress.enumeration)
}

/// Counts and tells what storing a record did.
pub(super) fn note(
    counts: &mut RunCounts,
    observer: &mut dyn super::Observer,
    put: Put,
    json: &str,
) {
    match put {
        Put::Created | Put::Returned => {
            counts.added += 1;
            observer.changed(describe(Action::Added, json, None, None));
        }
        Put::Updated(before) => {
            counts.updated += 1;
            observer.changed(describe(Action::Updated, json, Some(&before), None));
        }
        Put::Unchanged => {}
    }
}

/// An enumeration of this run that left something out says nothing of those it did not
/// tell. One that an earlier run completed still does, once a run is complete.
fn forgo_sweep(run: &mut Run<'_>, mut progress: Progress) -> Result<(), Error> {
    progress.sweep_due = run.mode == RunMode::Incremental;
    Ok(run.store.transaction(run.integration, |it| it.set_progress(Kind::User, &progress))?)
}

/// Asks for everybody whom the enumeration did not tell: who is gone, is to be removed.
fn sweep(run: &mut Run<'_>, source: &mut dyn Source, mut progress: Progress) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let missed = run.store.transaction(run.integration, |it| {
            it.missed(Kind::User, progress.enumeration, &after, BATCH)
        })?;
        let Some(last) = missed.last() else { break };
        after.clone_from(last);
        let answer = source.read_users(&missed)?;
        check_answer(&missed, &answer)?;
        store(run, answer, &progress)?;
    }
    progress.sweep_due = false;
    run.store.transaction(run.integration, |it| it.set_progress(Kind::User, &progress))?;
    Ok(())
}

fn check_answer(asked: &[String], answer: &[UserChange]) -> Result<(), CallError> {
    let mut open: HashSet<&str> = asked.iter().map(String::as_str).collect();
    for change in answer {
        if !open.remove(change.id()) {
            return Err(CallError::broke(format!("it was not asked for {}", change.id())));
        }
    }
    match open.into_iter().next() {
        Some(id) => Err(CallError::broke(format!("it was asked for {id}, but does not answer"))),
        None => Ok(()),
    }
}
