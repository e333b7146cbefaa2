//! Reads users: the selected ones, and what changed.
//!
//! An enumeration gets a delta link that means "from now on", lists all users in large pages, and
//! then follows that link once: `/users/delta` alone would need five times as many requests. Where
//! users are limited to groups, the members of those groups are listed instead of all users.
//! Source: <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::BTreeMap;

use super::{
    checkpoint::{Checkpoint, LARGEST_PAGE, Position},
    mailboxes::RoomMailboxes,
    owed::{Finding, Said, Why},
    read::{Known, users_by_id},
    scope,
    walk::{Contents, Refused, Walk, fingerprint, forgotten_or, next_of_round, no_link},
};
use crate::{
    error::Error,
    graph::{Answer, Graph, GraphError, Links, LoopGuard, Page},
    host::{Host, Request, Response, unix_seconds},
    model::{Removal, Removed, Subject, User, UserChange},
    payload::{Item, Members, Reported, UserReader, has_kind_of_user},
    permission::{HIDDEN_MEMBERS, USERS},
    settings::{Attribute, pointer},
};

/// The users that the settings select.
pub(super) struct Users<'a, H> {
    graph: &'a Graph<'a, H>,
    reader: &'a UserReader,
    rooms: RoomMailboxes,
    /// Number of users that were read in each of the groups in the settings, by its index.
    members: BTreeMap<usize, usize>,
}

impl<'a, H: Host> Users<'a, H> {
    /// `wait` says whether accounts wait while rooms cannot be read.
    pub(super) fn new(graph: &'a Graph<'a, H>, reader: &'a UserReader, wait: bool) -> Self {
        Self { graph, reader, rooms: RoomMailboxes::new(wait), members: BTreeMap::new() }
    }

    pub(super) fn warnings(self) -> Vec<String> {
        let groups = &self.graph.settings().users.only_groups;
        let empty = self.members.iter().filter(|(_, users)| **users == 0);
        let ids = empty.filter_map(|(group, _)| groups.get(*group));
        // https://learn.microsoft.com/graph/api/group-list-transitivemembers
        let empty = ids.map(|id| {
            format!(
                "Microsoft Graph returned no users in the group {id}: it is empty, or its members \
                    are hidden, and the permission {HIDDEN_MEMBERS} is needed to read them"
            )
        });
        let mut warnings: Vec<_> = empty.collect();
        warnings.extend(self.rooms.warnings());
        warnings
    }

    /// Returns a delta link that means "from now on".
    async fn latest_delta(&self) -> Result<String, Error> {
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
            // Graph normally returns the delta link at once. Pages before it would only contain
            // users that the listing contains.
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

    /// Returns the first page of all users, or of the members of a group; `None` after the last
    /// group.
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

    /// Reads a page of a listing. Users who are not selected are left out: the host removes users
    /// that an enumeration does not contain.
    async fn read_listed(
        &mut self,
        response: &Response,
        group: usize,
        after: &mut Checkpoint,
    ) -> Result<Contents, Error> {
        let settings = self.graph.settings();
        let limited = !settings.users.only_groups.is_empty();
        let page = Page::read_each(response, |members| {
            // Groups also contain devices and other groups.
            let is_user = !limited || has_kind_of_user(members);
            (members.id(), is_user.then(|| self.read_item(members, after)))
        })?;
        let fingerprint = fingerprint(page.value.iter().map(|(id, _)| id));
        let users = || page.value.iter().filter_map(|(_, user)| user.as_ref());
        if limited {
            *self.members.entry(group).or_default() += users().count();
        }
        if users().any(|user| scope::needs_rooms(settings, user)) {
            self.rooms.read_once(self.graph).await?;
        }
        let mut changes = Vec::with_capacity(page.value.len());
        for user in page.value.into_iter().filter_map(|(_, user)| user) {
            let change = scope::select(settings, &self.rooms, user);
            match &change {
                UserChange::UserIfKnown(_) => after.enumerate_again(),
                // A listed user was read.
                UserChange::User(_) | UserChange::UserRemoved(_) => {
                    let owed = after.owed_mut(Subject::Users);
                    owed.into_iter().for_each(|owed| owed.remove(change.id()));
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
        Ok(Contents { changes, total: page.count, fingerprint })
    }

    /// Reads an item of a listing. The properties that a change reported of a user who could not be
    /// read take precedence.
    fn read_item(&self, members: &Members<'_>, after: &Checkpoint) -> Item {
        let item = self.reader.read_members(members);
        let Some(owed) = after.owed(Subject::Users).filter(|owed| !owed.is_empty()) else {
            return item;
        };
        let Item::User { user, .. } = &item else {
            return item;
        };
        match owed.said(&user.id) {
            Some(said) => self.reader.read_members(&said.over_members(members)),
            None => item,
        }
    }

    /// Reads a page of delta. Reports all users on it, also those that are not selected:
    /// the host does not change users that are not reported. In an initial round, an absent
    /// property has no value.
    async fn read_changed(
        &mut self,
        page: &Response,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Contents, Error> {
        let page = Page::read(page)?;
        let is_initial = matches!(position, Position::Enumerating { initial: true, .. });
        let mut said = Said::default();
        let mut partial = BTreeMap::new();
        let mut users = BTreeMap::new();
        for (index, raw) in page.value.iter().enumerate() {
            let mut item = self.reader.read_change(raw);
            if is_initial && matches!(item, Item::Partial(_)) {
                item = self.reader.read_complete(raw);
            }
            if let Item::Partial(id) | Item::User { user: User { id, .. }, .. } = &item {
                let id = id.clone();
                let reported = self.reader.reported(raw);
                let all = said.add(&id, reported, after.owed(Subject::Users));
                if let Item::Partial(_) = item {
                    item = self.reader.read_change(&all.alone());
                }
                if let Item::Partial(_) = item {
                    // The last item of a user on the page counts, so only that one is completed.
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
        // In the order of the page: the last report of a user counts.
        let users = users.into_values().collect();
        let findings = scope::select_all(self.graph, &mut self.rooms, users).await?;
        let now = unix_seconds(self.graph.host().now());
        let mut changes = Vec::with_capacity(findings.len());
        for mut finding in findings {
            match finding.open {
                // Another enumeration of all users follows.
                Some(Why::Rooms) if position.is_full() => {
                    after.enumerate_again();
                    finding.open = None;
                }
                // Most users are in none of the groups, and a change of groups enumerates again.
                Some(Why::Outside) if is_initial => finding.open = None,
                _ => {}
            }
            let owed = after.owed_mut(Subject::Users);
            changes.extend(owed.and_then(|owed| owed.note(finding, &said, now)));
        }
        let fingerprint = fingerprint(page.value.iter().map(|raw| raw.get()));
        Ok(Contents { changes, total: page.count, fingerprint })
    }
}

impl<H: Host> Walk<H> for Users<'_, H> {
    const SUBJECT: Subject = Subject::Users;

    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error> {
        let delta = match checkpoint.position(Subject::Users) {
            // The selection is open, but the delta link is still valid.
            Some(position) => position.delta().to_owned(),
            None => self.latest_delta().await?,
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

    fn alternative(&self) -> Option<Position> {
        let link = self.graph.endpoints().users_delta(self.reader.select()).to_string();
        Some(Position::Enumerating { link, initial: true })
    }

    fn next(
        &self,
        position: &Position,
        links: &Links<'_>,
        size: u16,
    ) -> Result<(Position, bool), Error> {
        let Position::Listing { delta, group, .. } = position else {
            return next_of_round(position, links);
        };
        let (next_page, next_group) = match &links.next {
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
        page: &Response,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Contents, Error> {
        let contents = match position {
            Position::Listing { group, .. } => self.read_listed(page, *group, after).await?,
            Position::Enumerating { .. } | Position::Following { .. } => {
                self.read_changed(page, position, after).await?
            }
        };
        if let Some(are_unknown) = self.rooms.are_unknown() {
            after.note_rooms(are_unknown, self.graph.host().now());
        }
        Ok(contents)
    }

    async fn reread(&mut self, owed: &[(String, Reported)]) -> Result<Vec<Finding>, Error> {
        let users = users_by_id(self.graph, self.reader, owed).await?;
        scope::select_all(self.graph, &mut self.rooms, users).await
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
                refusal if refusal.is_missing_object() => {
                    Refused::For(Error::InvalidSettings(vec![scope::no_such_group(*group)]))
                }
                refusal if refusal.status == 403 => {
                    Refused::For(scope::members_refused(graph, refusal))
                }
                refusal => refused_page(graph, card_number, refusal),
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
        None => forgotten_or(refusal, |refusal| graph.explain(refusal, USERS)),
    }
}

/// Returns the error where Graph refused the attribute of the card number, the only property that
/// the settings name.
pub fn wrong_attribute(card_number: Option<&Attribute>, refusal: &GraphError) -> Option<Error> {
    let attribute = card_number?;
    refusal.is_about(attribute.property()).then(|| {
        let message = format!("Microsoft Graph cannot return the attribute {attribute} of users");
        Error::wrong_field(pointer::CARD_NUMBER, message)
    })
}
