//! The calendar of one mailbox, and the log of its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use jiff::civil::Date;

use super::item::{Event, Item, Uid, Window};
use super::policy::Policy;

/// Number of a change in one mailbox.
pub(crate) type Sequence = u64;

/// A place in the log of changes.
pub(crate) type Position = (Sequence, Uid);

/// The calendar of one mailbox.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbox {
    pub(crate) policy: Policy,
    items: HashMap<Uid, Stored>,
    /// The last change of each item. A change that is not reported has the number of an
    /// earlier one.
    log: BTreeSet<Position>,
    sequence: Sequence,
}

#[derive(Clone, Debug)]
struct Stored {
    /// None if the item was deleted.
    item: Option<Arc<Item>>,
    changed: Sequence,
    /// Last change that concerned more than one occurrence.
    series: Sequence,
    /// Later changes of single occurrences.
    parts: BTreeMap<Date, Sequence>,
}

/// Whether a change is reported by delta. Some are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reported {
    #[default]
    Yes,
    No,
}

impl Mailbox {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }

    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence
    }

    pub(crate) fn item(&self, uid: Uid) -> Option<&Item> {
        self.items.get(&uid)?.item.as_deref()
    }

    /// Returns all items, in the order of their last changes.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.log.iter().filter_map(|(_, uid)| self.item(*uid))
    }

    /// Returns the events that overlap a window, by start. A master is none of them.
    pub(crate) fn events_in(&self, window: Window) -> Vec<Event<'_>> {
        let mut events: Vec<Event<'_>> =
            self.items().flat_map(|item| item.events_in(window)).collect();
        events.sort_by_cached_key(|event| (event.when.instants(), event.item.uid));
        events
    }

    /// Returns the last change of each item behind a position, in order. A deleted item is none.
    pub(crate) fn changes(
        &self,
        behind: Position,
    ) -> impl Iterator<Item = (Position, Option<&Item>)> {
        let changes = self.log.range((Bound::Excluded(behind), Bound::Unbounded));
        changes.map(|position| (*position, self.item(position.1)))
    }

    /// Returns the occurrences that have changed since a number; none if more has changed.
    pub(crate) fn changed_parts(&self, uid: Uid, since: Sequence) -> Option<Vec<Date>> {
        let stored = self.items.get(&uid)?;
        let parts = stored.parts.iter().filter(|(_, changed)| **changed > since);
        (stored.series <= since).then(|| parts.map(|(date, _)| *date).collect())
    }

    /// Stores an item in the place of its earlier version. `date` names the occurrence that the
    /// change was limited to.
    pub(crate) fn put(&mut self, item: Item, date: Option<Date>, reported: Reported) {
        let uid = item.uid;
        self.store(uid, Some(Arc::new(item)), date, reported);
    }

    /// Deletes an item. Returns whether there was one.
    pub(crate) fn remove(&mut self, uid: Uid, reported: Reported) -> bool {
        if self.item(uid).is_none() {
            return false;
        }
        self.store(uid, None, None, reported);
        true
    }

    fn store(&mut self, uid: Uid, item: Option<Arc<Item>>, date: Option<Date>, reported: Reported) {
        let before = self.items.remove(&uid);
        let changed = match (reported, &before) {
            (Reported::No, Some(before)) => before.changed,
            (Reported::No, None) => self.sequence,
            (Reported::Yes, _) => {
                self.sequence += 1;
                self.sequence
            }
        };
        let (mut series, mut parts) = (changed, BTreeMap::new());
        if let Some(before) = before {
            self.log.remove(&(before.changed, uid));
            if let Some(date) = date {
                series = before.series;
                parts = before.parts;
                parts.insert(date, changed);
            }
        }
        self.log.insert((changed, uid));
        self.items.insert(uid, Stored { item, changed, series, parts });
    }
}
