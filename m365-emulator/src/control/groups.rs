//! [`Control`] over groups and who is in them.

use serde::Serialize;
use serde_json::Value;

use crate::control::{Control, Properties};
use crate::error::ControlError;
use crate::tenant::Tenant;
use crate::tenant::group::Group;
use crate::tenant::member::MemberKind;

/// A group's direct members, by object id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Members {
    /// People, guests and mailboxes.
    pub users: Vec<String>,
    /// Groups that are in this one.
    pub groups: Vec<String>,
    /// Devices.
    pub devices: Vec<String>,
}

/// Groups are named by object id, members by object id or user principal name.
impl Control {
    /// All groups that are not deleted, with every property that was ever set, without members.
    #[must_use]
    pub fn groups(&self) -> Vec<Value> {
        self.read(|state| {
            let groups = &state.tenant.groups;
            groups.present().map(|(_, group)| group.record(&groups.schema)).collect()
        })
    }

    /// One group, deleted or not; `@removed` tells.
    ///
    /// # Errors
    /// There is no such group.
    pub fn group(&self, id: &str) -> Result<Value, ControlError> {
        self.read(|state| {
            let schema = &state.tenant.groups.schema;
            state.tenant.group(id).map(|group| group.record(schema))
        })
    }

    /// The direct members of a group, deleted or not.
    ///
    /// # Errors
    /// There is no such group.
    pub fn members(&self, id: &str) -> Result<Members, ControlError> {
        self.read(|state| Ok(members(&state.tenant, state.tenant.group(id)?)))
    }

    /// Shows the members of each group that is not deleted, one group after the other: a million memberships need no
    /// more room than the largest group. The emulator answers nobody meanwhile.
    pub fn each_group(&self, mut look: impl FnMut(&str, Members)) {
        self.read(|state| {
            for (_, group) in state.tenant.groups.present() {
                look(&group.id, members(&state.tenant, group));
            }
        });
    }

    /// Adds a group, a security group where nothing else is said; `members` are its first members. Answers with the
    /// object id.
    ///
    /// # Errors
    /// A property is unknown or does not fit, the id is taken, or a member is not there or not of a kind that such a
    /// group has.
    pub fn create_group(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.create_group(properties))
    }

    /// Sets properties of a group.
    ///
    /// # Errors
    /// There is no such group, or a property is unknown or does not fit.
    pub fn patch_group(&self, id: &str, properties: &Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_group(id, properties))
    }

    /// Deletes a group: a Microsoft 365 group goes to the recycle bin, others are gone for good.
    ///
    /// # Errors
    /// There is no such group.
    pub fn delete_group(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_group(id, false))
    }

    /// Deletes a group for good, from the recycle bin too.
    ///
    /// # Errors
    /// There is no such group.
    pub fn delete_group_permanently(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_group(id, true))
    }

    /// Takes a group out of the recycle bin, members included.
    ///
    /// # Errors
    /// There is no such group in it.
    pub fn restore_group(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.restore_group(id))
    }

    /// Adds members: users, and to other groups than those of Microsoft 365 also groups and devices. Who is a member
    /// already stays one. Groups may end up in a circle.
    ///
    /// # Errors
    /// The group or a member is not there, or a member is not of a kind that the group has; nobody is added then.
    pub fn add_members(&self, id: &str, members: &[impl AsRef<str>]) -> Result<(), ControlError> {
        self.change(|state| state.tenant.add_members(id, members))
    }

    /// Takes members away. Who is none is passed over.
    ///
    /// # Errors
    /// The group or a member is not there.
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
