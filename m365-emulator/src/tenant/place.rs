//! Rooms, and what is around them, as Places knows it.

use serde_json::{Map, Value};

use crate::cloud::Cloud;

/// What Places has (<https://learn.microsoft.com/graph/api/resources/places-api-overview>), without desks.
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

    /// As the schema spells it.
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

    /// Whether the schema of a cloud has it.
    pub(crate) fn exists_in(self, cloud: Cloud) -> bool {
        cloud.has_place_id() || matches!(self, Self::Room | Self::RoomList)
    }

    /// Whether the schema of a cloud has a property of it; `id` goes without saying.
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
            // In China these are of rooms, not of places.
            "isWheelChairAccessible" | "label" | "tags" => self != Self::Room,
            _ => false,
        };
        (PLACE.contains(&property) || own.contains(&property)) && (cloud.has_place_id() || !missing)
    }
}

/// A room or a workspace, and how it stands with the services that serve it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// What Places answers with, `id` and `emailAddress` included.
    pub(crate) place: Map<String, Value>,
    /// Id of the user that is the room's mailbox.
    pub(crate) user: String,
    /// False while the mailbox is there and Places does not know of it yet, which takes up to 48 hours.
    pub(crate) in_places: bool,
}

/// A list of rooms and workspaces: in Exchange a distribution group, in practice a building.
#[derive(Clone, Debug)]
pub(crate) struct RoomList {
    pub(crate) place: Map<String, Value>,
    /// Ids of the rooms and workspaces in it.
    pub(crate) rooms: Vec<String>,
}

/// A building, a floor or a section: a place without a mailbox. Its `id` is its `placeId`.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) kind: Kind,
    pub(crate) place: Map<String, Value>,
}

/// What all places have in the schema (<https://graph.microsoft.com/v1.0/$metadata>), beside `id`.
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

/// What rooms have beside that.
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

/// What workspaces have beside that. `building`, `floorLabel` and `floorNumber` are in the documents only.
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
