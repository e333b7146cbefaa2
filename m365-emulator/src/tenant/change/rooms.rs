//! Changes of rooms and workspaces, and of the users that are their mailboxes.

use serde_json::{Map, Value, json};

use crate::cloud::Cloud;
use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::entry::Removal;
use crate::tenant::place::{Kind, Room, is_named, text};

/// Whether Places knows a room. No answer of Graph has this member.
const IN_PLACES: &str = "@emulator.inPlaces";

/// Whether Exchange Online serves a mailbox. No answer of Graph has this member.
pub(super) const REST_MAILBOX: &str = "@emulator.restMailbox";

impl Tenant {
    /// Returns the rooms or the workspaces.
    fn bookable(&mut self, kind: Kind) -> &mut Vec<Room> {
        if kind == Kind::Workspace { &mut self.workspaces } else { &mut self.rooms }
    }

    /// Returns the properties of a room or workspace, including those of the emulator.
    pub(crate) fn room_record(&self, room: &Room) -> Value {
        let mut record = room.place.clone();
        let served = self.directory.find(&room.user).is_some_and(|user| user.rest_mailbox);
        record.insert(IN_PLACES.to_owned(), room.in_places.into());
        record.insert(REST_MAILBOX.to_owned(), served.into());
        Value::Object(record)
    }

    /// Adds a room or a workspace, and the user that is its mailbox.
    pub(crate) fn add_room(
        &mut self,
        kind: Kind,
        mut given: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let name = kind.name();
        if !kind.exists_in(self.cloud) {
            return Err(ControlError::Invalid(format!("Places has no {name} in this cloud")));
        }
        let number = self.bookable(kind).len() + self.mixes as usize;
        let mut random =
            Random::stream(self.seed, &format!("{name} {number} {}", self.directory.slots().len()));
        let in_places =
            given.remove(IN_PLACES).map_or(Ok(true), |value| flag(IN_PLACES, &value))?;
        let served =
            given.remove(REST_MAILBOX).map_or(Ok(true), |value| flag(REST_MAILBOX, &value))?;
        self.check_place(&given, kind)?;
        let mut place = Map::new();
        place.insert("id".to_owned(), random.guid().to_uppercase().into());
        place.insert(
            "emailAddress".to_owned(),
            format!("new-{name}-{}@{}", number + 1, self.domain).into(),
        );
        place.insert("displayName".to_owned(), format!("New {name} {}", number + 1).into());
        place.insert("nickname".to_owned(), format!("New {name} {}", number + 1).into());
        place.insert("placeId".to_owned(), random.guid().into());
        place.extend(given);
        place.retain(|name, _| name == "id" || kind.has(self.cloud, name));
        let (id, address) =
            (text(&place, "id").to_owned(), text(&place, "emailAddress").to_owned());
        if id.is_empty() || address.is_empty() {
            return Err(ControlError::Invalid(format!("a {name} needs an id and an emailAddress")));
        }
        if self.bookables().any(|room| is_named(&room.place, &id)) {
            return Err(ControlError::Conflict { property: "id", value: id });
        }
        let mut inventor = self.inventor(&format!("room mailbox {id}"));
        let (user, properties) = inventor.room_mailbox(text(&place, "displayName"), &address);
        let slot = self.directory.add(user.clone(), &properties, true)?;
        self.directory.set_rest_mailbox(slot, served);
        self.bookable(kind).push(Room { place, user, in_places });
        Ok(id)
    }

    /// Changes a room or workspace. A new name or address also applies to its mailbox.
    pub(crate) fn patch_room(
        &mut self,
        kind: Kind,
        key: &str,
        mut changes: Map<String, Value>,
    ) -> Result<(), ControlError> {
        let at = self.room_at(kind, key)?;
        let in_places =
            changes.remove(IN_PLACES).map(|value| flag(IN_PLACES, &value)).transpose()?;
        let served =
            changes.remove(REST_MAILBOX).map(|value| flag(REST_MAILBOX, &value)).transpose()?;
        if changes.contains_key("id") {
            return Err(ControlError::Invalid(format!(
                "the 'id' of a {} cannot be changed",
                kind.name()
            )));
        }
        self.check_place(&changes, kind)?;
        let user = self.bookable(kind)[at].user.clone();
        if let Some(slot) = self.directory.slot(&user) {
            let mut mailbox = Map::new();
            if let Some(name) = changes.get("displayName") {
                mailbox.insert("displayName".to_owned(), name.clone());
            }
            if let Some(address) = changes.get("emailAddress").and_then(Value::as_str) {
                mailbox.insert("mail".to_owned(), address.into());
                mailbox.insert("userPrincipalName".to_owned(), address.into());
                mailbox.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{address}")]));
            }
            self.directory.patch(slot, &mailbox)?;
            if let Some(served) = served {
                self.directory.set_rest_mailbox(slot, served);
            }
        }
        let room = &mut self.bookable(kind)[at];
        room.place.extend(changes);
        room.in_places = in_places.unwrap_or(room.in_places);
        Ok(())
    }

    /// Removes a room or workspace. Its mailbox moves to the recycle bin.
    pub(crate) fn remove_room(&mut self, kind: Kind, key: &str) -> Result<(), ControlError> {
        let at = self.room_at(kind, key)?;
        let room = self.bookable(kind).remove(at);
        let id = text(&room.place, "id");
        for list in &mut self.room_lists {
            list.rooms.retain(|room| room != id);
        }
        if let Some(slot) = self.directory.slot(&room.user) {
            self.remove_at(slot, Removal::Soft);
        }
        Ok(())
    }

    fn room_at(&mut self, kind: Kind, key: &str) -> Result<usize, ControlError> {
        self.bookable(kind)
            .iter()
            .position(|room| is_named(&room.place, key))
            .ok_or_else(|| ControlError::no(kind.name(), key))
    }

    /// Checks the names of properties. Values are not checked, so that a test can give a room a
    /// capacity of "50".
    pub(super) fn check_place(
        &self,
        given: &Map<String, Value>,
        kind: Kind,
    ) -> Result<(), ControlError> {
        let is_known = |name: &str| name == "id" || kind.has(Cloud::Global, name);
        match given.keys().find(|name| !is_known(name)) {
            Some(name) => {
                Err(ControlError::Invalid(format!("a {} has no property '{name}'", kind.name())))
            }
            None => Ok(()),
        }
    }
}

/// Reads a value that is true or false.
pub(super) fn flag(name: &str, value: &Value) -> Result<bool, ControlError> {
    value
        .as_bool()
        .ok_or_else(|| ControlError::Invalid(format!("'{name}' has to be true or false")))
}
