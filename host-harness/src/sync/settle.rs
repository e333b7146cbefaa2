//! The end of a run that went well: removals are applied, or held.

use super::{Action, Run, change::describe};
use crate::{error::Error, model::Summary};

/// How many removals need no person's word: the larger of both. Those held by earlier
/// runs count as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// A number.
    pub count: u64,
    /// A share of those that are active, in per cent.
    pub percent: u8,
}

impl Default for Limit {
    /// 10, and 10 per cent.
    fn default() -> Self {
        Self { count: 10, percent: 10 }
    }
}

impl Limit {
    /// Whether `removals` of `active` need a person's word: also where they would leave
    /// nobody, or no room, at all.
    pub fn holds(self, removals: u64, active: u64) -> bool {
        let share = u128::from(active) * u128::from(self.percent) / 100;
        removals >= active || u128::from(removals) > share.max(u128::from(self.count))
    }
}

impl Run<'_> {
    /// Applies or holds what waits, and records the run, in one transaction.
    pub(super) fn settle(&mut self, summary: &Summary, hold: bool) -> Result<(), Error> {
        let (kind, limit, observer) = (self.kind, self.options.limit, &mut *self.observer);
        let (id, mode, peak, mut counts) =
            (self.id, self.mode.as_str(), self.peak_memory, self.counts);
        self.counts = self.store.transaction(self.integration, |transaction| {
            let (pending, held) = transaction.waiting(kind)?;
            let hold = hold || limit.holds(pending + held, transaction.active(kind)?);
            let action = if hold { Action::Held } else { Action::Removed };
            transaction.each_pending(kind, |json, reason| {
                observer.changed(describe(action, json, None, Some(reason)));
            })?;
            if hold {
                transaction.hold_pending(kind)?;
                counts.held = pending + held;
            } else {
                transaction.apply_pending(kind)?;
                counts.removed = pending;
                counts.held = held;
            }
            transaction.end_run(id, mode, counts, Ok(summary), peak)?;
            Ok::<_, Error>(counts)
        })?;
        Ok(())
    }
}
