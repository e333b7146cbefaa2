//! Changes in the mailboxes that are watched, from which notifications are made.

use std::collections::HashSet;

use super::item::Uid;
use super::mailbox::Reported;

/// Kind of a change. The order is that of Graph's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Created,
    Updated,
    Deleted,
}

impl ChangeKind {
    pub(crate) const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];

    /// Returns the name of the kind in Graph.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// A change of a copy of a meeting, or of a series with all its occurrences.
#[derive(Clone, Debug)]
pub(crate) struct ItemChange {
    pub(crate) mailbox: String,
    pub(crate) uid: Uid,
    pub(crate) kind: ChangeKind,
}

/// Changes in the mailboxes that are watched, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    watched: HashSet<String>,
    changes: Vec<ItemChange>,
}

impl Noted {
    /// Sets the mailboxes that are watched.
    pub(crate) fn watch(&mut self, mailboxes: HashSet<String>) {
        self.watched = mailboxes;
    }

    /// Notes a change, if its mailbox is watched. A change that delta does not report is not noted
    /// either.
    pub(super) fn add(&mut self, mailbox: &str, uid: Uid, kind: ChangeKind, reported: Reported) {
        if reported == Reported::Yes && self.watched.contains(mailbox) {
            self.changes.push(ItemChange { mailbox: mailbox.to_owned(), uid, kind });
        }
    }

    /// Returns the changes since the last call.
    pub(crate) fn take(&mut self) -> Vec<ItemChange> {
        std::mem::take(&mut self.changes)
    }
}
