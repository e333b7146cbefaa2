//! The users and the log of their changes: what `/users` lists and `/users/delta` follows.

use std::collections::HashMap;
use std::ops::Deref;

use serde_json::{Map, Value};

use super::entry::{Entry, Removal, Sequence, Slot};
use super::property::{PropertyId, Schema};
use crate::error::ControlError;

/// A user, which can be the mailbox of a room.
#[derive(Clone, Debug)]
pub(crate) struct User {
    entry: Entry,
    /// Whether Exchange Online serves the mailbox, if there is one.
    pub(crate) rest_mailbox: bool,
}

impl Deref for User {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.entry
    }
}

/// All users of the tenant, including the deleted ones.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) schema: Schema,
    users: Vec<User>,
    by_id: HashMap<String, Slot>,
    by_upn: HashMap<String, Slot>,
    /// The users of changes number 1, 2, 3, …
    log: Vec<Slot>,
    upn: PropertyId,
    mail: PropertyId,
}

impl Directory {
    pub(crate) fn new(schema: Schema) -> Self {
        let upn = schema.find("userPrincipalName").unwrap_or_default();
        let mail = schema.find("mail").unwrap_or_default();
        Self {
            schema,
            users: Vec::new(),
            by_id: HashMap::new(),
            by_upn: HashMap::new(),
            log: Vec::new(),
            upn,
            mail,
        }
    }

    pub(crate) fn sequence(&self) -> Sequence {
        Sequence::try_from(self.log.len()).unwrap_or(Sequence::MAX)
    }

    /// Returns all users in the order in which they were added, including the deleted ones.
    pub(crate) fn slots(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&User> {
        self.users.get(slot as usize)
    }

    /// Returns the users that are not deleted.
    pub(crate) fn present(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.removed.is_none())
    }

    /// Returns the users of changes `after + 1` to `until`, in that order, with repetitions.
    pub(crate) fn changes(&self, after: Sequence, until: Sequence) -> &[Slot] {
        self.log.get(after as usize..until as usize).unwrap_or_default()
    }

    /// Finds a user by id or user principal name, deleted or not.
    pub(crate) fn slot(&self, key: &str) -> Option<Slot> {
        self.by_id
            .get(&key.to_ascii_lowercase())
            .or_else(|| self.by_upn.get(&key.to_lowercase()))
            .copied()
    }

    /// Finds a present user by id or user principal name.
    pub(crate) fn find(&self, key: &str) -> Option<&User> {
        self.slot(key).and_then(|slot| self.at(slot)).filter(|user| user.removed.is_none())
    }

    /// Finds a present user by id, user principal name, or mail, as Exchange does.
    pub(crate) fn find_mailbox(&self, key: &str) -> Option<&User> {
        self.find(key).or_else(|| {
            let wanted = key.to_lowercase();
            self.present()
                .find(|user| user.text(self.mail).is_some_and(|mail| mail.to_lowercase() == wanted))
        })
    }

    /// Returns a string property by its name.
    pub(crate) fn text(&self, user: &User, name: &str) -> Option<String> {
        user.text(self.schema.find(name)?)
    }

    /// Returns whether a property is true.
    pub(crate) fn flag(&self, user: &User, name: &str) -> bool {
        self.schema.find(name).and_then(|property| user.json(property)) == Some("true")
    }

    pub(crate) fn has_mailbox(&self, user: &User) -> bool {
        user.rest_mailbox && user.text(self.mail).is_some()
    }

    /// Adds a user. Delta reports only changes that are `logged`, which excludes the users that the
    /// tenant is made with.
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
        let upn = properties
            .get("userPrincipalName")
            .and_then(Value::as_str)
            .filter(|upn| !upn.is_empty())
            .ok_or_else(|| ControlError::Invalid("a user needs a userPrincipalName".to_owned()))?;
        self.claim_upn(upn, None)?;

        let slot = Slot::try_from(self.users.len())
            .map_err(|_| ControlError::Invalid("the directory is full".to_owned()))?;
        if logged {
            self.log.push(slot);
        }
        let now = self.sequence();
        let since = if logged { now } else { 0 };
        let mut entry = Entry::new(id.clone(), since);
        for (property, value) in accepted {
            entry.set(property, &value, since);
        }
        self.by_id.insert(id, slot);
        self.by_upn.insert(upn.to_lowercase(), slot);
        self.users.push(User { entry, rest_mailbox: true });
        Ok(slot)
    }

    /// Changes properties of a present user. Returns whether a value changed.
    pub(crate) fn patch(
        &mut self,
        slot: Slot,
        properties: &Map<String, Value>,
    ) -> Result<bool, ControlError> {
        let accepted = self.schema.accept_all(properties)?;
        let renamed = match properties.get("userPrincipalName") {
            None => None,
            Some(Value::String(upn)) if !upn.is_empty() => Some(upn),
            Some(_) => {
                return Err(ControlError::Invalid("a user needs a userPrincipalName".to_owned()));
            }
        };
        if let Some(upn) = renamed {
            self.claim_upn(upn, Some(slot))?;
            self.release_upn(slot);
            self.by_upn.insert(upn.to_lowercase(), slot);
        }
        let now = self.sequence() + 1;
        let mut changed = false;
        if let Some(user) = self.users.get_mut(slot as usize) {
            for (property, value) in accepted {
                changed |= user.entry.set(property, &value, now);
            }
        }
        if changed {
            self.log.push(slot);
        }
        Ok(changed)
    }

    /// Moves a user to the recycle bin, or deletes the user permanently.
    pub(crate) fn remove(&mut self, slot: Slot, removal: Removal) {
        let now = self.sequence() + 1;
        if let Some(user) = self.users.get_mut(slot as usize)
            && user.removed != Some(removal)
            && user.removed != Some(Removal::Permanent)
        {
            user.entry.removed = Some(removal);
            user.entry.since = now;
            self.log.push(slot);
            // The name can be used again, the id cannot.
            self.release_upn(slot);
        }
    }

    /// Restores a user from the recycle bin.
    pub(crate) fn restore(&mut self, slot: Slot) -> Result<(), ControlError> {
        let now = self.sequence() + 1;
        let upn = self.upn;
        let Some(user) = self.users.get(slot as usize) else {
            return Ok(());
        };
        if user.removed != Some(Removal::Soft) {
            return Err(ControlError::Invalid(format!(
                "user `{}` is not in the recycle bin",
                user.id
            )));
        }
        let name = user.text(upn).unwrap_or_default();
        self.claim_upn(&name, Some(slot))?;
        self.by_upn.insert(name.to_lowercase(), slot);
        if let Some(user) = self.users.get_mut(slot as usize) {
            user.entry.removed = None;
            user.entry.since = now;
        }
        self.log.push(slot);
        Ok(())
    }

    pub(crate) fn set_rest_mailbox(&mut self, slot: Slot, served: bool) {
        if let Some(user) = self.users.get_mut(slot as usize) {
            user.rest_mailbox = served;
        }
    }

    /// Returns all stored properties of a user.
    pub(crate) fn record(&self, user: &User) -> Value {
        user.record(&self.schema)
    }

    fn release_upn(&mut self, slot: Slot) {
        let name =
            self.at(slot).and_then(|user| user.text(self.upn)).unwrap_or_default().to_lowercase();
        if self.by_upn.get(&name) == Some(&slot) {
            self.by_upn.remove(&name);
        }
    }

    fn claim_upn(&self, upn: &str, by: Option<Slot>) -> Result<(), ControlError> {
        match self.by_upn.get(&upn.to_lowercase()) {
            Some(holder) if Some(*holder) != by => {
                Err(ControlError::Conflict { property: "userPrincipalName", value: upn.to_owned() })
            }
            _ => Ok(()),
        }
    }
}
