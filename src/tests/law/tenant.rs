//! A directory that tells changes by number, in pages of any size, with repetitions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{
    people::{batch, user, with},
    script::{Asked, GRAPH, Reply, nothing, ok, refused},
};

/// Groups 1 to 6, people 11 to 50.
#[derive(Default)]
pub(super) struct Tenant {
    /// Revision, and whether blocked.
    people: BTreeMap<u8, (u32, bool)>,
    /// Revision, and who is in it: people and groups alike.
    groups: BTreeMap<u8, (u32, BTreeSet<u8>)>,
    /// Who was in a group when it was deleted.
    recycled: BTreeMap<u8, BTreeSet<u8>>,
    log: Vec<u8>,
    /// A group, or who came to it or left it.
    group_log: Vec<(u8, Option<u8>)>,
    /// Delta links of people and of groups from before these numbers count no more.
    forgotten: (usize, usize),
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Person(u8, u8),
    Group(u8, u8),
    /// Somebody joins a group, or leaves it.
    Member(u8, u8),
    /// Graph forgets the delta links of people, or of groups.
    Forget(bool),
}

pub(super) fn group_id(group: u8) -> String {
    format!("00000000-0000-4000-8000-{group:012}")
}

fn name(id: u8) -> String {
    if is_person(id) { id.to_string() } else { group_id(id) }
}

fn is_person(id: u8) -> bool {
    id > 10
}

impl Tenant {
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Person(id, 0) => {
                self.people.remove(&id);
                let left: Vec<_> = self.groups.keys().copied().collect();
                for group in left {
                    self.leave(group, id);
                }
                self.log.push(id);
            }
            Event::Person(id, 1) => {
                self.people.entry(id).or_default().1 ^= true;
                self.log.push(id);
            }
            Event::Person(id, _) => {
                self.people.entry(id).or_default().0 += 1;
                self.log.push(id);
            }
            // Two groups stay: they are what people are limited to.
            Event::Group(id, 0) if id > 2 => {
                if let Some((_, members)) = self.groups.remove(&id) {
                    self.recycled.insert(id, members);
                }
                let others: Vec<_> = self.groups.keys().copied().collect();
                for group in others {
                    self.leave(group, id);
                }
                self.group_log.push((id, None));
            }
            Event::Group(id, _) => {
                self.groups.entry(id).or_default().0 += 1;
                self.group_log.push((id, None));
                // It comes back with those who are still there.
                for member in self.recycled.remove(&id).unwrap_or_default() {
                    let exists = self.exists(member);
                    if let Some((_, members)) = self.groups.get_mut(&id).filter(|_| exists) {
                        members.insert(member);
                    }
                    self.group_log.push((id, Some(member)));
                }
            }
            Event::Member(group, member) => {
                let exists = self.exists(member);
                let Some((_, members)) = self.groups.get_mut(&group).filter(|_| exists) else {
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

    fn exists(&self, id: u8) -> bool {
        self.people.contains_key(&id) || self.groups.contains_key(&id)
    }

    fn leave(&mut self, group: u8, member: u8) {
        if self.groups.get_mut(&group).is_some_and(|(_, members)| members.remove(&member)) {
            self.group_log.push((group, Some(member)));
        }
    }

    /// Also by way of other groups, which may lead in a circle.
    fn members(&self, group: u8) -> BTreeSet<u8> {
        let mut found = BTreeSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            for member in self.groups.get(&group).into_iter().flat_map(|(_, members)| members) {
                if found.insert(*member) && !is_person(*member) {
                    open.push(*member);
                }
            }
        }
        found
    }

    /// Who is to be in ONES, with their revision.
    pub(super) fn people(&self, only: &[u8], disabled: bool) -> BTreeMap<String, String> {
        let inside: BTreeSet<u8> = only.iter().flat_map(|it| self.members(*it)).collect();
        let selected = self.people.iter().filter(|(id, (_, blocked))| {
            (disabled || !blocked) && (only.is_empty() || inside.contains(id))
        });
        selected.map(|(id, (revision, _))| (id.to_string(), revision.to_string())).collect()
    }

    /// Groups with their revision.
    pub(super) fn groups(&self) -> BTreeMap<String, String> {
        self.groups.iter().map(|(id, (revision, _))| (name(*id), revision.to_string())).collect()
    }

    /// Who is directly in which group.
    pub(super) fn memberships(&self) -> BTreeSet<(String, String)> {
        let edges = |(group, (_, members)): (&u8, &(u32, BTreeSet<u8>))| {
            members.iter().map(|it| (name(*group), name(*it))).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(edges).collect()
    }

    pub(super) fn answer(&self, asked: &Asked, size: usize) -> Reply {
        let path = asked.path.as_str();
        let token = path.rsplit('=').next().unwrap_or_default();
        if path.contains("/users/delta") {
            return match path.contains("latest") {
                true => page(Vec::new(), "deltaLink", "users/delta", &self.log.len().to_string()),
                false if number(token) < self.forgotten.0 => refused(410, "resyncRequired"),
                false => self.changes_of_people(number(token), size),
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
        // By id, so that who comes and goes meanwhile moves nobody.
        let after = if path.contains("$skiptoken") { number(token) } else { 0 };
        if path.starts_with("/v1.0/users?") {
            return listing(self.people.keys(), "users", after, size, |it| self.person(it));
        }
        if let Some(rest) = path.strip_prefix("/v1.0/groups/") {
            let group = rest.split('/').next().unwrap_or_default();
            let members = self.members(number(group.rsplit('-').next().unwrap_or_default()) as u8);
            let path = format!("groups/{group}/transitiveMembers");
            return listing(members.iter(), &path, after, size, |it| self.person(it));
        }
        match path {
            "/v1.0/$batch" => batch(asked, |url, body| self.one(url, body)),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        }
    }

    /// One question of a batch.
    fn one(&self, url: &str, body: &Value) -> (u16, Value) {
        let id = url.split(['/', '?']).nth(2).unwrap_or_default();
        let message = format!("Resource '{id}' does not exist");
        let missing =
            (404, json!({"error": {"code": "Request_ResourceNotFound", "message": message}}));
        if url.ends_with("/checkMemberGroups") {
            let person = number(id) as u8;
            let Some(groups) =
                body["groupIds"].as_array().filter(|_| self.people.contains_key(&person))
            else {
                return missing;
            };
            let inside = |it: &&Value| {
                let group = it.as_str().unwrap_or_default().rsplit('-').next().unwrap_or_default();
                self.members(number(group) as u8).contains(&person)
            };
            return (200, json!({"value": groups.iter().filter(inside).collect::<Vec<_>>()}));
        }
        let id = number(id.rsplit('-').next().unwrap_or_default()) as u8;
        match self.exists(id) {
            true if is_person(id) => (200, self.person(id)),
            true => (200, self.group(id, &[])),
            false => missing,
        }
    }

    fn person(&self, id: u8) -> Value {
        let name = name(id);
        match self.people.get(&id) {
            Some((revision, disabled)) => {
                let user = with(user(&name), "jobTitle", json!(revision.to_string()));
                let user = with(user, "accountEnabled", json!(!disabled));
                with(user, "@odata.type", json!("#microsoft.graph.user"))
            }
            None if is_person(id) => json!({"id": name, "@removed": {"reason": "changed"}}),
            // In a listing of members.
            None => json!({"@odata.type": "#microsoft.graph.group", "id": name}),
        }
    }

    fn group(&self, id: u8, members: &[u8]) -> Value {
        let Some((revision, inside)) = self.groups.get(&id) else {
            return json!({"id": name(id), "@removed": {"reason": "deleted"}});
        };
        let mut group = json!({"id": name(id), "displayName": revision.to_string()});
        // Never set, or set: both are told of.
        if id.is_multiple_of(2) {
            group["description"] = json!("A group");
            group["mail"] = Value::Null;
        }
        if !members.is_empty() {
            let kind = |it| if is_person(it) { "user" } else { "group" };
            let member = |it: &u8| {
                let mut member = json!({"@odata.type": format!("#microsoft.graph.{}", kind(*it)), "id": name(*it)});
                if !inside.contains(it) {
                    member["@removed"] = json!({"reason": "deleted"});
                }
                member
            };
            group["members@delta"] = members.iter().map(member).collect();
        }
        group
    }

    /// Each page repeats what the one before it ended with.
    fn changes_of_people(&self, from: usize, size: usize) -> Reply {
        let told = self.log.iter().skip(from.saturating_sub(1)).take(size + 1);
        let items = told.map(|it| self.person(*it)).collect();
        let next = from + size;
        match next < self.log.len() {
            true => page(items, "nextLink", "users/delta", &next.to_string()),
            false => page(items, "deltaLink", "users/delta", &self.log.len().to_string()),
        }
    }

    fn changes_of_groups(&self, from: usize, size: usize) -> Reply {
        let told = self.group_log.iter().skip(from.saturating_sub(1)).take(size + 1);
        let item = |(group, member): &(u8, Option<u8>)| {
            let mut item = self.group(*group, member.as_slice());
            if member.is_some()
                && let Some(fields) = item.as_object_mut()
            {
                // What stayed as it was need not come along.
                fields.retain(|name, _| name != "displayName" && name != "description");
            }
            item
        };
        let items = told.map(item).collect();
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
            .groups
            .iter()
            .flat_map(|(id, (_, members))| {
                let members = members.iter().map(|it| Some(*it));
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
            .map(|(_, id, member)| self.group(*id, member.as_slice()))
            .collect();
        match pieces.get(size) {
            Some((place, ..)) => {
                page(items, "nextLink", "groups/delta", &format!("all.{began}.{place}"))
            }
            None => page(items, "deltaLink", "groups/delta", &began.to_string()),
        }
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
    let ids: Vec<_> = ids.copied().filter(|it| usize::from(*it) >= after).collect();
    let items: Vec<_> = ids.iter().take(size).map(|it| item(*it)).collect();
    match ids.get(size) {
        Some(next) => page(items, "nextLink", path, &next.to_string()),
        None => ok(json!({"value": items})),
    }
}
