//! Changes of buildings, floors and sections.

use serde_json::{Map, Value};

use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::place::{Kind, Space, is_named, text};

impl Tenant {
    /// Adds a building, floor or section. Its `parentId` need not exist, as in Places.
    pub(crate) fn add_space(
        &mut self,
        kind: Kind,
        given: Map<String, Value>,
    ) -> Result<String, ControlError> {
        let name = kind.name();
        if !kind.exists_in(self.cloud) {
            return Err(ControlError::Invalid(format!("Places has no {name} in this cloud")));
        }
        self.check_place(&given, kind)?;
        let number = self.spaces.len() + 1;
        let invented = Random::stream(self.seed, &format!("{name} {number}")).guid();
        let id = match text(&given, "id") {
            "" => invented,
            id => id.to_owned(),
        };
        if self.spaces.iter().any(|space| is_named(&space.place, &id)) {
            return Err(ControlError::Conflict { property: "id", value: id });
        }
        let mut place = Map::new();
        place.insert("id".to_owned(), id.clone().into());
        place.insert("placeId".to_owned(), id.clone().into());
        place.insert("displayName".to_owned(), format!("New {name} {number}").into());
        place.extend(given);
        self.spaces.push(Space { kind, place });
        Ok(id)
    }

    pub(crate) fn patch_space(
        &mut self,
        kind: Kind,
        key: &str,
        changes: Map<String, Value>,
    ) -> Result<(), ControlError> {
        let at = self.space_at(kind, key)?;
        if changes.contains_key("id") {
            return Err(ControlError::Invalid(format!(
                "the 'id' of a {} cannot be changed",
                kind.name()
            )));
        }
        self.check_place(&changes, kind)?;
        self.spaces[at].place.extend(changes);
        Ok(())
    }

    /// Removes a building, floor or section. The places in it stay, with a `parentId` that does not
    /// exist.
    pub(crate) fn remove_space(&mut self, kind: Kind, key: &str) -> Result<(), ControlError> {
        let at = self.space_at(kind, key)?;
        self.spaces.remove(at);
        Ok(())
    }

    fn space_at(&self, kind: Kind, key: &str) -> Result<usize, ControlError> {
        self.spaces
            .iter()
            .position(|space| space.kind == kind && is_named(&space.place, key))
            .ok_or_else(|| ControlError::no(kind.name(), key))
    }
}
