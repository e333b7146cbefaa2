//! The resource types `room`, `roomList`, `building`, `floor` and `section`.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/room>. Microsoft's own samples contain
//! two spellings of some properties, and numbers as text, so both are read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Json, Members, NO_ID, field::text};
use crate::model::{Address, Coordinates, Room, Unreadable};

/// A room list, which most often stands for a building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRef {
    /// E-mail address. Its rooms can be requested by this only, not by its id.
    pub email: String,
    /// Display name.
    pub name: String,
}

/// Reads a room list; `None` where it has no e-mail address.
pub fn read_list(raw: &RawValue) -> Option<ListRef> {
    let members = Members::read(raw);
    let email = members.address_if_any("emailAddress")?;
    let name = members.text_if_any("displayName").unwrap_or_else(|| email.clone());
    Some(ListRef { email, name })
}

/// A building, floor or section, with what it contributes to the location of a room.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// `placeId` and `id`, where present.
    pub ids: Vec<String>,
    /// Display name.
    pub name: Option<String>,
    /// Id of the place that contains it.
    pub parent: Option<String>,
    /// Address of its entrance.
    pub address: Option<Address>,
    /// Position on the map.
    pub position: Option<Coordinates>,
}

/// Reads a building, floor or section. Leaves out wrong properties.
pub fn read_space(raw: &RawValue) -> Space {
    let members = Members::read(raw);
    // In Microsoft's samples, a floor without an entered position has the position 0, 0.
    let is_entered = |position: &Coordinates| position.latitude != 0.0 || position.longitude != 0.0;
    Space {
        ids: ["placeId", "id"].iter().filter_map(|name| members.key_if_any(name)).collect(),
        name: members.text_if_any("displayName"),
        parent: members.key_if_any("parentId"),
        address: address(members.value("address")),
        position: position(members.value("geoCoordinates")).filter(is_entered),
    }
}

/// Reads the e-mail address of a place, in lower case and without space around it.
pub fn read_mailbox(raw: &RawValue) -> Option<String> {
    Members::read(raw).address_if_any("emailAddress").map(|address| address.to_lowercase())
}

/// Returns whether a place is a room. Without a type, it is one.
pub fn is_room(raw: &RawValue) -> bool {
    Members::read(raw).text_if_any("@odata.type").is_none_or(|kind| kind.ends_with(".room"))
}

/// The ids of a room, which are read even where the rest cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKey {
    /// `placeId`, which never changes; where the cloud has none, the e-mail address.
    pub id: String,
    /// E-mail address in lower case.
    pub email: Option<String>,
    /// Graph's `id`, which can change.
    pub entity_id: Option<String>,
    /// Id of the floor or section that contains the room, in tenants that have them.
    pub parent: Option<String>,
    /// Whether `id` is a `placeId`.
    pub is_lasting: bool,
    /// False where there is a `placeId` that cannot be read: then it is unknown which of the stored
    /// rooms this is.
    pub is_certain: bool,
}

impl RoomKey {
    /// Reads the ids of a room.
    pub fn identify(raw: &RawValue) -> Self {
        let members = Members::read(raw);
        let email = members.address_if_any("emailAddress").map(|address| address.to_lowercase());
        let entity_id = members.key_if_any("id");
        let place_id = members.value("placeId");
        let is_certain = matches!(place_id, Json::Null | Json::Text(_));
        let place_id = members.key_if_any("placeId");
        let is_lasting = place_id.is_some();
        let id = place_id
            .or_else(|| email.clone())
            .or_else(|| entity_id.clone())
            .unwrap_or_else(|| NO_ID.to_owned());
        let parent = members.key_if_any("parentId");
        Self { id, email, entity_id, parent, is_lasting, is_certain }
    }

    /// Reads the room.
    ///
    /// # Errors
    /// The first wrong property.
    pub fn read(&self, raw: &RawValue) -> Result<Room, Unreadable> {
        self.room(raw).map_err(|reason| Unreadable::new(self.id.as_str(), reason))
    }

    fn room(&self, raw: &RawValue) -> Result<Room, String> {
        if !self.is_certain {
            return Err("placeId: not a text".to_owned());
        }
        let members = Members::read(raw);
        let object = |name| match members.value(name) {
            value @ (Json::Null | Json::Object(_)) => Ok(value),
            _ => Err(format!("{name}: not an object")),
        };
        let email = members.address("emailAddress")?.ok_or("emailAddress is missing")?;
        let nickname = members.text("nickname")?;
        let name = members.text("displayName")?.or_else(|| nickname.clone());
        let wheelchair_accessible =
            members.flag("isWheelChairAccessible")?.or(members.flag("isWheelchairAccessible")?);
        let position = position(object("geoCoordinates")?).or(position(object("geocoordinates")?));
        Ok(Room {
            id: self.id.clone(),
            name: name.unwrap_or_else(|| email.clone()),
            email,
            nickname,
            // A negative capacity counts as none.
            capacity: members.number("capacity")?.and_then(|seats| u32::try_from(seats).ok()),
            building: members.text("building")?,
            floor_number: members.number("floorNumber")?.and_then(|floor| floor.try_into().ok()),
            floor_label: members.text("floorLabel")?,
            label: members.text("label")?,
            phone: members.text("phone")?,
            address: address(object("address")?),
            position,
            time_zone: None,
            wheelchair_accessible,
            audio_device: members.text("audioDeviceName")?,
            video_device: members.text("videoDeviceName")?,
            display_device: members.text("displayDeviceName")?.or(members.text("displayDevice")?),
            booking_type: members.text("bookingType")?,
            tags: members.texts("tags")?.collect(),
            lists: Vec::new(),
            unknown: Vec::new(),
        })
    }
}

fn address(value: &Json<'_>) -> Option<Address> {
    let part = |name| text(value.get(name)?).unwrap_or_default().map(Cow::into_owned);
    let address = Address {
        street: part("street"),
        city: part("city"),
        state: part("state"),
        postal_code: part("postalCode"),
        country: part("countryOrRegion"),
    };
    (address != Address::default()).then_some(address)
}

fn position(value: &Json<'_>) -> Option<Coordinates> {
    let degrees = |name| match value.get(name)? {
        Json::Text(text) => text.trim().parse().ok().filter(|degrees: &f64| degrees.is_finite()),
        Json::Number(number) => number.as_f64(),
        _ => None,
    };
    Some(Coordinates { latitude: degrees("latitude")?, longitude: degrees("longitude")? })
}
