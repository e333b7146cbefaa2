//! Changes of groups and memberships.

use serde_json::{Map, Value, json};

use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::entry::Slot;
use crate::tenant::group::Group;
use crate::tenant::member::{Member, MemberKind};

impl Tenant {
    /// Returns a group, deleted or not.
    pub(crate) fn group(&self, id: &str) -> Result<&Group, ControlError> {
        self.group_slot(id).map(|slot| &self.groups.slots()[slot as usize])
    }

    /// Adds a group, by default a security group. `members` names its members.
    pub(crate) fn create_group(
        &mut self,
        mut properties: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let number = self.groups.slots().len() + 1;
        let id = match properties.remove("id") {
            None => Random::stream(self.seed, &format!("created group {number}")).guid(),
            Some(Value::String(id)) if !id.is_empty() => id.to_ascii_lowercase(),
            Some(_) => return Err(ControlError::Invalid("'id' has to be a string".to_owned())),
        };
        let members = match properties.remove("members") {
            None => Vec::<String>::new(),
            Some(keys) => serde_json::from_value(keys).map_err(|_| {
                ControlError::Invalid("'members' has to be a list of ids".to_owned())
            })?,
        };
        let members = self.members_named(&members)?;
        let is_unified = properties.get("groupTypes").is_some_and(|types| {
            types.as_array().is_some_and(|types| types.contains(&json!("Unified")))
        });
        properties.entry("displayName").or_insert_with(|| format!("Group {number}").into());
        properties.entry("groupTypes").or_insert(json!([]));
        properties.entry("mailEnabled").or_insert(json!(is_unified));
        properties.entry("mailNickname").or_insert_with(|| format!("group{number}").into());
        properties.entry("securityEnabled").or_insert(json!(!is_unified));
        if is_unified && members.iter().any(|member| member.kind() != MemberKind::User) {
            return Err(ControlError::Invalid(
                "members of a Microsoft 365 group have to be users".to_owned(),
            ));
        }
        let slot = self.groups.add(id.clone(), &properties, true)?;
        members.into_iter().try_for_each(|member| self.groups.join(slot, member))?;
        Ok(id)
    }

    pub(crate) fn patch_group(
        &mut self,
        id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ControlError> {
        let slot = self.present_group(id)?;
        self.groups.patch(slot, properties)
    }

    pub(crate) fn remove_group(&mut self, id: &str, permanently: bool) -> Result<(), ControlError> {
        let slot = if permanently { self.group_slot(id)? } else { self.present_group(id)? };
        self.groups.remove(slot, permanently);
        Ok(())
    }

    pub(crate) fn restore_group(&mut self, id: &str) -> Result<(), ControlError> {
        let slot = self.group_slot(id)?;
        self.groups.restore(slot)
    }

    /// Adds members, named by id or user principal name. If one cannot be added, none is.
    pub(crate) fn add_members(
        &mut self,
        id: &str,
        keys: &[impl AsRef<str>],
    ) -> Result<(), ControlError> {
        let slot = self.present_group(id)?;
        let members = self.members_named(keys)?;
        for member in &members {
            self.groups.accepts(slot, *member)?;
        }
        members.into_iter().try_for_each(|member| self.groups.join(slot, member))
    }

    /// Removes members. Users, groups and devices that are not members are ignored.
    pub(crate) fn remove_members(
        &mut self,
        id: &str,
        keys: &[impl AsRef<str>],
    ) -> Result<(), ControlError> {
        let slot = self.present_group(id)?;
        for member in self.members_named(keys)? {
            self.groups.leave(slot, member);
        }
        Ok(())
    }

    /// Changes the given number of memberships of users, in groups without a membership rule.
    pub(super) fn mix_memberships(&mut self, count: usize) {
        let mut random = Random::stream(self.seed, &format!("membership mix {}", self.mixes));
        let rule = self.groups.schema.find("membershipRule").unwrap_or_default();
        let groups: Vec<Slot> = self
            .groups
            .present()
            .filter(|(_, group)| group.json(rule).is_none())
            .map(|(slot, _)| slot)
            .collect();
        let users: Vec<Slot> = (0..)
            .zip(self.directory.slots())
            .filter(|(_, user)| user.removed.is_none())
            .map(|(slot, _)| slot)
            .collect();
        if groups.is_empty() || users.is_empty() {
            return;
        }
        for _ in 0..count {
            let slot = groups[random.below(groups.len())];
            let members = self.groups.at(slot).map(Group::members).unwrap_or_default();
            if !members.is_empty() && random.percent(50) {
                let member = members[random.below(members.len())];
                self.groups.leave(slot, member);
            } else {
                // Every group accepts users.
                let _ = self.groups.join(slot, Member::user(users[random.below(users.len())]));
            }
        }
    }

    fn members_named(&self, keys: &[impl AsRef<str>]) -> Result<Vec<Member>, ControlError> {
        keys.iter().map(|key| self.member(key.as_ref())).collect()
    }

    /// Finds a present user, group or device, by id or user principal name.
    fn member(&self, key: &str) -> Result<Member, ControlError> {
        let user = self.directory.slot(key).map(Member::user);
        let group = || self.groups.slot(key).map(Member::group);
        let device = || {
            let at = self.devices.iter().position(|device| device.id.eq_ignore_ascii_case(key))?;
            Slot::try_from(at).ok().map(Member::device)
        };
        user.or_else(group)
            .or_else(device)
            .filter(|member| self.entry(*member).is_some_and(|entry| entry.removed.is_none()))
            .ok_or_else(|| ControlError::no("user, group or device", key))
    }

    fn group_slot(&self, id: &str) -> Result<Slot, ControlError> {
        self.groups.slot(id).ok_or_else(|| ControlError::no("group", id))
    }

    fn present_group(&self, id: &str) -> Result<Slot, ControlError> {
        let (slot, _) = self.groups.find(id).ok_or_else(|| ControlError::no("group", id))?;
        Ok(slot)
    }
}
