//! [`Control`] over users.

use serde_json::Value;

use super::{Control, Properties};
use crate::error::ControlError;
use crate::tenant::change::mix::Change;
use crate::tenant::entry::Removal;

impl Control {
    /// Lists all users that are not deleted, with every property that was ever set.
    #[must_use]
    pub fn users(&self) -> Vec<Value> {
        self.read(|state| {
            let directory = &state.tenant.directory;
            directory.present().map(|user| directory.record(user)).collect()
        })
    }

    /// Returns one user. A deleted user has `@removed`.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the user does not exist.
    pub fn user(&self, key: &str) -> Result<Value, ControlError> {
        self.read(|state| Ok(state.tenant.directory.record(state.tenant.user(key)?)))
    }

    /// Adds a user, and returns the object id. Without properties, the user is invented.
    ///
    /// # Errors
    /// A property is unknown or has a wrong type, or the user principal name is taken.
    pub fn create_user(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.create_user(properties))
    }

    /// Sets properties of a user. With `@emulator.restMailbox` false, Exchange Online does not
    /// serve the mailbox (404 `MailboxNotEnabledForRESTAPI`).
    ///
    /// # Errors
    /// The user does not exist, a property is unknown or has a wrong type, or the user principal
    /// name is taken.
    pub fn patch_user(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_user(key, properties))
    }

    /// Moves a user to the recycle bin.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the user does not exist.
    pub fn delete_user(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_user(key, Removal::Soft))
    }

    /// Deletes a user permanently, also from the recycle bin.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the user does not exist.
    pub fn delete_user_permanently(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_user(key, Removal::Permanent))
    }

    /// Restores a user from the recycle bin.
    ///
    /// # Errors
    /// The user is not in the recycle bin, or the user principal name has been taken.
    pub fn restore_user(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.restore_user(id))
    }

    /// Changes the given number of users, each of them once, in a plausible mix of joiners,
    /// leavers, renames and moves. Returns the changes. Also changes a tenth as many memberships,
    /// which it does not return. The same calls on the same tenant make the same changes.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] if a name that it draws was given to another user before.
    pub fn mix(&self, users: usize) -> Result<Vec<Change>, ControlError> {
        self.change(|state| state.tenant.mix(users))
    }
}
