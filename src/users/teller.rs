//! Turns pages into batches, and hands them over.

use super::{mailboxes::RoomMailboxes, read::read_items};
use crate::{
    checkpoint::{Checkpoint, Position},
    error::Error,
    graph::{Graph, Page},
    host::{Host, Response, Sink},
    model::{BATCH, Mode, Removal, Subject, Unreadable, UserBatch, UserChange},
    payload::{Item, UserReader},
};

/// Where a page stands in its run.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// From here the page would be read again.
    pub(super) before: &'a Checkpoint,
    /// From here the next one is read.
    pub(super) after: &'a Checkpoint,
    /// An enumeration begins with it.
    pub(super) first: bool,
    /// The run ends with it.
    pub(super) ends: bool,
}

/// Tells people, as far as they are in scope.
pub(super) struct Teller<'a, H, S> {
    graph: &'a Graph<'a, H>,
    reader: &'a UserReader,
    sink: &'a mut S,
    rooms: RoomMailboxes,
    unreadable: u32,
}

impl<'a, H: Host, S: Sink<UserBatch>> Teller<'a, H, S> {
    pub(super) fn new(graph: &'a Graph<'a, H>, reader: &'a UserReader, sink: &'a mut S) -> Self {
        Self { graph, reader, sink, rooms: RoomMailboxes::default(), unreadable: 0 }
    }

    /// Warnings, and how many were unreadable.
    pub(super) fn finish(self) -> (Vec<String>, u32) {
        (self.rooms.warnings(), self.unreadable)
    }

    /// Tells one page, in as many batches as it takes.
    pub(super) async fn tell(&mut self, response: Response, part: Part<'_>) -> Result<(), Error> {
        let page = Page::read(&response)?;
        let total = page.count;
        let changes = match part.before.position {
            Position::Listing { .. } => self.listed(&page).await?,
            Position::CatchingUp { .. } | Position::Following { .. } => self.changed(&page).await?,
        };
        // While it is handed over, the next page comes in: one of the two is enough.
        drop(page);
        drop(response);
        let unreadable =
            changes.iter().filter(|it| matches!(it, UserChange::Unreadable(_))).count();
        self.unreadable =
            self.unreadable.saturating_add(u32::try_from(unreadable).unwrap_or(u32::MAX));

        let full = !matches!(part.before.position, Position::Following { .. });
        let mut changes = changes.into_iter().peekable();
        let mut first = part.first;
        loop {
            let batch: Vec<_> = changes.by_ref().take(BATCH).collect();
            let complete = changes.peek().is_none();
            // Within a page there is no place to go on from: it would be read again.
            let checkpoint = if complete { part.after } else { part.before };
            let mode = match full {
                true => Mode::Full { first, last: complete && part.ends },
                false => Mode::Incremental,
            };
            let batch = UserBatch {
                subject: Subject::People,
                mode,
                changes: batch,
                checkpoint: checkpoint.to_text(),
                total,
            };
            self.sink.put(batch).await.map_err(|_| Error::Cancelled)?;
            first = false;
            if complete {
                return Ok(());
            }
        }
    }

    /// A page of a listing: who is not told is gone, so who is out of scope is left out.
    async fn listed(&mut self, page: &Page<'_>) -> Result<Vec<UserChange>, Error> {
        let items = page.value.iter().map(|raw| self.reader.whole(raw)).collect();
        let changes = self.in_scope(items).await?;
        let told = |it: &UserChange| !matches!(it, UserChange::Removed(_, Removal::OutOfScope));
        Ok(changes.into_iter().filter(told).collect())
    }

    /// A page of changes: who is not told stays as they were, so everybody is told.
    async fn changed(&mut self, page: &Page<'_>) -> Result<Vec<UserChange>, Error> {
        let mut items: Vec<_> = page.value.iter().map(|raw| self.reader.change(raw)).collect();
        let partial = |it: &Item| match it {
            Item::Partial(id) => Some(id.clone()),
            _ => None,
        };
        let ids: Vec<_> = items.iter().filter_map(partial).collect();
        let mut whole = read_items(self.graph, self.reader, &ids).await?.into_iter();
        for item in items.iter_mut().filter(|it| partial(it).is_some()) {
            if let Some(whole) = whole.next() {
                *item = whole;
            }
        }
        self.in_scope(items).await
    }

    async fn in_scope(&mut self, items: Vec<Item>) -> Result<Vec<UserChange>, Error> {
        let mut changes = Vec::with_capacity(items.len());
        for item in items {
            changes.push(change(self.graph, &mut self.rooms, item).await?);
        }
        Ok(changes)
    }
}

/// What to tell ONES of an item under the settings.
pub(super) async fn change<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    item: Item,
) -> Result<UserChange, Error> {
    let users = &graph.settings().users;
    Ok(match item {
        Item::User { user, addresses } => {
            if users.select(&user) && !rooms.contain_any(graph, &addresses).await? {
                UserChange::User(user)
            } else {
                UserChange::Removed(user.id, Removal::OutOfScope)
            }
        }
        Item::Removed(id, removal) => UserChange::Removed(id, removal),
        Item::Unreadable(it) => UserChange::Unreadable(it),
        Item::Partial(id) => UserChange::Unreadable(Unreadable {
            id,
            reason: "Only a part of it was told".to_owned(),
        }),
    })
}
