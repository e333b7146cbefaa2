//! The groups, who is in them, and what changed about both when: what `/groups` lists and `/groups/delta` follows.

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

    /// The members that do not come before this one.
    pub(crate) fn members_from(&self, first: Member) -> &[Member] {
        let at = self.members.partition_point(|member| *member < first);
        self.members.get(at..).unwrap_or_default()
    }

    pub(crate) fn has(&self, member: Member) -> bool {
        self.members.binary_search(&member).is_ok()
    }

    /// The groups among the members.
    fn nested(&self) -> impl Iterator<Item = Slot> {
        let groups = self.members_from(Member::group(0)).iter();
        groups.take_while(|member| member.kind() == MemberKind::Group).map(|member| member.slot())
    }
}

/// One change of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupChange {
    pub(crate) group: Slot,
    /// Who joined or left; none where the group itself came, went or changed.
    pub(crate) member: Option<Member>,
}

/// All groups of the tenant, those that are gone included.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) schema: Schema,
    groups: Vec<Group>,
    by_id: HashMap<String, Slot>,
    /// What change number 1, 2, 3, … was.
    log: Vec<GroupChange>,
    /// Where those in the recycle bin were members, and will be again once they are restored.
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

    /// What changes number `after + 1` to `until` were, in that order, repetitions included.
    pub(crate) fn changes(&self, after: Sequence, until: Sequence) -> &[GroupChange] {
        self.log.get(after as usize..until as usize).unwrap_or_default()
    }

    /// Every group that ever was, in the order of their coming.
    pub(crate) fn slots(&self) -> &[Group] {
        &self.groups
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&Group> {
        self.groups.get(slot as usize)
    }

    /// Those that are there, each with its slot.
    pub(crate) fn present(&self) -> impl Iterator<Item = (Slot, &Group)> {
        (0..).zip(&self.groups).filter(|(_, group)| group.removed.is_none())
    }

    /// By id, present or not.
    pub(crate) fn slot(&self, id: &str) -> Option<Slot> {
        self.by_id.get(&id.to_ascii_lowercase()).copied()
    }

    /// By id, if present.
    pub(crate) fn find(&self, id: &str) -> Option<(Slot, &Group)> {
        let slot = self.slot(id)?;
        self.at(slot).filter(|group| group.removed.is_none()).map(|group| (slot, group))
    }

    /// Whether this is a Microsoft 365 group: these have users as members and nothing else, and are kept for a while
    /// after they were deleted (<https://learn.microsoft.com/graph/api/resources/groups-overview>).
    pub(crate) fn is_unified(&self, group: &Group) -> bool {
        group.json(self.types).is_some_and(|types| types.contains("\"Unified\""))
    }

    /// The group and all that are in it, in it through others included. Each comes once: groups can be in a circle.
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

    /// Where somebody is a direct member.
    pub(crate) fn direct(&self, member: Member) -> impl Iterator<Item = Slot> {
        self.present().filter(move |(_, group)| group.has(member)).map(|(slot, _)| slot)
    }

    /// Where somebody is a member, through other groups too; sorted.
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

    /// Adds a group. Only changes that are `logged` are told by delta: making the tenant is not.
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

    /// Gives a group that nobody has followed yet its members.
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

    /// Deletes a group: a Microsoft 365 group can be restored with all its members, others are gone for good.
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

    /// Takes a group out of the recycle bin.
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

    /// Whether a group can have such a member.
    pub(crate) fn accepts(&self, slot: Slot, member: Member) -> Result<(), ControlError> {
        let unified = |slot| self.at(slot).filter(|group| self.is_unified(group));
        if member.kind() == MemberKind::User {
            return Ok(());
        }
        if let Some(group) = unified(slot) {
            return Err(ControlError::Invalid(format!(
                "group `{}` is a Microsoft 365 group: it has users as members, nothing else",
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

    /// Adds a member; nothing happens where it is one.
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

    /// Takes a member away; false where it is none.
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

    /// Takes somebody who is deleted out of every group.
    pub(crate) fn take_out(&mut self, member: Member, removal: Removal) {
        let all = 0..Slot::try_from(self.groups.len()).unwrap_or(Slot::MAX);
        let left: Vec<Slot> = all.filter(|slot| self.leave(*slot, member)).collect();
        match removal {
            Removal::Soft => drop(self.left_behind.insert(member, left)),
            Removal::Permanent => drop(self.left_behind.remove(&member)),
        }
    }

    /// Puts somebody who is restored back into the groups that are left of those of before.
    pub(crate) fn put_back(&mut self, member: Member) {
        for slot in self.left_behind.remove(&member).unwrap_or_default() {
            if self.at(slot).is_some_and(|group| group.removed != Some(Removal::Permanent)) {
                // What was a member once can be one again, unless the group's kind was changed by hand.
                let _ = self.join(slot, member);
            }
        }
    }

    fn note(&mut self, group: Slot, member: Option<Member>) -> Sequence {
        self.log.push(GroupChange { group, member });
        self.sequence()
    }
}
