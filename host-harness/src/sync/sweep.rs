//! What a complete enumeration of people or groups did not tell.

use std::collections::HashSet;

use super::{Run, Source, changes::store};
use crate::{
    error::Error,
    model::{BATCH, Subject, UserChange},
    plugin::CallError,
    store::{Kind, Progress},
};

/// Asks for everybody, or every group, whom the enumeration did not tell: who is gone, is to
/// be removed. Then takes away the memberships that it did not tell.
///
/// An enumeration that was `told` in this run, but left something out, says nothing of
/// those it did not tell. One that an earlier run completed still does, once a run is
/// complete.
pub(super) fn settle_missed(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    kind: Kind,
    mut progress: Progress,
    is_complete: bool,
    is_told: bool,
) -> Result<(), Error> {
    if !progress.sweep_due {
        return Ok(());
    }
    if is_complete {
        confirm(run, source, kind, progress.enumeration)?;
    }
    progress.sweep_due = !is_complete && !is_told;
    let mut dropped = 0;
    run.store.transaction(run.integration, |transaction| {
        if is_complete && kind == Kind::Group {
            dropped = transaction.drop_missed_members(progress.enumeration)?;
        }
        transaction.set_progress(kind, &progress)
    })?;
    run.counts.memberships.removed += dropped;
    Ok(())
}

fn confirm(run: &mut Run<'_>, source: &mut dyn Source, kind: Kind, seen: i64) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let missed =
            run.store.transaction(run.integration, |it| it.missed(kind, seen, &after, BATCH))?;
        let Some(last) = missed.last() else { return Ok(()) };
        after.clone_from(last);
        let (answer, subject) = match kind {
            Kind::Group => (source.read_groups(&missed)?, Subject::Groups),
            Kind::User | Kind::Room => (source.read_users(&missed)?, Subject::People),
        };
        check_answer(&missed, &answer, subject)?;
        store(run, answer, seen, false, |_| Ok(()))?;
    }
}

fn check_answer(
    asked: &[String],
    answer: &[UserChange],
    subject: Subject,
) -> Result<(), CallError> {
    let mut open: HashSet<&str> = asked.iter().map(String::as_str).collect();
    for change in answer {
        let fits = change.subject() == subject && !change.is_membership();
        if !fits || !open.remove(change.id()) {
            return Err(CallError::broke(format!("it was not asked for {}", change.id())));
        }
    }
    match open.into_iter().next() {
        Some(id) => Err(CallError::broke(format!("it was asked for {id}, but does not answer"))),
        None => Ok(()),
    }
}
