//! The invented tenant itself: what there is, and how it changes. Nothing here knows of HTTP.

pub(crate) mod directory;
pub(crate) mod entry;
pub(crate) mod group;
mod group_control;
pub(crate) mod invent;
pub(crate) mod member;
pub(crate) mod mix;
pub(crate) mod place;
pub(crate) mod property;
mod space;

use serde_json::{Map, Value, json};

use self::directory::{Directory, User};
use self::entry::{Entry, Removal, Slot};
use self::group::Groups;
use self::member::Member;
use self::place::{Kind, Room, RoomList, Space, is_named, text};
use self::property::Schema;
use crate::cloud::Cloud;
use crate::error::ControlError;
use crate::random::Random;

/// A tenant, all of it.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where its mail goes.
    pub(crate) domain: String,
    /// The domain that it was made with.
    pub(crate) initial_domain: String,
    pub(crate) cloud: Cloud,
    pub(crate) seed: u64,
    /// Name of the directory extension that holds pager numbers.
    pub(crate) pager: String,
    pub(crate) directory: Directory,
    pub(crate) rooms: Vec<Room>,
    pub(crate) workspaces: Vec<Room>,
    pub(crate) room_lists: Vec<RoomList>,
    pub(crate) spaces: Vec<Space>,
    pub(crate) groups: Groups,
    /// How devices are described, and the few that there are: groups have them as members.
    pub(crate) device_schema: Schema,
    pub(crate) devices: Vec<Entry>,
    /// How many people were invented so far: their names carry the number.
    pub(crate) invented: usize,
    /// How many random mixes of changes there were.
    pub(crate) mixes: u64,
}

/// Members of a room that say how it stands with the services; no answer of Graph has them.
pub(crate) const IN_PLACES: &str = "@emulator.inPlaces";
pub(crate) const REST_MAILBOX: &str = "@emulator.restMailbox";

impl Tenant {
    /// Whether a tenant is addressed so: by its id, or by one of its domains.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        [&self.id, &self.domain, &self.initial_domain]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    }

    // ---- users ----

    pub(crate) fn user(&self, key: &str) -> Result<&User, ControlError> {
        self.slot(key).map(|slot| &self.directory.slots()[slot as usize])
    }

    /// Adds a user. What is not given of the necessary is invented.
    pub(crate) fn create_user(
        &mut self,
        mut properties: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let mut people = self.people("created").after(self.invented);
        self.invented += 1;
        let id = match properties.remove("id") {
            None => Random::stream(self.seed, &format!("created {}", self.invented)).guid(),
            Some(Value::String(id)) if !id.is_empty() => id.to_ascii_lowercase(),
            Some(_) => return Err(ControlError::Invalid("'id' has to be a text".to_owned())),
        };
        if properties.is_empty() {
            let (_, invented) = people.person();
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
        let slot = self.present(key)?;
        if let Some(served) = changes.remove(REST_MAILBOX) {
            self.directory.set_rest_mailbox(slot, flag(REST_MAILBOX, &served)?);
        }
        self.directory.patch(slot, &changes).map(drop)
    }

    pub(crate) fn remove_user(&mut self, key: &str, removal: Removal) -> Result<(), ControlError> {
        let slot = match removal {
            Removal::Soft => self.present(key)?,
            Removal::Permanent => self.slot(key)?,
        };
        self.remove_at(slot, removal);
        Ok(())
    }

    pub(crate) fn restore_user(&mut self, key: &str) -> Result<(), ControlError> {
        let slot = self.slot(key)?;
        self.restore_at(slot)
    }

    /// Deletes a user, memberships included.
    fn remove_at(&mut self, slot: Slot, removal: Removal) {
        let before = self.directory.at(slot).and_then(|user| user.removed);
        self.directory.remove(slot, removal);
        if self.directory.at(slot).and_then(|user| user.removed) != before {
            self.groups.take_out(Member::user(slot), removal);
        }
    }

    /// Restores a user, memberships included.
    fn restore_at(&mut self, slot: Slot) -> Result<(), ControlError> {
        self.directory.restore(slot)?;
        self.groups.put_back(Member::user(slot));
        Ok(())
    }

    fn slot(&self, key: &str) -> Result<Slot, ControlError> {
        self.directory.slot(key).ok_or_else(|| ControlError::no("user", key))
    }

    fn present(&self, key: &str) -> Result<Slot, ControlError> {
        let slot = self.slot(key)?;
        match self.directory.at(slot) {
            Some(user) if user.removed.is_none() => Ok(slot),
            _ => Err(ControlError::no("user", key)),
        }
    }

    // ---- rooms and workspaces ----

    fn bookable(&mut self, kind: Kind) -> &mut Vec<Room> {
        if kind == Kind::Workspace { &mut self.workspaces } else { &mut self.rooms }
    }

    /// All that can be booked: each is the mailbox of a user.
    pub(crate) fn bookables(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().chain(&self.workspaces)
    }

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
        let mut people = self.people(&format!("room mailbox {id}"));
        let (user, properties) = people.room_mailbox(text(&place, "displayName"), &address);
        let slot = self.directory.add(user.clone(), &properties, true)?;
        self.directory.set_rest_mailbox(slot, served);
        self.bookable(kind).push(Room { place, user, in_places });
        Ok(id)
    }

    /// Changes a room or workspace; name and address also of its mailbox.
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
            return Err(ControlError::Invalid(format!("a {} keeps its 'id'", kind.name())));
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

    /// Removes a room or workspace; its mailbox goes to the recycle bin.
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

    // ---- room lists ----

    pub(crate) fn room_list_record(&self, list: &RoomList) -> Value {
        let mut record = list.place.clone();
        record.insert("rooms".to_owned(), json!(list.rooms));
        Value::Object(record)
    }

    /// Adds a room list; `rooms` names its rooms by id or address.
    pub(crate) fn add_room_list(
        &mut self,
        mut given: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let number = self.room_lists.len() + 1;
        let mut random = Random::stream(self.seed, &format!("room list {number}"));
        let rooms = self.named_rooms(given.remove("rooms"))?.unwrap_or_default();
        self.check_place(&given, Kind::RoomList)?;
        let mut place = Map::new();
        place.insert("id".to_owned(), random.guid().to_uppercase().into());
        place.insert("displayName".to_owned(), format!("Building {number}").into());
        place.insert("emailAddress".to_owned(), format!("new-bldg{number}@{}", self.domain).into());
        place.insert("placeId".to_owned(), random.guid().into());
        place.extend(given);
        place.retain(|name, _| name == "id" || Kind::RoomList.has(self.cloud, name));
        let id = text(&place, "id").to_owned();
        if self.room_lists.iter().any(|list| is_named(&list.place, &id)) {
            return Err(ControlError::Conflict { property: "id", value: id });
        }
        self.room_lists.push(RoomList { place, rooms });
        Ok(id)
    }

    pub(crate) fn patch_room_list(
        &mut self,
        key: &str,
        mut changes: Map<String, Value>,
    ) -> Result<(), ControlError> {
        let at = self.room_list_at(key)?;
        let rooms = self.named_rooms(changes.remove("rooms"))?;
        if changes.contains_key("id") {
            return Err(ControlError::Invalid("a room list keeps its 'id'".to_owned()));
        }
        self.check_place(&changes, Kind::RoomList)?;
        let list = &mut self.room_lists[at];
        list.place.extend(changes);
        if let Some(rooms) = rooms {
            list.rooms = rooms;
        }
        Ok(())
    }

    pub(crate) fn remove_room_list(&mut self, key: &str) -> Result<(), ControlError> {
        let at = self.room_list_at(key)?;
        self.room_lists.remove(at);
        Ok(())
    }

    fn room_list_at(&self, key: &str) -> Result<usize, ControlError> {
        self.room_lists
            .iter()
            .position(|list| is_named(&list.place, key))
            .ok_or_else(|| ControlError::no("room list", key))
    }

    fn named_rooms(&self, given: Option<Value>) -> Result<Option<Vec<String>>, ControlError> {
        let Some(given) = given else {
            return Ok(None);
        };
        let keys = given.as_array().ok_or_else(|| {
            ControlError::Invalid("'rooms' has to be a list of ids or addresses".to_owned())
        })?;
        keys.iter()
            .map(|key| {
                let key = key.as_str().unwrap_or_default();
                self.bookables()
                    .find(|room| is_named(&room.place, key))
                    .map(|room| text(&room.place, "id").to_owned())
                    .ok_or_else(|| ControlError::no("room", key))
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    /// Values are not checked: that a room has a capacity of "50" is among what is worth trying.
    fn check_place(&self, given: &Map<String, Value>, kind: Kind) -> Result<(), ControlError> {
        let known = |name: &str| name == "id" || kind.has(Cloud::Global, name);
        match given.keys().find(|name| !known(name)) {
            Some(name) => {
                Err(ControlError::Invalid(format!("a {} has no property '{name}'", kind.name())))
            }
            None => Ok(()),
        }
    }
}

fn flag(name: &str, value: &Value) -> Result<bool, ControlError> {
    value
        .as_bool()
        .ok_or_else(|| ControlError::Invalid(format!("'{name}' has to be true or false")))
}
