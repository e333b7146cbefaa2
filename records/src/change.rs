//! Changes of rooms, users, groups and memberships.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{Group, Membership, Room, Subject, User, enumeration::enumeration};

/// The current state of one room.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum RoomChange {
    #[cfg_attr(feature = "wasmtime", component(name = "room"))]
    Room(Room),
    #[cfg_attr(feature = "wasmtime", component(name = "room-missing"))]
    RoomMissing(Removed),
    #[cfg_attr(feature = "wasmtime", component(name = "room-unreadable"))]
    RoomUnreadable(Unreadable),
}

impl RoomChange {
    /// Returns the id of the room.
    pub fn id(&self) -> &str {
        match self {
            Self::Room(room) => &room.id,
            Self::RoomMissing(removed) => &removed.id,
            Self::RoomUnreadable(unreadable) => &unreadable.id,
        }
    }
}

/// A change of one user, group or membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum UserChange {
    #[cfg_attr(feature = "wasmtime", component(name = "user"))]
    User(User),
    #[cfg_attr(feature = "wasmtime", component(name = "user-if-known"))]
    UserIfKnown(User),
    #[cfg_attr(feature = "wasmtime", component(name = "user-removed"))]
    UserRemoved(Removed),
    #[cfg_attr(feature = "wasmtime", component(name = "user-missing"))]
    UserMissing(Removed),
    #[cfg_attr(feature = "wasmtime", component(name = "user-unreadable"))]
    UserUnreadable(Unreadable),
    #[cfg_attr(feature = "wasmtime", component(name = "group"))]
    Group(Group),
    #[cfg_attr(feature = "wasmtime", component(name = "group-removed"))]
    GroupRemoved(Removed),
    /// In JSON, an object with the id, as for the other changes.
    #[cfg_attr(feature = "wasmtime", component(name = "group-missing"))]
    #[serde(serialize_with = "as_object")]
    GroupMissing(String),
    #[cfg_attr(feature = "wasmtime", component(name = "group-unreadable"))]
    GroupUnreadable(Unreadable),
    #[cfg_attr(feature = "wasmtime", component(name = "member-added"))]
    MemberAdded(Membership),
    #[cfg_attr(feature = "wasmtime", component(name = "member-removed"))]
    MemberRemoved(Membership),
}

/// Writes an id as an object with the member `id`.
pub(crate) fn as_object<S: Serializer>(id: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry("id", id)?;
    object.end()
}

impl UserChange {
    /// Returns the id of the user or group; for a membership, that of the group.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) | Self::UserIfKnown(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::UserRemoved(removed)
            | Self::UserMissing(removed)
            | Self::GroupRemoved(removed) => &removed.id,
            Self::GroupMissing(id) => id,
            Self::UserUnreadable(unreadable) | Self::GroupUnreadable(unreadable) => &unreadable.id,
            Self::MemberAdded(membership) | Self::MemberRemoved(membership) => &membership.group,
        }
    }

    /// Returns the length of the longest id in the change, in bytes.
    pub fn longest_id(&self) -> usize {
        match self {
            Self::MemberAdded(membership) | Self::MemberRemoved(membership) => {
                membership.group.len().max(membership.member.len())
            }
            change => change.id().len(),
        }
    }

    /// Returns the subject that a batch must have to contain this change.
    pub fn subject(&self) -> Subject {
        match self {
            Self::User(_)
            | Self::UserIfKnown(_)
            | Self::UserRemoved(_)
            | Self::UserMissing(_)
            | Self::UserUnreadable(_) => Subject::Users,
            Self::Group(_)
            | Self::GroupRemoved(_)
            | Self::GroupMissing(_)
            | Self::GroupUnreadable(_)
            | Self::MemberAdded(_)
            | Self::MemberRemoved(_) => Subject::Groups,
        }
    }

    /// Returns whether the change is about a member of a group, not about the group itself.
    pub fn is_membership(&self) -> bool {
        matches!(self, Self::MemberAdded(_) | Self::MemberRemoved(_))
    }
}

/// A user, group or room that is no longer available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Removed {
    pub id: String,
    pub removal: Removal,
}

enumeration! {
    /// Why a record is no longer available.
    #[serde(rename_all = "kebab-case")]
    Removal {
        Soft = "soft",
        Permanent = "permanent",
        OutOfScope = "out-of-scope",
    }
}

/// A room, user or group that exists but could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Unreadable {
    pub id: String,
    pub reason: String,
}

impl Unreadable {
    /// Returns a record whose reason is cut to 1,000 characters. A reason can quote a value of any
    /// length, and a host refuses more than 4 KiB.
    pub fn new(id: impl Into<String>, reason: impl AsRef<str>) -> Self {
        Self { id: id.into(), reason: reason.as_ref().chars().take(1_000).collect() }
    }
}
