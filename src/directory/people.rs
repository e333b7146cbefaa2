//! People: who they are, and who of them is selected.
//!
//! An enumeration takes a delta link that means "from now on", lists everybody in large pages,
//! and then follows that link once: `/users/delta` alone would take five times the requests.
//! Where people are limited to groups, those groups are listed instead of everybody.
//! Source: <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::BTreeMap;

use super::{
    checkpoint::{Checkpoint, Position},
    mailboxes::RoomMailboxes,
    read::read_items,
    scope,
    walk::{Refused, Walk, forgotten_or, next_of_round, no_link},
};
use crate::{
    card_number::Attribute,
    describe::{GROUPS, HIDDEN_MEMBERS, USERS},
    error::Error,
    graph::{Answer, Graph, GraphError, LoopGuard, Page},
    host::{Host, Request},
    model::{Removal, Subject, UserChange},
    payload::{Item, UserReader, is_person},
};

/// People, as far as they are selected.
pub(super) struct People<'a, H> {
    graph: &'a Graph<'a, H>,
    reader: &'a UserReader,
    rooms: RoomMailboxes,
    /// How many people each of the groups that they are limited to has shown.
    members: BTreeMap<usize, usize>,
}

impl<'a, H: Host> People<'a, H> {
    pub(super) fn new(graph: &'a Graph<'a, H>, reader: &'a UserReader) -> Self {
        Self { graph, reader, rooms: RoomMailboxes::default(), members: BTreeMap::new() }
    }

    pub(super) fn warnings(self) -> Vec<String> {
        let groups = &self.graph.settings().users.only_groups;
        let empty = self.members.iter().filter(|(_, people)| **people == 0);
        let ids = empty.filter_map(|(group, _)| groups.get(*group));
        // https://learn.microsoft.com/graph/api/group-list-transitivemembers
        let empty = ids.map(|id| format!("Microsoft Graph shows nobody in the group {id}: it is empty, or its members are hidden, which takes the permission {HIDDEN_MEMBERS} to see"));
        let mut warnings: Vec<_> = empty.collect();
        warnings.extend(self.rooms.warnings());
        warnings
    }

    /// A delta link that means "from now on".
    async fn latest(&self) -> Result<String, Error> {
        let graph = self.graph;
        let mut url = graph.endpoints().users_delta_latest(self.reader.select());
        let mut guard = LoopGuard::default();
        loop {
            guard.follow(&url.to_string())?;
            let response = match graph.ask(Request::get(url)).await? {
                Answer::Success(response) => response,
                Answer::Refused(refusal) => {
                    let wrong = wrong_attribute(self.reader.card_number(), &refusal);
                    return Err(wrong.unwrap_or_else(|| graph.explain(refusal, USERS)));
                }
            };
            let page = Page::read(&response)?;
            // It is answered with the delta link at once. Pages on the way to it would tell
            // what the listing tells anyway.
            url = match (&page.delta_link, &page.next_link) {
                (Some(delta), _) => {
                    graph.own_link(delta)?;
                    return Ok(delta.clone().into_owned());
                }
                (None, Some(next)) => graph.own_link(next)?,
                (None, None) => return Err(no_link()),
            };
        }
    }

    /// The first page of everybody, or of the people in a group; `None` after the last group.
    fn listing(&self, group: usize) -> Option<String> {
        let endpoints = self.graph.endpoints();
        let groups = &self.graph.settings().users.only_groups;
        let select = self.reader.select();
        let url = match groups.get(group) {
            Some(id) => endpoints.transitive_members(id, select),
            None if groups.is_empty() && group == 0 => endpoints.users(select),
            None => return None,
        };
        Some(url.to_string())
    }

    /// A page of a listing: who is not told is gone, so who is out of scope is left out.
    async fn listed(&mut self, page: &Page<'_>, group: usize) -> Result<Vec<UserChange>, Error> {
        let limited = !self.graph.settings().users.only_groups.is_empty();
        // Groups have devices and other groups in them as well.
        let people = page.value.iter().filter(|raw| !limited || is_person(raw));
        let items: Vec<_> = people.map(|raw| self.reader.whole(raw)).collect();
        if limited {
            *self.members.entry(group).or_default() += items.len();
        }
        let changes = scope::of_members(self.graph, &mut self.rooms, items).await?;
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
        scope::of_anybody(self.graph, &mut self.rooms, items).await
    }
}

impl<H: Host> Walk<H> for People<'_, H> {
    const SUBJECT: Subject = Subject::People;

    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error> {
        let delta = match checkpoint.position(Subject::People) {
            // Who is selected is open, but not what changed.
            Some(position) => position.delta().to_owned(),
            None => self.latest().await?,
        };
        let link = self.listing(0).unwrap_or_default();
        Ok(Position::Listing { link, delta, group: 0 })
    }

    fn next(&self, position: &Position, page: &Page<'_>) -> Result<(Position, bool), Error> {
        let Position::Listing { delta, group, .. } = position else {
            return next_of_round(position, page);
        };
        let (next_page, next_group) = match &page.next_link {
            Some(link) => (Some(link.clone().into_owned()), *group),
            None => (self.listing(group + 1), group + 1),
        };
        let next = match next_page {
            Some(link) => Position::Listing { link, delta: delta.clone(), group: next_group },
            None => Position::Enumerating { link: delta.clone() },
        };
        Ok((next, false))
    }

    async fn read(
        &mut self,
        page: &Page<'_>,
        position: &Position,
    ) -> Result<Vec<UserChange>, Error> {
        match position {
            Position::Listing { group, .. } => self.listed(page, *group).await,
            Position::Enumerating { .. } | Position::Following { .. } => self.changed(page).await,
        }
    }

    fn refused(
        graph: &Graph<'_, H>,
        reader: &UserReader,
        position: &Position,
        refusal: GraphError,
    ) -> Refused {
        let card_number = reader.card_number();
        let groups = &graph.settings().users.only_groups;
        if let Position::Listing { group, .. } = position
            && groups.get(*group).is_some()
        {
            return match refusal {
                it if it.is_missing_object() => {
                    Refused::For(Error::InvalidSettings(vec![scope::no_such_group(*group)]))
                }
                it if it.status == 403 => Refused::For(graph.explain(it, GROUPS)),
                it => refused_page(graph, card_number, it),
            };
        }
        refused_page(graph, card_number, refusal)
    }
}

fn refused_page<H: Host>(
    graph: &Graph<'_, H>,
    card_number: Option<&Attribute>,
    refusal: GraphError,
) -> Refused {
    match wrong_attribute(card_number, &refusal) {
        Some(error) => Refused::For(error),
        None => forgotten_or(refusal, |it| graph.explain(it, USERS)),
    }
}

/// The card number is the only property that the settings name: where Graph refuses it, they
/// are wrong.
pub fn wrong_attribute(card_number: Option<&Attribute>, refusal: &GraphError) -> Option<Error> {
    let attribute = card_number?;
    refusal.is_about(attribute.property()).then(|| {
        let message = format!("Microsoft Graph cannot tell the attribute {attribute} of people");
        Error::wrong_field("/users/cardNumber", message)
    })
}
