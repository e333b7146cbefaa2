//! People: who they are, and who of them is selected.
//!
//! An enumeration takes a delta link that means "from now on", lists everybody in large pages,
//! and then follows that link once: `/users/delta` alone would take five times the requests.
//! Where people are limited to groups, those groups are listed instead of everybody.
//! Source: <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    checkpoint::{Checkpoint, LARGEST_PAGE, Position, seconds},
    mailboxes::RoomMailboxes,
    owed::{Finding, Said, Why},
    read::{Known, users_by_id},
    scope,
    walk::{Refused, Walk, forgotten_or, next_of_round, no_link},
};
use crate::{
    card_number::{Attribute, FIELD},
    describe::{HIDDEN_MEMBERS, USERS},
    error::Error,
    graph::{Answer, Graph, GraphError, LoopGuard, Page},
    host::{Host, Request},
    model::{Removal, Removed, Subject, User, UserChange},
    payload::{Item, Reported, UserReader, is_person},
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
    /// `wait` says whether accounts wait for rooms that cannot be read for the moment.
    pub(super) fn new(graph: &'a Graph<'a, H>, reader: &'a UserReader, wait: bool) -> Self {
        Self { graph, reader, rooms: RoomMailboxes::new(wait), members: BTreeMap::new() }
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
    fn listing(&self, group: usize, size: u16) -> Option<String> {
        let endpoints = self.graph.endpoints();
        let groups = &self.graph.settings().users.only_groups;
        let select = self.reader.select();
        let url = match groups.get(group) {
            Some(id) => endpoints.transitive_members(id, select, size),
            None if groups.is_empty() && group == 0 => endpoints.users(select, size),
            None => return None,
        };
        Some(url.to_string())
    }

    /// A page of a listing: who is not told is gone, so who is out of scope is left out.
    async fn listed(
        &mut self,
        page: &Page<'_>,
        group: usize,
        after: &mut Checkpoint,
    ) -> Result<Vec<UserChange>, Error> {
        let limited = !self.graph.settings().users.only_groups.is_empty();
        // Groups have devices and other groups in them as well.
        let people = page.value.iter().filter(|raw| !limited || is_person(raw));
        let items: Vec<_> = people.map(|raw| self.full(raw, after)).collect();
        if limited {
            *self.members.entry(group).or_default() += items.len();
        }
        let mut changes = Vec::with_capacity(items.len());
        for item in items {
            let change = scope::of_member(self.graph, &mut self.rooms, item).await?;
            match &change {
                UserChange::UserIfKnown(_) => after.enumerate_again(),
                // Whoever is listed is read.
                UserChange::User(_) | UserChange::UserRemoved(_) => {
                    let owed = after.owed_mut(Subject::Users);
                    owed.into_iter().for_each(|it| it.remove(change.id()));
                }
                _ => {}
            }
            if !matches!(
                change,
                UserChange::UserRemoved(Removed { removal: Removal::OutOfScope, .. })
            ) {
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// An item of a listing. What a change reported of a user that could not be read wins.
    fn full(&self, raw: &RawValue, after: &Checkpoint) -> Item {
        let item = self.reader.whole(raw);
        let Some(owed) = after.owed(Subject::Users).filter(|it| !it.is_empty()) else {
            return item;
        };
        let Item::User { user, .. } = &item else {
            return item;
        };
        match owed.said(&user.id) {
            Some(said) => self.reader.whole(&said.over(raw)),
            None => item,
        }
    }

    /// A page of delta: who is not told stays as they were, so everybody is told. In an initial
    /// round, what is absent has no value.
    async fn changed(
        &mut self,
        page: &Page<'_>,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Vec<UserChange>, Error> {
        let is_initial = matches!(position, Position::Enumerating { initial: true, .. });
        let mut said = Said::default();
        let mut partial = BTreeMap::new();
        let mut users = BTreeMap::new();
        for (index, raw) in page.value.iter().enumerate() {
            let mut item = self.reader.change(raw);
            if is_initial && matches!(item, Item::Partial(_)) {
                item = self.reader.whole(raw);
            }
            if let Item::Partial(id) | Item::User { user: User { id, .. }, .. } = &item {
                let id = id.clone();
                let reported = self.reader.reported(raw);
                let all = said.add(&id, reported, after.owed(Subject::Users));
                if let Item::Partial(_) = item {
                    item = self.reader.change(&all.alone());
                }
                if let Item::Partial(_) = item {
                    // Only the last one of a user on the page is completed: it counts.
                    partial.insert(id, (index, all.clone()));
                    continue;
                }
            } else if let Item::Removed(id, _) = &item {
                said.forget(id);
            }
            users.insert(index, Known::Item(item));
        }
        let open: Vec<_> = partial.iter().map(|(id, (_, all))| (id.clone(), all.clone())).collect();
        let read = users_by_id(self.graph, self.reader, &open).await?;
        users.extend(partial.into_values().map(|(index, _)| index).zip(read));
        // In their places: what is told last counts.
        let users = users.into_values().collect();
        let findings = scope::of_anybody(self.graph, &mut self.rooms, users).await?;
        let now = seconds(self.graph.host().now());
        let mut changes = Vec::with_capacity(findings.len());
        for mut finding in findings {
            match finding.open {
                // All users are enumerated once more, whoever they are.
                Some(Why::Rooms) if position.is_full() => {
                    after.enumerate_again();
                    finding.open = None;
                }
                // Most users are in none of the groups, and a change of groups enumerates again.
                Some(Why::Outside) if is_initial => finding.open = None,
                _ => {}
            }
            let owed = after.owed_mut(Subject::Users);
            changes.extend(owed.and_then(|it| it.note(finding, &said, now)));
        }
        Ok(changes)
    }
}

impl<H: Host> Walk<H> for People<'_, H> {
    const SUBJECT: Subject = Subject::Users;

    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error> {
        let delta = match checkpoint.position(Subject::Users) {
            // Who is selected is open, but not what changed.
            Some(position) => position.delta().to_owned(),
            None => self.latest().await?,
        };
        let link = self.listing(0, LARGEST_PAGE).unwrap_or_default();
        Ok(Position::Listing { link, delta, group: 0 })
    }

    fn relist(&self, position: &Position, size: u16) -> Option<Position> {
        let Position::Listing { delta, group, .. } = position else {
            return None;
        };
        let link = self.listing(*group, size)?;
        Some(Position::Listing { link, delta: delta.clone(), group: *group })
    }

    fn otherwise(&self) -> Option<Position> {
        let link = self.graph.endpoints().users_delta(self.reader.select()).to_string();
        Some(Position::Enumerating { link, initial: true })
    }

    fn next(
        &self,
        position: &Position,
        page: &Page<'_>,
        size: u16,
    ) -> Result<(Position, bool), Error> {
        let Position::Listing { delta, group, .. } = position else {
            return next_of_round(position, page);
        };
        let (next_page, next_group) = match &page.next_link {
            Some(link) => (Some(link.clone().into_owned()), *group),
            None => (self.listing(group + 1, size), group + 1),
        };
        let next = match next_page {
            Some(link) => Position::Listing { link, delta: delta.clone(), group: next_group },
            None => Position::Enumerating { link: delta.clone(), initial: false },
        };
        Ok((next, false))
    }

    async fn read(
        &mut self,
        page: &Page<'_>,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Vec<UserChange>, Error> {
        let changes = match position {
            Position::Listing { group, .. } => self.listed(page, *group, after).await?,
            Position::Enumerating { .. } | Position::Following { .. } => {
                self.changed(page, position, after).await?
            }
        };
        if let Some(are_unknown) = self.rooms.are_unknown() {
            after.note_rooms(are_unknown, self.graph.host().now());
        }
        Ok(changes)
    }

    async fn reread(&mut self, owed: &[(String, Reported)]) -> Result<Vec<Finding>, Error> {
        let users = users_by_id(self.graph, self.reader, owed).await?;
        scope::of_anybody(self.graph, &mut self.rooms, users).await
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
                it if it.status == 403 => Refused::For(scope::members_refused(graph, it)),
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
        Error::wrong_field(FIELD, message)
    })
}
