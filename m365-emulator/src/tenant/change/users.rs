//! Changes of users.

use serde_json::{Map, Value, json};

use super::rooms::{REST_MAILBOX, flag};
use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::directory::User;
use crate::tenant::entry::{Removal, Slot};
use crate::tenant::member::Member;

impl Tenant {
    /// Returns a user, deleted or not.
    pub(crate) fn user(&self, key: &str) -> Result<&User, ControlError> {
        self.user_slot(key).map(|slot| &self.directory.slots()[slot as usize])
    }

    /// Adds a user, and invents the properties that are necessary and not given.
    pub(crate) fn create_user(
        &mut self,
        mut properties: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let mut inventor = self.inventor("created").after(self.invented);
        self.invented += 1;
        let id = match properties.remove("id") {
            None => Random::stream(self.seed, &format!("created {}", self.invented)).guid(),
            Some(Value::String(id)) if !id.is_empty() => id.to_ascii_lowercase(),
            Some(_) => return Err(ControlError::Invalid("'id' has to be a string".to_owned())),
        };
        if properties.is_empty() {
            let (_, invented) = inventor.user();
            properties = invented;
        }
        properties.entry("accountEnabled").or_insert(json!(true));
        properties.entry("userType").or_insert(json!("Member"));
        let upn = properties.get("userPrincipalName").cloned();
        if upn.is_none() {
            let upn = format!("person{}@{}", self.invented, self.domain);
            properties.insert("userPrincipalName".to_owned(), upn.into());
        }
        self.directory.add(id.clone(), &properties, true)?;
        Ok(id)
    }

    pub(crate) fn patch_user(
        &mut self,
        key: &str,
        mut changes: Map<String, Value>,
    ) -> Result<(), ControlError> {
        let slot = self.present_user(key)?;
        if let Some(served) = changes.remove(REST_MAILBOX) {
            self.directory.set_rest_mailbox(slot, flag(REST_MAILBOX, &served)?);
        }
        self.directory.patch(slot, &changes).map(drop)
    }

    pub(crate) fn remove_user(&mut self, key: &str, removal: Removal) -> Result<(), ControlError> {
        let slot = match removal {
            Removal::Soft => self.present_user(key)?,
            Removal::Permanent => self.user_slot(key)?,
        };
        self.remove_at(slot, removal);
        Ok(())
    }

    pub(crate) fn restore_user(&mut self, key: &str) -> Result<(), ControlError> {
        let slot = self.user_slot(key)?;
        self.restore_at(slot)
    }

    /// Deletes a user, and removes the user from all groups.
    pub(super) fn remove_at(&mut self, slot: Slot, removal: Removal) {
        let before = self.directory.at(slot).and_then(|user| user.removed);
        self.directory.remove(slot, removal);
        if self.directory.at(slot).and_then(|user| user.removed) != before {
            self.groups.take_out(Member::user(slot), removal);
        }
    }

    /// Restores a user, with the memberships.
    pub(super) fn restore_at(&mut self, slot: Slot) -> Result<(), ControlError> {
        self.directory.restore(slot)?;
        self.groups.put_back(Member::user(slot));
        Ok(())
    }

    fn user_slot(&self, key: &str) -> Result<Slot, ControlError> {
        self.directory.slot(key).ok_or_else(|| ControlError::no("user", key))
    }

    fn present_user(&self, key: &str) -> Result<Slot, ControlError> {
        let slot = self.user_slot(key)?;
        match self.directory.at(slot) {
            Some(user) if user.removed.is_none() => Ok(slot),
            _ => Err(ControlError::no("user", key)),
        }
    }
}
