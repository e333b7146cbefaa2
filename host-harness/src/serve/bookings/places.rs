//! Buildings and floors, as filters of rooms.

use std::collections::BTreeSet;

use crate::store::BookableRoom;

/// A selection of rooms. An empty text selects all.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) building: String,
    pub(super) floor: String,
    /// All buildings.
    pub(super) buildings: BTreeSet<String>,
    /// The floors of the selected building, or of all.
    pub(super) floors: BTreeSet<String>,
}

impl Places {
    /// Notes where a room is, and returns whether it is selected.
    pub(super) fn has(&mut self, room: &BookableRoom) -> bool {
        self.buildings.extend(room.building.clone());
        let is_selected = |wanted: &str, place: &Option<String>| {
            wanted.is_empty() || place.as_deref() == Some(wanted)
        };
        if !is_selected(&self.building, &room.building) {
            return false;
        }
        self.floors.extend(room.floor.clone());
        is_selected(&self.floor, &room.floor)
    }

    pub(super) fn is_filtered(&self) -> bool {
        !self.building.is_empty() || !self.floor.is_empty()
    }

    /// Returns the query of the day view of a day, with the same selection.
    pub(super) fn query(&self, day: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("day", day);
        for (name, value) in [("building", &self.building), ("floor", &self.floor)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("?{}", query.finish())
    }
}
