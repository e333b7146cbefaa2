//! The properties of `microsoft.graph.device`.

use super::Kind::{Flag, Text};
use super::{EntityType, Property, kept};

/// Devices, which are here because groups have them as members: a few of their properties
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
    kept("deletedDateTime", Text),
    kept("accountEnabled", Flag),
    kept("deviceId", Text),
    kept("displayName", Text),
    kept("operatingSystem", Text),
    kept("operatingSystemVersion", Text),
];
