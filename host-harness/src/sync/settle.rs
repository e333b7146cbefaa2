//! The end of a run that went well: removals are applied, or held.

use super::{Action, Observer, Run, change::describe};
use crate::{
    error::Error,
    model::Summary,
    store::{Kind, StoreError, Transaction},
};

/// How many removals need no person's word: the larger of both. Those held by earlier
/// runs count as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// A number.
    pub count: u64,
    /// A share of those that were active before, in per cent.
    pub percent: u8,
}

impl Default for Limit {
    /// 10, and 10 per cent.
    fn default() -> Self {
        Self { count: 10, percent: 10 }
    }
}

impl Limit {
    /// Whether `removals` need a person's word where `known` were there before: also where
    /// they would leave nobody, or no room, of those.
    pub fn holds(self, removals: u64, known: u64) -> bool {
        let share = u128::from(known) * u128::from(self.percent) / 100;
        removals >= known || u128::from(removals) > share.max(u128::from(self.count))
    }
}

impl Run<'_> {
    /// Applies or holds what waits, deletes who left long ago, and records the run, in one
    /// transaction.
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
            // Who came back may be among those that an incomplete run left out.
            if kinds.contains(&Kind::User) && summary.complete {
                counts.deleted = transaction.delete_leavers(now)?;
            }
            transaction.end_run(id, mode, counts, summary, None, peak)?;
            Ok::<_, Error>(counts)
        })?;
        Ok(())
    }
}

/// Returns how many were removed, and how many are held.
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
        // Whoever is removed came in the same run.
        None | Some(0) => active,
        // A person may have approved removals since.
        Some(base) => base.min(active),
    };
    let hold = hold || limit.holds(pending + held, known);
    transaction.each_pending(kind, |json, reason, kept| {
        let action = if hold || kept { Action::Held } else { Action::Removed };
        observer.changed(describe(kind, action, json, None, Some(reason)));
    })?;
    transaction.hold_pending(kind, hold)?;
    let removed = transaction.apply_pending(kind)?;
    transaction.set_progress(kind, &progress)?;
    Ok((removed, transaction.waiting(kind)?.1))
}
