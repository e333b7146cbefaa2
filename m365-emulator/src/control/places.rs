//! [`Control`] over places: rooms and room lists; in newer tenants also workspaces, buildings,
//! floors and sections.

use serde_json::Value;

use super::{Control, Properties};
use crate::error::ControlError;
use crate::tenant::place::Kind;

/// Kinds of places without a mailbox, which contain other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceKind {
    /// A building.
    Building,
    /// A floor of a building.
    Floor,
    /// A section of a floor.
    Section,
}

impl From<SpaceKind> for Kind {
    fn from(kind: SpaceKind) -> Self {
        match kind {
            SpaceKind::Building => Self::Building,
            SpaceKind::Floor => Self::Floor,
            SpaceKind::Section => Self::Section,
        }
    }
}

impl Control {
    /// Lists all rooms, including those that Places does not know yet.
    #[must_use]
    pub fn rooms(&self) -> Vec<Value> {
        self.read(|state| {
            state.tenant.rooms.iter().map(|room| state.tenant.room_record(room)).collect()
        })
    }

    /// Adds a room and the user that is its mailbox, and returns the id of the room. With
    /// `@emulator.inPlaces` false, the directory knows the mailbox, and Places does not know the
    /// room yet.
    ///
    /// # Errors
    /// A property is unknown, or the id or address is taken.
    pub fn add_room(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room(Kind::Room, properties))
    }

    /// Sets properties of a room; its name and address also of its mailbox. `@emulator.inPlaces`
    /// sets whether Places knows the room, `@emulator.restMailbox` whether Exchange Online serves
    /// the mailbox. Values may have a wrong type.
    ///
    /// # Errors
    /// The room does not exist, or a property is unknown.
    pub fn patch_room(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room(Kind::Room, key, properties))
    }

    /// Removes a room. Its mailbox moves to the recycle bin.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the room does not exist.
    pub fn remove_room(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room(Kind::Room, key))
    }

    /// Lists all room lists, each with the ids of its `rooms`.
    #[must_use]
    pub fn room_lists(&self) -> Vec<Value> {
        self.read(|state| {
            state.tenant.room_lists.iter().map(|list| state.tenant.room_list_record(list)).collect()
        })
    }

    /// Adds a room list, and returns its id. `rooms` has ids or addresses of its rooms and
    /// workspaces.
    ///
    /// # Errors
    /// A property or room is unknown, or the id is taken.
    pub fn add_room_list(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room_list(properties))
    }

    /// Sets properties of a room list, including its `rooms`.
    ///
    /// # Errors
    /// The room list does not exist, or a property or room is unknown.
    pub fn patch_room_list(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room_list(key, properties))
    }

    /// Removes a room list. Its rooms stay.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the room list does not exist.
    pub fn remove_room_list(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room_list(key))
    }

    /// Lists all workspaces, including those that Places does not know yet.
    #[must_use]
    pub fn workspaces(&self) -> Vec<Value> {
        self.read(|state| {
            let tenant = &state.tenant;
            tenant.workspaces.iter().map(|workspace| tenant.room_record(workspace)).collect()
        })
    }

    /// Lists all buildings, floors or sections.
    #[must_use]
    pub fn spaces(&self, kind: SpaceKind) -> Vec<Value> {
        self.read(|state| {
            let spaces = state.tenant.spaces(kind.into());
            spaces.map(|space| Value::Object(space.place.clone())).collect()
        })
    }

    /// Adds a workspace and the user that is its mailbox, in the same way as [`Control::add_room`].
    ///
    /// # Errors
    /// A property is unknown, the id or address is taken, or the cloud has no workspaces.
    pub fn add_workspace(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room(Kind::Workspace, properties))
    }

    /// Sets properties of a workspace, in the same way as [`Control::patch_room`].
    ///
    /// # Errors
    /// The workspace does not exist, or a property is unknown.
    pub fn patch_workspace(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room(Kind::Workspace, key, properties))
    }

    /// Removes a workspace. Its mailbox moves to the recycle bin.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the workspace does not exist.
    pub fn remove_workspace(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room(Kind::Workspace, key))
    }

    /// Adds a building, floor or section, and returns its id, which is also its `placeId`. Its
    /// `parentId` need not exist.
    ///
    /// # Errors
    /// A property is unknown, the id is taken, or the cloud has no such places.
    pub fn add_space(
        &self,
        kind: SpaceKind,
        properties: Properties,
    ) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_space(kind.into(), properties))
    }

    /// Sets properties of a building, floor or section.
    ///
    /// # Errors
    /// The place does not exist, or a property is unknown.
    pub fn patch_space(
        &self,
        kind: SpaceKind,
        key: &str,
        properties: Properties,
    ) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_space(kind.into(), key, properties))
    }

    /// Removes a building, floor or section. The places in it stay, with a `parentId` that does not
    /// exist.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the place does not exist.
    pub fn remove_space(&self, kind: SpaceKind, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_space(kind.into(), key))
    }
}
