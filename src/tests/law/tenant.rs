//! A directory that reports changes by number, in pages of any size, with repetitions. Reads by id
//! and checks of groups are answered by replicas that lag, or not at all.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value, json};

use super::super::{
    script::{Asked, GRAPH, Reply, nothing, ok, refused},
    users::{batch, user, with},
};

/// Users and groups at one time. Groups have the numbers 1 to 6, users 11 to 50.
#[derive(Default, Clone)]
struct Now {
    /// Revision of each user, and whether it is blocked.
    users: BTreeMap<u8, (u32, bool)>,
    /// Revision of each group, and its members, which are users or groups.
    groups: BTreeMap<u8, (u32, BTreeSet<u8>)>,
}

/// A directory whose replicas can lag.
#[derive(Default)]
pub(super) struct Tenant {
    now: Now,
    /// Users and groups before each event.
    past: Vec<Now>,
    /// Members of each deleted group at its deletion.
    recycled: BTreeMap<u8, BTreeSet<u8>>,
    /// Users that were ever deleted or blocked, and groups that were ever deleted.
    gone: BTreeSet<u8>,
    /// Users that changed, and their changed properties.
    log: Vec<(u8, &'static [&'static str])>,
    /// Groups that changed, each with the member that joined or left, if any.
    group_log: Vec<(u8, Option<u8>)>,
    /// Delta links of users and of groups are invalid if they are older than these positions.
    forgotten: (usize, usize),
}

/// A change in the tenant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    User(u8, u8),
    Group(u8, u8),
    /// A user or group joins a group, or leaves it.
    Member(u8, u8),
    /// Graph forgets the delta links of users, or of groups.
    Forget(bool),
}

pub(super) fn group_id(group: u8) -> String {
    format!("00000000-0000-4000-8000-{group:012}")
}

fn name(id: u8) -> String {
    if is_user(id) { id.to_string() } else { group_id(id) }
}

fn is_user(id: u8) -> bool {
    id > 10
}

impl Tenant {
    pub(super) fn apply(&mut self, event: Event) {
        self.past.push(self.now.clone());
        match event {
            Event::User(id, 0) => {
                self.now.users.remove(&id);
                let left: Vec<_> = self.now.groups.keys().copied().collect();
                for group in left {
                    self.leave(group, id);
                }
                self.gone.insert(id);
                self.log.push((id, &[]));
            }
            Event::User(id, action) => {
                let is_new = !self.now.users.contains_key(&id);
                let (revision, blocked) = self.now.users.entry(id).or_default();
                if is_new || action != 1 {
                    // A different number for each change, so that an old answer can be recognized.
                    *revision = self.past.len() as u32;
                }
                *blocked ^= action == 1;
                if *blocked {
                    self.gone.insert(id);
                }
                self.log.push((
                    id,
                    match action {
                        _ if is_new => &["userPrincipalName", "jobTitle", "accountEnabled"],
                        1 => &["accountEnabled"],
                        _ => &["jobTitle"],
                    },
                ));
            }
            // Groups 1 and 2 stay, because the settings limit users to them.
            Event::Group(id, 0) if id > 2 => {
                if let Some((_, members)) = self.now.groups.remove(&id) {
                    self.recycled.insert(id, members);
                }
                let others: Vec<_> = self.now.groups.keys().copied().collect();
                for group in others {
                    self.leave(group, id);
                }
                self.gone.insert(id);
                self.group_log.push((id, None));
            }
            Event::Group(id, _) => {
                self.now.groups.entry(id).or_default().0 = self.past.len() as u32;
                self.group_log.push((id, None));
                // A restored group has the members that still exist.
                for member in self.recycled.remove(&id).unwrap_or_default() {
                    let exists = self.now.exists(member);
                    if let Some((_, members)) = self.now.groups.get_mut(&id).filter(|_| exists) {
                        members.insert(member);
                    }
                    self.group_log.push((id, Some(member)));
                }
            }
            Event::Member(group, member) => {
                let exists = self.now.exists(member);
                let Some((_, members)) = self.now.groups.get_mut(&group).filter(|_| exists) else {
                    return;
                };
                if !members.remove(&member) {
                    members.insert(member);
                }
                self.group_log.push((group, Some(member)));
            }
            Event::Forget(true) => self.forgotten.0 = self.log.len(),
            Event::Forget(false) => self.forgotten.1 = self.group_log.len(),
        }
    }

    /// Whether it was deleted or blocked at some time.
    pub(super) fn was_gone(&self, id: &str) -> bool {
        self.gone.contains(&(number(id.rsplit('-').next().unwrap_or_default()) as u8))
    }

    fn leave(&mut self, group: u8, member: u8) {
        let groups = &mut self.now.groups;
        if groups.get_mut(&group).is_some_and(|(_, members)| members.remove(&member)) {
            self.group_log.push((group, Some(member)));
        }
    }

    /// Users that ONES has to store, with their revision.
    pub(super) fn users(&self, only: &[u8], disabled: bool) -> BTreeMap<String, String> {
        let inside: BTreeSet<u8> = only.iter().flat_map(|it| self.now.members(*it)).collect();
        let selected = self.now.users.iter().filter(|(id, (_, blocked))| {
            (disabled || !blocked) && (only.is_empty() || inside.contains(id))
        });
        selected.map(|(id, (revision, _))| (id.to_string(), revision.to_string())).collect()
    }

    /// Groups with their revision.
    pub(super) fn groups(&self) -> BTreeMap<String, String> {
        let groups = self.now.groups.iter();
        groups.map(|(id, (revision, _))| (name(*id), revision.to_string())).collect()
    }

    /// Direct memberships of the groups.
    pub(super) fn memberships(&self) -> BTreeSet<(String, String)> {
        let edges = |(group, (_, members)): (&u8, &(u32, BTreeSet<u8>))| {
            members.iter().map(|member| (name(*group), name(*member))).collect::<Vec<_>>()
        };
        self.now.groups.iter().flat_map(edges).collect()
    }

    pub(super) fn answer(&self, asked: &Asked, size: usize, faults: &Faults) -> Reply {
        let path = asked.path.as_str();
        let token = path.rsplit('=').next().unwrap_or_default();
        let now = &self.now;
        if path.contains("/users/delta") {
            return match token.strip_prefix("all.") {
                Some(place) => self.all_users(place, size),
                None if path.contains("latest") => {
                    page(Vec::new(), "deltaLink", "users/delta", &self.log.len().to_string())
                }
                None if path.contains("$select=") => {
                    self.all_users(&format!("{}.0", self.log.len()), size)
                }
                None if number(token) < self.forgotten.0 => refused(410, "resyncRequired"),
                None => self.changes_of_users(number(token), size),
            };
        }
        if path.contains("/groups/delta") {
            return match token.strip_prefix("all.") {
                Some(place) => self.all_groups(place, size),
                None if path.contains("$select=") => {
                    self.all_groups(&format!("{}.0", self.group_log.len()), size)
                }
                None if number(token) < self.forgotten.1 => refused(400, "syncStateNotFound"),
                None => self.changes_of_groups(number(token), size),
            };
        }
        // By id, so that users who are added or removed meanwhile move no other.
        let after = if path.contains("$skiptoken") { number(token) } else { 0 };
        let is_listing = path.starts_with("/v1.0/users?") || path.starts_with("/v1.0/groups/");
        if is_listing && path.contains("$skiptoken") && faults.expires(after) {
            return refused(400, "Directory_ExpiredPageToken");
        }
        if path.starts_with("/v1.0/users?") {
            return listing(now.users.keys(), "users", after, size, |it| now.user(it));
        }
        if let Some(rest) = path.strip_prefix("/v1.0/groups/") {
            let group = rest.split('/').next().unwrap_or_default();
            let members = now.members(number(group.rsplit('-').next().unwrap_or_default()) as u8);
            let path = format!("groups/{group}/transitiveMembers");
            return listing(members.iter(), &path, after, size, |it| now.user(it));
        }
        match path {
            "/v1.0/$batch" => batch(asked, |url, body| faults.answer(self, url, body)),
            path if path.contains("/places/") && faults.places => refused(500, "UnknownError"),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        }
    }

    /// What a replica knows that has not seen the latest events.
    fn replica(&self, behind: usize) -> &Now {
        let known = self.past.len().saturating_sub(behind);
        self.past.get(known).unwrap_or(&self.now)
    }

    /// An item of delta: what changed, and at times more.
    fn change(&self, id: u8, changed: &[&str]) -> Value {
        let mut item = self.now.user(id);
        if let Some(fields) = item.as_object_mut().filter(|it| !it.contains_key("@removed")) {
            let reported = |it: &str| it == "id" || changed.contains(&it);
            // Some contain all properties.
            fields.retain(|it, _| id.is_multiple_of(3) || reported(it));
        }
        item
    }

    /// The first round of delta: `place` is where the log stood as it began, and who comes next.
    fn all_users(&self, place: &str, size: usize) -> Reply {
        let mut numbers = place.split('.').map(number);
        let mut next = || numbers.next().unwrap_or_default();
        let (began, after) = (next(), next());
        let ids: Vec<_> =
            self.now.users.keys().copied().filter(|it| usize::from(*it) >= after).collect();
        let items = ids.iter().take(size).map(|it| self.now.user(*it)).collect();
        match ids.get(size) {
            Some(next) => page(items, "nextLink", "users/delta", &format!("all.{began}.{next}")),
            None => page(items, "deltaLink", "users/delta", &began.to_string()),
        }
    }

    /// Each page repeats what the one before it ended with.
    fn changes_of_users(&self, from: usize, size: usize) -> Reply {
        let reported = self.log.iter().skip(from.saturating_sub(1));
        // Nothing new is nothing to repeat.
        let reported = reported.take(if from < self.log.len() { size + 1 } else { 0 });
        let items = reported.map(|(id, changed)| self.change(*id, changed)).collect();
        let next = from + size;
        match next < self.log.len() {
            true => page(items, "nextLink", "users/delta", &next.to_string()),
            false => page(items, "deltaLink", "users/delta", &self.log.len().to_string()),
        }
    }

    fn changes_of_groups(&self, from: usize, size: usize) -> Reply {
        let reported = self.group_log.iter().skip(from.saturating_sub(1)).take(size + 1);
        let item = |(group, member): &(u8, Option<u8>)| {
            let mut item = self.now.group(*group, member.as_slice());
            if member.is_some()
                && let Some(fields) = item.as_object_mut()
            {
                // What stayed as it was need not come along.
                fields.retain(|name, _| name != "displayName" && name != "description");
            }
            item
        };
        let items = reported.map(item).collect();
        let next = from + size;
        match next < self.group_log.len() {
            true => page(items, "nextLink", "groups/delta", &next.to_string()),
            false => page(items, "deltaLink", "groups/delta", &self.group_log.len().to_string()),
        }
    }

    /// The first round: a group comes again with each further piece of its members. `place` is
    /// where the log stood as it began, and the group and member that come next.
    fn all_groups(&self, place: &str, size: usize) -> Reply {
        let mut numbers = place.split('.').map(number);
        let mut next = || numbers.next().unwrap_or_default();
        let (began, after) = (next(), next());
        let pieces: Vec<_> = self
            .now
            .groups
            .iter()
            .flat_map(|(id, (_, members))| {
                let members = members.iter().map(|member| Some(*member));
                std::iter::once(None).chain(members).map(|it| (*id, it))
            })
            .map(|(id, member)| {
                (usize::from(id) * 256 + usize::from(member.unwrap_or(0)), id, member)
            })
            .filter(|(place, ..)| *place >= after)
            .collect();
        let items: Vec<_> = pieces
            .iter()
            .take(size)
            .map(|(_, id, member)| self.now.group(*id, member.as_slice()))
            .collect();
        match pieces.get(size) {
            Some((place, ..)) => {
                page(items, "nextLink", "groups/delta", &format!("all.{began}.{place}"))
            }
            None => page(items, "deltaLink", "groups/delta", &began.to_string()),
        }
    }
}

/// What goes wrong in a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    /// How many events behind the replicas are that answer, one after the other, over and over.
    pub(super) behind: Vec<usize>,
    /// Statuses of sub-requests that fail, in the same way; 0 is none that fails.
    pub(super) statuses: Vec<u16>,
    /// Whether Places fails.
    pub(super) places: bool,
    /// First id from which the page links of a listing are expired, if any.
    pub(super) expired: Option<usize>,
    pub(super) asked: Cell<usize>,
}

impl Faults {
    fn expires(&self, after: usize) -> bool {
        self.expired.is_some_and(|it| after >= it)
    }

    /// Answers one question of a batch.
    fn answer(&self, tenant: &Tenant, url: &str, body: &Value) -> (u16, Value) {
        let turn = self.asked.replace(self.asked.get() + 1);
        let pick = |list: &[usize]| list.get(turn % list.len().max(1)).copied().unwrap_or(0);
        let statuses: Vec<_> = self.statuses.iter().map(|status| usize::from(*status)).collect();
        match pick(&statuses) {
            0 => tenant.replica(pick(&self.behind)).one(url, body),
            status => (status as u16, json!({"error": {"code": "internal", "message": "-"}})),
        }
    }
}

impl Now {
    fn exists(&self, id: u8) -> bool {
        self.users.contains_key(&id) || self.groups.contains_key(&id)
    }

    /// Also by way of other groups, which may lead in a circle.
    fn members(&self, group: u8) -> BTreeSet<u8> {
        let mut found = BTreeSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            for member in self.groups.get(&group).into_iter().flat_map(|(_, members)| members) {
                if found.insert(*member) && !is_user(*member) {
                    open.push(*member);
                }
            }
        }
        found
    }

    /// One question of a batch.
    fn one(&self, url: &str, body: &Value) -> (u16, Value) {
        let id = url.split(['/', '?']).nth(2).unwrap_or_default();
        let message = format!("Resource '{id}' does not exist");
        let missing =
            (404, json!({"error": {"code": "Request_ResourceNotFound", "message": message}}));
        if url.ends_with("/checkMemberGroups") {
            let user = number(id) as u8;
            let Some(groups) =
                body["groupIds"].as_array().filter(|_| self.users.contains_key(&user))
            else {
                return missing;
            };
            let inside = |it: &&Value| {
                let group = it.as_str().unwrap_or_default().rsplit('-').next().unwrap_or_default();
                self.members(number(group) as u8).contains(&user)
            };
            return (200, json!({"value": groups.iter().filter(inside).collect::<Vec<_>>()}));
        }
        let id = number(id.rsplit('-').next().unwrap_or_default()) as u8;
        match self.exists(id) {
            true if is_user(id) => (200, self.user(id)),
            true => (200, self.group(id, &[])),
            false => missing,
        }
    }

    fn user(&self, id: u8) -> Value {
        let name = name(id);
        match self.users.get(&id) {
            Some((revision, disabled)) => {
                let user = with(user(&name), "jobTitle", json!(revision.to_string()));
                let user = with(user, "accountEnabled", json!(!disabled));
                with(user, "@odata.type", json!("#microsoft.graph.user"))
            }
            None if is_user(id) => json!({"id": name, "@removed": {"reason": "changed"}}),
            // In a listing of members.
            None => json!({"@odata.type": "#microsoft.graph.group", "id": name}),
        }
    }

    fn group(&self, id: u8, members: &[u8]) -> Value {
        let Some((revision, inside)) = self.groups.get(&id) else {
            return json!({"id": name(id), "@removed": {"reason": "deleted"}});
        };
        let mut group = json!({"id": name(id), "displayName": revision.to_string()});
        // Some groups have values, some do not.
        if id.is_multiple_of(2) {
            group["description"] = json!("A group");
            group["mail"] = Value::Null;
        }
        if !members.is_empty() {
            let member = |&id: &u8| {
                let kind = if is_user(id) { "user" } else { "group" };
                let mut member =
                    json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": name(id)});
                if !inside.contains(&id) {
                    member["@removed"] = json!({"reason": "deleted"});
                }
                member
            };
            group["members@delta"] = members.iter().map(member).collect();
        }
        group
    }
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_default()
}

fn page(items: Vec<Value>, link: &str, path: &str, token: &str) -> Reply {
    let kind = if link == "deltaLink" { "$deltatoken" } else { "$skiptoken" };
    ok(json!({
        "value": items,
        (format!("@odata.{link}")): format!("{GRAPH}/v1.0/{path}?{kind}={token}"),
    }))
}

fn listing<'a>(
    ids: impl Iterator<Item = &'a u8>,
    path: &str,
    after: usize,
    size: usize,
    item: impl Fn(u8) -> Value,
) -> Reply {
    let ids: Vec<_> = ids.copied().filter(|id| usize::from(*id) >= after).collect();
    let items: Vec<_> = ids.iter().take(size).map(|it| item(*it)).collect();
    match ids.get(size) {
        Some(next) => page(items, "nextLink", path, &next.to_string()),
        None => ok(json!({"value": items})),
    }
}
