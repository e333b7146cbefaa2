//! Rooms.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::enumeration::enumeration;

/// A room that can be booked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Room {
    pub id: String,
    pub email: String,
    pub name: String,
    pub nickname: Option<String>,
    pub capacity: Option<u32>,
    pub building: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "floor-number"))]
    pub floor_number: Option<i32>,
    #[cfg_attr(feature = "wasmtime", component(name = "floor-label"))]
    pub floor_label: Option<String>,
    pub label: Option<String>,
    pub phone: Option<String>,
    pub address: Option<Address>,
    pub position: Option<Coordinates>,
    #[cfg_attr(feature = "wasmtime", component(name = "time-zone"))]
    pub time_zone: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "wheelchair-accessible"))]
    pub wheelchair_accessible: Option<bool>,
    #[cfg_attr(feature = "wasmtime", component(name = "audio-device"))]
    pub audio_device: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "video-device"))]
    pub video_device: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "display-device"))]
    pub display_device: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "booking-type"))]
    pub booking_type: Option<String>,
    pub tags: Vec<String>,
    pub lists: Vec<String>,
    /// A stored record has none: see [`Self::keep_unknown`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<RoomField>,
}

impl Room {
    /// Replaces the fields that are unknown by those of the stored record.
    pub fn keep_unknown(&mut self, stored: Self) {
        let unknown = std::mem::take(&mut self.unknown);
        if unknown.contains(&RoomField::Building) {
            self.building = stored.building;
        }
        if unknown.contains(&RoomField::FloorLabel) {
            self.floor_label = stored.floor_label;
        }
        if unknown.contains(&RoomField::Address) {
            self.address = stored.address;
        }
        if unknown.contains(&RoomField::Position) {
            self.position = stored.position;
        }
        if unknown.contains(&RoomField::TimeZone) {
            self.time_zone = stored.time_zone;
        }
        if unknown.contains(&RoomField::Lists) {
            self.lists = stored.lists;
        }
    }
}

enumeration! {
    /// A field of a room that can be unknown although the room itself can be read.
    #[serde(rename_all = "camelCase")]
    RoomField {
        Building = "building",
        FloorLabel = "floor-label",
        Address = "address",
        Position = "position",
        TimeZone = "time-zone",
        Lists = "lists",
    }
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Address {
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "postal-code"))]
    pub postal_code: Option<String>,
    pub country: Option<String>,
}

/// A position in degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Coordinates {
    pub latitude: f64,
    pub longitude: f64,
}
