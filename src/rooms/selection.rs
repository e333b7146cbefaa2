//! The rooms that the settings select.

use crate::{payload::RoomKey, settings::RoomSelection};

/// Selects rooms by the settings, and notes which of the chosen ones were read.
pub struct Selection<'a> {
    chosen: Option<Vec<(&'a str, bool)>>,
    is_by_address: bool,
}

impl<'a> Selection<'a> {
    /// Returns a selection of which no room was read yet.
    pub fn new(selection: &'a RoomSelection) -> Self {
        let chosen = match selection {
            RoomSelection::All => None,
            RoomSelection::Chosen(rooms) => {
                Some(rooms.iter().map(|room| (room.as_str(), false)).collect())
            }
        };
        Self { chosen, is_by_address: false }
    }

    /// Returns whether the settings select the room, by its id, its e-mail address, or Graph's
    /// entity id.
    pub fn takes(&mut self, place: &RoomKey) -> bool {
        let Some(chosen) = &mut self.chosen else {
            return true;
        };
        let is_meant = |room: &str| {
            let names = [Some(&place.id), place.email.as_ref(), place.entity_id.as_ref()];
            // Neither e-mail addresses nor GUIDs differ by case.
            names.into_iter().flatten().any(|name| name.to_lowercase() == room.to_lowercase())
        };
        let mut taken = false;
        for (_, seen) in chosen.iter_mut().filter(|(room, _)| is_meant(room)) {
            *seen = true;
            taken = true;
        }
        self.is_by_address |= taken && !place.is_lasting;
        taken
    }

    /// Returns whether a chosen room has no other id than its e-mail address.
    pub fn is_by_address(&self) -> bool {
        self.is_by_address
    }

    /// Returns the chosen rooms that were not read, with their index in the settings.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let chosen = self.chosen.iter().flatten().enumerate();
        chosen.filter(|(_, (_, seen))| !seen).map(|(index, (room, _))| (index, *room))
    }
}
