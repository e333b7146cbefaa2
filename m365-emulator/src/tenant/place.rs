//! Rooms and the other places of Places.

use serde_json::{Map, Value};

use crate::cloud::Cloud;

/// Kinds of places (<https://learn.microsoft.com/graph/api/resources/places-api-overview>), without
/// desks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Room,
    RoomList,
    Workspace,
    Building,
    Floor,
    Section,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Room, Self::RoomList, Self::Workspace, Self::Building, Self::Floor, Self::Section];

    /// Returns the name of the kind in the schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::RoomList => "roomList",
            Self::Workspace => "workspace",
            Self::Building => "building",
            Self::Floor => "floor",
            Self::Section => "section",
        }
    }

    /// Returns whether the schema of a cloud has this kind.
    pub(crate) fn exists_in(self, cloud: Cloud) -> bool {
        cloud.has_place_id() || matches!(self, Self::Room | Self::RoomList)
    }

    /// Returns whether the schema of a cloud has a property of this kind. All kinds have `id`.
    pub(crate) fn has(self, cloud: Cloud, property: &str) -> bool {
        let own = match self {
            Self::Room => ROOM,
            Self::RoomList => &["emailAddress"],
            Self::Workspace => WORKSPACE,
            Self::Building => &["resourceLinks", "wifiState"],
            Self::Floor => &["sortOrder"],
            Self::Section => &[],
        };
        let missing = match property {
            "placeId" | "parentId" | "teamsEnabledState" => true,
            // In China, rooms have these properties, and other places do not.
            "isWheelChairAccessible" | "label" | "tags" => self != Self::Room,
            _ => false,
        };
        (PLACE.contains(&property) || own.contains(&property)) && (cloud.has_place_id() || !missing)
    }
}

/// A room or a workspace.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// Properties in Places, including `id` and `emailAddress`.
    pub(crate) place: Map<String, Value>,
    /// Id of the user that is the room's mailbox.
    pub(crate) user: String,
    /// Whether Places knows the room. In Microsoft's cloud it takes up to 48 hours after the
    /// mailbox was made.
    pub(crate) in_places: bool,
}

/// A list of rooms and workspaces: a distribution group in Exchange, which usually stands for a
/// building.
#[derive(Clone, Debug)]
pub(crate) struct RoomList {
    pub(crate) place: Map<String, Value>,
    /// Ids of its rooms and workspaces.
    pub(crate) rooms: Vec<String>,
}

/// A building, a floor or a section: a place without a mailbox. Its `id` is its `placeId`.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) kind: Kind,
    pub(crate) place: Map<String, Value>,
}

/// Properties of all places in the schema, in addition to `id`
/// (<https://graph.microsoft.com/v1.0/$metadata>).
const PLACE: &[&str] = &[
    "address",
    "displayName",
    "geoCoordinates",
    "isWheelChairAccessible",
    "label",
    "parentId",
    "phone",
    "placeId",
    "tags",
];

/// Properties of rooms in addition to those of all places.
const ROOM: &[&str] = &[
    "audioDeviceName",
    "bookingType",
    "building",
    "capacity",
    "displayDeviceName",
    "emailAddress",
    "floorLabel",
    "floorNumber",
    "nickname",
    "teamsEnabledState",
    "videoDeviceName",
];

/// Properties of workspaces in addition to those of all places. `building`, `floorLabel` and
/// `floorNumber` are in the documents, but not in the schema.
const WORKSPACE: &[&str] = &[
    "building",
    "capacity",
    "displayDeviceName",
    "emailAddress",
    "floorLabel",
    "floorNumber",
    "mode",
    "nickname",
];

/// Returns a string member of a place; empty if there is none.
pub(crate) fn text<'a>(place: &'a Map<String, Value>, name: &str) -> &'a str {
    place.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns whether a key is the `id`, `placeId` or `emailAddress` of a place.
pub(crate) fn is_named(place: &Map<String, Value>, key: &str) -> bool {
    ["id", "placeId", "emailAddress"]
        .iter()
        .any(|name| !key.is_empty() && text(place, name).to_lowercase() == key.to_lowercase())
}
