//! Changes of room lists.

use serde_json::{Map, Value, json};

use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::place::{Kind, RoomList, is_named, text};

impl Tenant {
    /// Returns the properties of a room list, and the ids of its rooms.
    pub(crate) fn room_list_record(&self, list: &RoomList) -> Value {
        let mut record = list.place.clone();
        record.insert("rooms".to_owned(), json!(list.rooms));
        Value::Object(record)
    }

    /// Adds a room list. `rooms` names its rooms and workspaces by id or address.
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
            return Err(ControlError::Invalid(
                "the 'id' of a room list cannot be changed".to_owned(),
            ));
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

    /// Reads ids or addresses of rooms and workspaces, and returns their ids.
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
}
