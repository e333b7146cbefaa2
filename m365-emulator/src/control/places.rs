//! Workspaces, buildings, floors and sections: what newer tenants have beside rooms and room lists.

use serde_json::Value;

use crate::control::{Control, Properties};
use crate::error::ControlError;
use crate::tenant::place::Kind;

/// A place without a mailbox, which others are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceKind {
    /// Is in no other.
    Building,
    /// Of a building.
    Floor,
    /// Of a floor.
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
    /// All workspaces, those that Places does not know yet included.
    #[must_use]
    pub fn workspaces(&self) -> Vec<Value> {
        self.read(|state| {
            let tenant = &state.tenant;
            tenant.workspaces.iter().map(|workspace| tenant.room_record(workspace)).collect()
        })
    }

    /// All buildings, floors or sections.
    #[must_use]
    pub fn spaces(&self, kind: SpaceKind) -> Vec<Value> {
        self.read(|state| {
            let spaces = state.tenant.spaces(kind.into());
            spaces.map(|space| Value::Object(space.place.clone())).collect()
        })
    }

    /// Adds a workspace and the user that is its mailbox, as [`Control::add_room`] does a room.
    ///
    /// # Errors
    /// A property is unknown, the id or address is taken, or the cloud has no workspaces.
    pub fn add_workspace(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room(Kind::Workspace, properties))
    }

    /// Sets properties of a workspace, as [`Control::patch_room`] does of a room.
    ///
    /// # Errors
    /// There is no such workspace, or a property is unknown.
    pub fn patch_workspace(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room(Kind::Workspace, key, properties))
    }

    /// Removes a workspace; its mailbox goes to the recycle bin.
    ///
    /// # Errors
    /// There is no such workspace.
    pub fn remove_workspace(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room(Kind::Workspace, key))
    }

    /// Adds a building, floor or section; answers with its id, which is its `placeId`. `parentId` may lead nowhere.
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
    /// There is none of this name, or a property is unknown.
    pub fn patch_space(
        &self,
        kind: SpaceKind,
        key: &str,
        properties: Properties,
    ) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_space(kind.into(), key, properties))
    }

    /// Removes a building, floor or section. What is in it stays, and its `parentId` leads nowhere.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn remove_space(&self, kind: SpaceKind, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_space(kind.into(), key))
    }
}
