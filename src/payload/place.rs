//! The resource types `room` and `roomList`, and what holds rooms: `building`, `floor`, `section`.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/room>. Microsoft's own samples
//! spell some properties in two ways and give numbers as text, so both are read.

use serde_json::{Value, value::RawValue};

use super::{Members, filled, members, text_member};
use crate::model::{Address, Coordinates, Room, RoomFields, Unreadable};

/// A list of rooms, most often a building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRef {
    /// By which its rooms are asked for; its id would not do.
    pub email: String,
    /// What people call it.
    pub name: String,
}

/// Reads a room list; `None` where it cannot be addressed.
pub fn read_list(raw: &RawValue) -> Option<ListRef> {
    let members = members(raw);
    let email = text_member(&members, "emailAddress")?;
    let name = text_member(&members, "displayName").unwrap_or_else(|| email.clone());
    Some(ListRef { email, name })
}

/// A building, floor or section, as far as it says where a room is.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// `placeId` and `id`, as far as they are there.
    pub ids: Vec<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The id of what holds it.
    pub parent: Option<String>,
    /// Where its entrance is.
    pub address: Option<Address>,
    /// Where it is on the map.
    pub position: Option<Coordinates>,
}

/// Reads a building, floor or section. What is wrong with it is left out.
pub fn read_space(raw: &RawValue) -> Space {
    let members = members(raw);
    // Microsoft's samples tell a floor whose place nobody entered as one in the Gulf of Guinea.
    let is_entered = |it: &Coordinates| it.latitude != 0.0 || it.longitude != 0.0;
    Space {
        ids: ["placeId", "id"].iter().filter_map(|name| text_member(&members, name)).collect(),
        name: text_member(&members, "displayName"),
        parent: text_member(&members, "parentId"),
        address: address(&members.value("address")),
        position: position(&members.value("geoCoordinates")).filter(is_entered),
    }
}

/// The e-mail address of a place, in lower case.
pub fn read_mailbox(raw: &RawValue) -> Option<String> {
    text_member(&members(raw), "emailAddress").map(|it| it.to_lowercase())
}

/// Returns whether a place is a room. Where its kind is not stated, it is taken for one.
pub fn is_room(raw: &RawValue) -> bool {
    text_member(&members(raw), "@odata.type").is_none_or(|kind| kind.ends_with(".room"))
}

/// What identifies a room, read even where the rest cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKey {
    /// `placeId`, which never changes; where the cloud has none, the e-mail address.
    pub id: String,
    /// In lower case.
    pub email: Option<String>,
    /// Graph's `id`, which can change.
    pub entity_id: Option<String>,
    /// The id of the floor or section that holds it, in tenants that keep them.
    pub parent: Option<String>,
    /// Whether `id` is a `placeId`.
    pub is_lasting: bool,
    /// False where a `placeId` is there but cannot be read: then nobody can say which of the
    /// rooms told before this one is.
    pub is_certain: bool,
}

impl RoomKey {
    /// Reads who it is.
    pub fn identify(raw: &RawValue) -> Self {
        let members = members(raw);
        let email = text_member(&members, "emailAddress").map(|it| it.to_lowercase());
        let entity_id = text_member(&members, "id");
        let place_id = members.value("placeId");
        let is_certain = place_id.is_null() || place_id.is_string();
        let place_id = text_member(&members, "placeId");
        let is_lasting = place_id.is_some();
        let id = place_id
            .or_else(|| email.clone())
            .or_else(|| entity_id.clone())
            .unwrap_or_else(|| "(no id)".to_owned());
        let parent = text_member(&members, "parentId");
        Self { id, email, entity_id, parent, is_lasting, is_certain }
    }

    /// Reads the room.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    pub fn read(&self, raw: &RawValue) -> Result<Room, Unreadable> {
        self.room(raw).map_err(|reason| Unreadable { id: self.id.clone(), reason })
    }

    fn room(&self, raw: &RawValue) -> Result<Room, String> {
        if !self.is_certain {
            return Err("placeId: not a text".to_owned());
        }
        let members = members(raw);
        let text = |name| match members.value(name) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(filled(Some(text))),
            _ => Err(format!("{name}: not a text")),
        };
        let flag = |name| match members.value(name) {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(flag)),
            _ => Err(format!("{name}: not true or false")),
        };
        let object = |name| match members.value(name) {
            value @ (Value::Null | Value::Object(_)) => Ok(value),
            _ => Err(format!("{name}: not an object")),
        };
        let email = text("emailAddress")?.ok_or("emailAddress is missing")?;
        let nickname = text("nickname")?;
        let name = text("displayName")?.or_else(|| nickname.clone());
        let wheelchair_accessible =
            flag("isWheelChairAccessible")?.or(flag("isWheelchairAccessible")?);
        let position =
            position(&object("geoCoordinates")?).or(position(&object("geocoordinates")?));
        let tags = match members.value("tags") {
            Value::Null => Vec::new(),
            Value::Array(tags) => tags.iter().filter_map(member_text).collect(),
            _ => return Err("tags: not a list".to_owned()),
        };
        Ok(Room {
            id: self.id.clone(),
            name: name.unwrap_or_else(|| email.clone()),
            email,
            nickname,
            // Below zero there is no capacity to speak of.
            capacity: integer("capacity", &members)?.and_then(|it| u32::try_from(it).ok()),
            building: text("building")?,
            floor_number: integer("floorNumber", &members)?.and_then(|it| it.try_into().ok()),
            floor_label: text("floorLabel")?,
            label: text("label")?,
            phone: text("phone")?,
            address: address(&object("address")?),
            position,
            wheelchair_accessible,
            audio_device: text("audioDeviceName")?,
            video_device: text("videoDeviceName")?,
            display_device: text("displayDeviceName")?.or(text("displayDevice")?),
            booking_type: text("bookingType")?,
            tags,
            lists: Vec::new(),
            unknown: RoomFields::default(),
        })
    }
}

fn address(value: &Value) -> Option<Address> {
    let part = |name| member_text(value.get(name)?);
    let address = Address {
        street: part("street"),
        city: part("city"),
        state: part("state"),
        postal_code: part("postalCode"),
        country: part("countryOrRegion"),
    };
    (address != Address::default()).then_some(address)
}

fn position(value: &Value) -> Option<Coordinates> {
    let degrees = |name| value.get(name)?.as_f64();
    Some(Coordinates { latitude: degrees("latitude")?, longitude: degrees("longitude")? })
}

fn member_text(value: &Value) -> Option<String> {
    filled(value.as_str().map(str::to_owned))
}

/// 50.0 is as good as 50.
fn whole(number: f64) -> Option<i64> {
    let fits = number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    fits.then_some(number as i64)
}

/// An Int32 that can come as text.
fn integer(field: &str, members: &Members<'_>) -> Result<Option<i64>, String> {
    let number = match members.value(field) {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64().or_else(|| whole(value.as_f64()?)),
    };
    number.map(Some).ok_or_else(|| format!("{field}: not a whole number"))
}
