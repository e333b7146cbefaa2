//! The groups, their members, and the log of their changes: what `/groups` lists and
//! `/groups/delta` follows.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use serde_json::{Map, Value};

use super::entry::{Entry, Removal, Sequence, Slot};
use super::member::{Member, MemberKind};
use super::property::{GROUP, PropertyId, Schema};
use crate::error::ControlError;

/// A group and its direct members.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    entry: Entry,
    /// Sorted: users, then groups, then devices.
    members: Vec<Member>,
}

impl Deref for Group {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.entry
    }
}

impl Group {
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Returns the members from this one on.
    pub(crate) fn members_from(&self, first: Member) -> &[Member] {
        let at = self.members.partition_point(|member| *member < first);
        self.members.get(at..).unwrap_or_default()
    }

    pub(crate) fn has(&self, member: Member) -> bool {
        self.members.binary_search(&member).is_ok()
    }

    /// Returns the groups among the members.
    fn nested(&self) -> impl Iterator<Item = Slot> {
        let groups = self.members_from(Member::group(0)).iter();
        groups.take_while(|member| member.kind() == MemberKind::Group).map(|member| member.slot())
    }
}

/// One change of a group or a membership.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupChange {
    pub(crate) group: Slot,
    /// Member that joined or left; none if the group itself was added, removed or changed.
    pub(crate) member: Option<Member>,
}

/// All groups of the tenant, including the deleted ones.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) schema: Schema,
    groups: Vec<Group>,
    by_id: HashMap<String, Slot>,
    /// Changes number 1, 2, 3, …
    log: Vec<GroupChange>,
    /// Groups of which users and groups in the recycle bin were members. They become members again
    /// when they are restored.
    left_behind: HashMap<Member, Vec<Slot>>,
    types: PropertyId,
}

impl Groups {
    pub(crate) fn new() -> Self {
        let schema = Schema::new(&GROUP);
        Self {
            types: schema.find("groupTypes").unwrap_or_default(),
            schema,
            groups: Vec::new(),
            by_id: HashMap::new(),
            log: Vec::new(),
            left_behind: HashMap::new(),
        }
    }

    pub(crate) fn sequence(&self) -> Sequence {
        Sequence::try_from(self.log.len()).unwrap_or(Sequence::MAX)
    }

    /// Returns changes `after + 1` to `until`, in that order, with repetitions.
    pub(crate) fn changes(&self, after: Sequence, until: Sequence) -> &[GroupChange] {
        self.log.get(after as usize..until as usize).unwrap_or_default()
    }

    /// Returns all groups in the order in which they were added, including the deleted ones.
    pub(crate) fn slots(&self) -> &[Group] {
        &self.groups
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&Group> {
        self.groups.get(slot as usize)
    }

    /// Returns the groups that are not deleted, each with its slot.
    pub(crate) fn present(&self) -> impl Iterator<Item = (Slot, &Group)> {
        (0..).zip(&self.groups).filter(|(_, group)| group.removed.is_none())
    }

    /// Finds a group by its id, deleted or not.
    pub(crate) fn slot(&self, id: &str) -> Option<Slot> {
        self.by_id.get(&id.to_ascii_lowercase()).copied()
    }

    /// Finds a present group by its id.
    pub(crate) fn find(&self, id: &str) -> Option<(Slot, &Group)> {
        let slot = self.slot(id)?;
        self.at(slot).filter(|group| group.removed.is_none()).map(|group| (slot, group))
    }

    /// Returns whether this is a Microsoft 365 group. Its members can only be users, and it moves
    /// to the recycle bin when it is deleted
    /// (<https://learn.microsoft.com/graph/api/resources/groups-overview>).
    pub(crate) fn is_unified(&self, group: &Group) -> bool {
        group.json(self.types).is_some_and(|types| types.contains("\"Unified\""))
    }

    /// Returns the group and all groups in it, directly or through other groups. Each comes once,
    /// even if groups are members of each other.
    pub(crate) fn with_nested(&self, slot: Slot) -> Vec<&Group> {
        let mut seen = HashSet::from([slot]);
        let mut waiting = vec![slot];
        let mut found = Vec::new();
        while let Some(group) = waiting.pop().and_then(|slot| self.at(slot)) {
            found.push(group);
            waiting.extend(group.nested().filter(|slot| seen.insert(*slot)));
        }
        found
    }

    /// Returns the groups of which this is a direct member.
    pub(crate) fn direct(&self, member: Member) -> impl Iterator<Item = Slot> {
        self.present().filter(move |(_, group)| group.has(member)).map(|(slot, _)| slot)
    }

    /// Returns the groups of which this is a member, directly or through other groups, sorted.
    pub(crate) fn transitive(&self, member: Member) -> Vec<Slot> {
        let mut seen: HashSet<Slot> = self.direct(member).collect();
        let mut waiting: Vec<Slot> = seen.iter().copied().collect();
        while let Some(slot) = waiting.pop() {
            waiting.extend(self.direct(Member::group(slot)).filter(|outer| seen.insert(*outer)));
        }
        let mut found: Vec<Slot> = seen.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// Adds a group. Delta reports only changes that are `logged`, which excludes the groups that
    /// the tenant is made with.
    pub(crate) fn add(
        &mut self,
        id: String,
        properties: &Map<String, Value>,
        logged: bool,
    ) -> Result<Slot, ControlError> {
        let accepted = self.schema.accept_all(properties)?;
        if self.by_id.contains_key(&id) {
            return Err(ControlError::Conflict { property: "id", value: id });
        }
        let slot = Slot::try_from(self.groups.len())
            .map_err(|_| ControlError::Invalid("there are too many groups".to_owned()))?;
        let since = if logged { self.note(slot, None) } else { 0 };
        let mut entry = Entry::new(id.clone(), since);
        for (property, value) in accepted {
            entry.set(property, &value, since);
        }
        self.by_id.insert(id, slot);
        self.groups.push(Group { entry, members: Vec::new() });
        Ok(slot)
    }

    /// Sets the members of a group that the tenant is made with.
    pub(crate) fn fill(&mut self, slot: Slot, mut members: Vec<Member>) {
        members.sort_unstable();
        members.dedup();
        if let Some(group) = self.groups.get_mut(slot as usize) {
            members.shrink_to_fit();
            group.members = members;
        }
    }

    /// Changes properties of a group.
    pub(crate) fn patch(
        &mut self,
        slot: Slot,
        properties: &Map<String, Value>,
    ) -> Result<(), ControlError> {
        let accepted = self.schema.accept_all(properties)?;
        let now = self.sequence() + 1;
        let mut changed = false;
        if let Some(group) = self.groups.get_mut(slot as usize) {
            for (property, value) in accepted {
                changed |= group.entry.set(property, &value, now);
            }
        }
        if changed {
            self.note(slot, None);
        }
        Ok(())
    }

    /// Deletes a group: a Microsoft 365 group moves to the recycle bin, others are deleted
    /// permanently.
    pub(crate) fn remove(&mut self, slot: Slot, permanently: bool) {
        let Some(group) = self.at(slot) else {
            return;
        };
        let removal = match self.is_unified(group) && !permanently {
            true => Removal::Soft,
            false => Removal::Permanent,
        };
        if group.removed == Some(removal) || group.removed == Some(Removal::Permanent) {
            return;
        }
        let now = self.note(slot, None);
        if let Some(group) = self.groups.get_mut(slot as usize) {
            group.entry.removed = Some(removal);
            group.entry.since = now;
        }
        self.take_out(Member::group(slot), removal);
    }

    /// Restores a group from the recycle bin.
    pub(crate) fn restore(&mut self, slot: Slot) -> Result<(), ControlError> {
        if let Some(group) = self.at(slot).filter(|group| group.removed != Some(Removal::Soft)) {
            return Err(ControlError::Invalid(format!(
                "group `{}` is not in the recycle bin",
                group.id
            )));
        }
        let now = self.note(slot, None);
        if let Some(group) = self.groups.get_mut(slot as usize) {
            group.entry.removed = None;
            group.entry.since = now;
        }
        self.put_back(Member::group(slot));
        Ok(())
    }

    /// Checks that a group can have such a member.
    pub(crate) fn accepts(&self, slot: Slot, member: Member) -> Result<(), ControlError> {
        let unified = |slot| self.at(slot).filter(|group| self.is_unified(group));
        if member.kind() == MemberKind::User {
            return Ok(());
        }
        if let Some(group) = unified(slot) {
            return Err(ControlError::Invalid(format!(
                "group `{}` is a Microsoft 365 group: its members have to be users",
                group.id
            )));
        }
        let nested = Some(member).filter(|member| member.kind() == MemberKind::Group);
        if let Some(group) = nested.and_then(|member| unified(member.slot())) {
            return Err(ControlError::Invalid(format!(
                "group `{}` is a Microsoft 365 group: it cannot be a member of another group",
                group.id
            )));
        }
        Ok(())
    }

    /// Adds a member. An existing member stays.
    pub(crate) fn join(&mut self, slot: Slot, member: Member) -> Result<(), ControlError> {
        self.accepts(slot, member)?;
        if let Some(group) = self.groups.get_mut(slot as usize)
            && let Err(at) = group.members.binary_search(&member)
        {
            group.members.insert(at, member);
            self.note(slot, Some(member));
        }
        Ok(())
    }

    /// Removes a member. Returns false if it was not a member.
    pub(crate) fn leave(&mut self, slot: Slot, member: Member) -> bool {
        let group = self.groups.get_mut(slot as usize);
        let Some((group, at)) =
            group.and_then(|group| group.members.binary_search(&member).ok().map(|at| (group, at)))
        else {
            return false;
        };
        group.members.remove(at);
        self.note(slot, Some(member));
        true
    }

    /// Removes a deleted user or group from all groups.
    pub(crate) fn take_out(&mut self, member: Member, removal: Removal) {
        let all = 0..Slot::try_from(self.groups.len()).unwrap_or(Slot::MAX);
        let left: Vec<Slot> = all.filter(|slot| self.leave(*slot, member)).collect();
        match removal {
            Removal::Soft => drop(self.left_behind.insert(member, left)),
            Removal::Permanent => drop(self.left_behind.remove(&member)),
        }
    }

    /// Adds a restored user or group to those of its former groups that still exist.
    pub(crate) fn put_back(&mut self, member: Member) {
        for slot in self.left_behind.remove(&member).unwrap_or_default() {
            if self.at(slot).is_some_and(|group| group.removed != Some(Removal::Permanent)) {
                // Fails only if the kind of the group was changed since.
                let _ = self.join(slot, member);
            }
        }
    }

    /// Logs a change, and returns its number.
    fn note(&mut self, group: Slot, member: Option<Member>) -> Sequence {
        self.log.push(GroupChange { group, member });
        self.sequence()
    }
}
