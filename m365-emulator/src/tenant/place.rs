//! Rooms and room lists, as Places knows them.

use serde_json::{Map, Value};

use crate::cloud::Cloud;

/// A room, and how it stands with the services that serve it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// What Places answers with, `id` and `emailAddress` included.
    pub(crate) place: Map<String, Value>,
    /// Id of the user that is the room's mailbox.
    pub(crate) user: String,
    /// False while the mailbox is there and Places does not know of it yet, which takes up to 48 hours.
    pub(crate) in_places: bool,
}

/// A list of rooms: in Exchange a distribution group, in practice a building.
#[derive(Clone, Debug)]
pub(crate) struct RoomList {
    pub(crate) place: Map<String, Value>,
    /// Ids of the rooms in it.
    pub(crate) rooms: Vec<String>,
}

/// Properties of room in the schema (<https://graph.microsoft.com/v1.0/$metadata>), beside `id`.
pub(crate) const ROOM: &[&str] = &[
    "address",
    "audioDeviceName",
    "bookingType",
    "building",
    "capacity",
    "displayDeviceName",
    "displayName",
    "emailAddress",
    "floorLabel",
    "floorNumber",
    "geoCoordinates",
    "isWheelChairAccessible",
    "label",
    "nickname",
    "parentId",
    "phone",
    "placeId",
    "tags",
    "teamsEnabledState",
    "videoDeviceName",
];

/// Properties of roomList in the schema, beside `id`.
pub(crate) const ROOM_LIST: &[&str] = &[
    "address",
    "displayName",
    "emailAddress",
    "geoCoordinates",
    "isWheelChairAccessible",
    "label",
    "parentId",
    "phone",
    "placeId",
    "tags",
];

/// Of these, what a cloud's schema lacks.
pub(crate) fn missing_in(cloud: Cloud, property: &str) -> bool {
    !cloud.has_place_id() && matches!(property, "placeId" | "parentId" | "teamsEnabledState")
}

/// A text member of a place; empty where there is none.
pub(crate) fn text<'a>(place: &'a Map<String, Value>, name: &str) -> &'a str {
    place.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether this is the place's `id`, `placeId` or `emailAddress`.
pub(crate) fn is_named(place: &Map<String, Value>, key: &str) -> bool {
    ["id", "placeId", "emailAddress"]
        .iter()
        .any(|name| !key.is_empty() && text(place, name).to_lowercase() == key.to_lowercase())
}
