//! Changes of rooms, users, groups and memberships.

use std::convert::Infallible;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{Group, Membership, Room, Subject, TextUse, User, enumeration::enumeration};

/// How an id is used that stands alone in a change.
const CHANGED: TextUse = TextUse::Key("an id in changes");

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
#[serde(rename_all = "camelCase", bound = "S: Serialize")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum UserChange<S = String> {
    #[cfg_attr(feature = "wasmtime", component(name = "user"))]
    User(User<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "user-if-known"))]
    UserIfKnown(User<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "user-removed"))]
    UserRemoved(Removed<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "user-missing"))]
    UserMissing(Removed<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "user-unreadable"))]
    UserUnreadable(Unreadable<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "group"))]
    Group(Group<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "group-removed"))]
    GroupRemoved(Removed<S>),
    /// In JSON, an object with the id, as for the other changes.
    #[cfg_attr(feature = "wasmtime", component(name = "group-missing"))]
    #[serde(serialize_with = "as_object")]
    GroupMissing(S),
    #[cfg_attr(feature = "wasmtime", component(name = "group-unreadable"))]
    GroupUnreadable(Unreadable<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "member-added"))]
    MemberAdded(Membership<S>),
    #[cfg_attr(feature = "wasmtime", component(name = "member-removed"))]
    MemberRemoved(Membership<S>),
}

/// Writes an id as an object with the member `id`.
pub(crate) fn as_object<T: Serialize, S: Serializer>(
    id: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry("id", id)?;
    object.end()
}

impl UserChange {
    /// Returns the change with borrowed texts.
    pub fn borrowed(&self) -> UserChange<&str> {
        let Ok(change) = self.try_map(&mut |text, _| Ok::<_, Infallible>(text.as_str()));
        change
    }
}

impl<S> UserChange<S> {
    /// Returns the id of the user or group; for a membership, that of the group.
    pub fn id(&self) -> &S {
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

    /// Returns [`Self::id`], and for a membership that of the member too.
    pub fn ids(&self) -> impl Iterator<Item = &S> {
        let member = match self {
            Self::MemberAdded(membership) | Self::MemberRemoved(membership) => {
                Some(&membership.member)
            }
            _ => None,
        };
        [self.id()].into_iter().chain(member)
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

    /// Returns the change with other texts: see [`User::try_map`].
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<UserChange<U>, E> {
        Ok(match self {
            Self::User(it) => UserChange::User(it.try_map(map)?),
            Self::UserIfKnown(it) => UserChange::UserIfKnown(it.try_map(map)?),
            Self::UserRemoved(it) => UserChange::UserRemoved(it.try_map(map)?),
            Self::UserMissing(it) => UserChange::UserMissing(it.try_map(map)?),
            Self::UserUnreadable(it) => UserChange::UserUnreadable(it.try_map(map)?),
            Self::Group(it) => UserChange::Group(it.try_map(map)?),
            Self::GroupRemoved(it) => UserChange::GroupRemoved(it.try_map(map)?),
            Self::GroupMissing(id) => UserChange::GroupMissing(map(id, CHANGED)?),
            Self::GroupUnreadable(it) => UserChange::GroupUnreadable(it.try_map(map)?),
            Self::MemberAdded(it) => UserChange::MemberAdded(it.try_map(map)?),
            Self::MemberRemoved(it) => UserChange::MemberRemoved(it.try_map(map)?),
        })
    }
}

/// A user, group or room that is no longer available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Removed<S = String> {
    pub id: S,
    pub removal: Removal,
}

impl<S> Removed<S> {
    /// As [`User::try_map`].
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<Removed<U>, E> {
        Ok(Removed { id: map(&self.id, CHANGED)?, removal: self.removal })
    }
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
pub struct Unreadable<S = String> {
    pub id: S,
    pub reason: S,
}

impl<S> Unreadable<S> {
    /// As [`User::try_map`].
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<Unreadable<U>, E> {
        Ok(Unreadable {
            id: map(&self.id, TextUse::Key("unreadable.id"))?,
            reason: map(&self.reason, TextUse::Shown)?,
        })
    }
}

impl Unreadable {
    /// Returns a record whose reason is cut to 1,000 characters. A reason can quote a value of any
    /// length, and a host refuses more than 4 KiB.
    pub fn new(id: impl Into<String>, reason: impl AsRef<str>) -> Self {
        Self { id: id.into(), reason: reason.as_ref().chars().take(1_000).collect() }
    }
}
