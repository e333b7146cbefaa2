//! [`Control`] over groups and their members.

use serde::Serialize;
use serde_json::Value;

use super::{Control, Properties};
use crate::error::ControlError;
use crate::tenant::Tenant;
use crate::tenant::group::Group;
use crate::tenant::member::MemberKind;

/// A group's direct members, by object id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Members {
    /// Users, including guests and mailboxes.
    pub users: Vec<String>,
    /// Groups that are members of this one.
    pub groups: Vec<String>,
    /// Devices.
    pub devices: Vec<String>,
}

impl Control {
    /// Lists all groups that are not deleted, with every property that was ever set, without
    /// members.
    #[must_use]
    pub fn groups(&self) -> Vec<Value> {
        self.read(|state| {
            let groups = &state.tenant.groups;
            groups.present().map(|(_, group)| group.record(&groups.schema)).collect()
        })
    }

    /// Returns one group. A deleted group has `@removed`.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the group does not exist.
    pub fn group(&self, id: &str) -> Result<Value, ControlError> {
        self.read(|state| {
            let schema = &state.tenant.groups.schema;
            state.tenant.group(id).map(|group| group.record(schema))
        })
    }

    /// Returns the direct members of a group, which may be deleted.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the group does not exist.
    pub fn members(&self, id: &str) -> Result<Members, ControlError> {
        self.read(|state| Ok(members(&state.tenant, state.tenant.group(id)?)))
    }

    /// Calls `look` with the members of each group that is not deleted, one group after the other,
    /// so that a million memberships need only the memory of the largest group. The emulator
    /// answers no requests during the calls.
    pub fn each_group(&self, mut look: impl FnMut(&str, Members)) {
        self.read(|state| {
            for (_, group) in state.tenant.groups.present() {
                look(&group.id, members(&state.tenant, group));
            }
        });
    }

    /// Adds a group, and returns its object id. The default is a security group. `members` names
    /// its first members, by object id or user principal name.
    ///
    /// # Errors
    /// A property is unknown or has a wrong type, the id is taken, or a member does not exist or is
    /// of a kind that such a group cannot have.
    pub fn create_group(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.create_group(properties))
    }

    /// Sets properties of a group.
    ///
    /// # Errors
    /// The group does not exist, or a property is unknown or has a wrong type.
    pub fn patch_group(&self, id: &str, properties: &Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_group(id, properties))
    }

    /// Deletes a group: a Microsoft 365 group moves to the recycle bin, others are deleted
    /// permanently.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the group does not exist.
    pub fn delete_group(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_group(id, false))
    }

    /// Deletes a group permanently, also from the recycle bin.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the group does not exist.
    pub fn delete_group_permanently(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_group(id, true))
    }

    /// Restores a group from the recycle bin, with its members.
    ///
    /// # Errors
    /// The group is not in the recycle bin.
    pub fn restore_group(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.restore_group(id))
    }

    /// Adds members, named by object id or user principal name: users, and to groups other than
    /// Microsoft 365 groups also groups and devices. Existing members stay. Groups may become
    /// members of each other.
    ///
    /// # Errors
    /// The group or a member does not exist, or a member is of a kind that the group cannot have.
    /// Then no member is added.
    pub fn add_members(&self, id: &str, members: &[impl AsRef<str>]) -> Result<(), ControlError> {
        self.change(|state| state.tenant.add_members(id, members))
    }

    /// Removes members. Users, groups and devices that are not members are ignored.
    ///
    /// # Errors
    /// The group or a member does not exist.
    pub fn remove_members(
        &self,
        id: &str,
        members: &[impl AsRef<str>],
    ) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_members(id, members))
    }
}

fn members(tenant: &Tenant, group: &Group) -> Members {
    let mut members = Members::default();
    for member in group.members() {
        let Some(entry) = tenant.entry(*member) else {
            continue;
        };
        let list = match member.kind() {
            MemberKind::User => &mut members.users,
            MemberKind::Group => &mut members.groups,
            MemberKind::Device => &mut members.devices,
        };
        list.push(entry.id.clone());
    }
    members
}
