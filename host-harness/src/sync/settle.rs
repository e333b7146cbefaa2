//! The end of a run that went well: its removals are applied, or held.

use super::{Action, Observer, Run, change::describe};
use crate::{
    error::Error,
    model::Summary,
    store::{Kind, StoreError, Transaction},
};

/// Number of removals that are applied without approval: the larger one of both limits. Held
/// removals of earlier runs count as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Number of records.
    pub count: u64,
    /// Percentage of the records that were active before.
    pub percent: u8,
}

impl Default for Limit {
    /// 10 records, and 10 per cent.
    fn default() -> Self {
        Self { count: 10, percent: 10 }
    }
}

impl Limit {
    /// Returns whether `removals` need approval where `known` records were active before. They
    /// always do where they would remove all of these.
    pub fn holds(self, removals: u64, known: u64) -> bool {
        removals >= known || self.is_exceeded(removals, known)
    }

    /// Returns whether `removals` of `known` records are more than both limits.
    pub(super) fn is_exceeded(self, removals: u64, known: u64) -> bool {
        let share = u128::from(known) * u128::from(self.percent) / 100;
        u128::from(removals) > share.max(u128::from(self.count))
    }
}

impl Run<'_> {
    /// Applies or holds the removals that wait, deletes users who were removed long ago, and
    /// records the run, in one transaction.
    pub(super) fn settle(&mut self, summary: &Summary, hold: bool) -> Result<(), Error> {
        let (kinds, now) = (self.kind.records(), self.now());
        let (limit, observer) = (self.options.limit, &mut *self.observer);
        let (id, mode, peak, mut counts) =
            (self.id, self.mode.as_str(), self.peak_memory, self.counts);
        self.counts = self.store.transaction(self.integration, |transaction| {
            for kind in kinds {
                let (removed, held) = settle_kind(transaction, observer, *kind, limit, hold)?;
                counts.settled(*kind, removed, held);
            }
            if kinds.contains(&Kind::Group) {
                transaction.drop_members_of_gone()?;
            }
            // An incomplete run may have left out users who are back.
            if kinds.contains(&Kind::User) && summary.complete {
                counts.deleted = transaction.delete_leavers(now)?;
            }
            transaction.end_run(id, mode, counts, summary, None, peak)?;
            Ok::<_, Error>(counts)
        })?;
        Ok(())
    }
}

/// Returns the number of applied removals, and of held ones.
fn settle_kind(
    transaction: &Transaction<'_>,
    observer: &mut dyn Observer,
    kind: Kind,
    limit: Limit,
    hold: bool,
) -> Result<(u64, u64), StoreError> {
    let (pending, held) = transaction.waiting(kind)?;
    let mut progress = transaction.progress(kind)?;
    let active = transaction.active(kind)?;
    let known = match progress.base.take() {
        // The removed records were added in the same run.
        None | Some(0) => active,
        // An administrator may have approved removals since.
        Some(base) => base.min(active),
    };
    let hold = hold || limit.holds(pending + held, known);
    transaction.each_pending(kind, |json, reason, kept| {
        let action = if hold || kept { Action::Held } else { Action::Removed };
        observer.changed(action, &|| describe(kind, action, json, None, Some(reason)));
    })?;
    transaction.hold_pending(kind, hold)?;
    let removed = transaction.apply_pending(kind)?;
    transaction.set_progress(kind, &progress)?;
    Ok((removed, transaction.waiting(kind)?.1))
}
