//! The properties of `microsoft.graph.device`.

use super::Kind::{Flag, Text};
use super::{EntityType, Property, stored};

/// A few properties of devices, which exist in the emulator because they can be members of groups
/// (<https://learn.microsoft.com/graph/api/resources/device>).
pub(crate) const DEVICE: EntityType = EntityType {
    name: "device",
    properties: PROPERTIES,
    default: &[
        "deletedDateTime",
        "accountEnabled",
        "deviceId",
        "displayName",
        "operatingSystem",
        "operatingSystemVersion",
    ],
    basic: &[],
    texts: &["displayName"],
    flags: &["accountEnabled"],
};

const PROPERTIES: &[Property] = &[
    stored("deletedDateTime", Text),
    stored("accountEnabled", Flag),
    stored("deviceId", Text),
    stored("displayName", Text),
    stored("operatingSystem", Text),
    stored("operatingSystemVersion", Text),
];
