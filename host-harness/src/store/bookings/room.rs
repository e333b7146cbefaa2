//! Rooms, as far as lists of bookings show them.

use rusqlite::{Row, params};
use serde::Serialize;

use crate::store::{IntegrationId, Store, StoreError};

/// A room that ONES offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookableRoom {
    /// Id of the room.
    pub id: String,
    /// Name that users see.
    pub name: String,
    /// E-mail address of the room's mailbox.
    pub email: String,
    /// Name of the building.
    pub building: Option<String>,
    /// Label of the floor, or its number.
    pub floor: Option<String>,
    /// Number of seats.
    pub capacity: Option<u32>,
    /// IANA name of the room's own time zone, as the vendor has it.
    pub time_zone: Option<String>,
}

pub(super) const COLUMNS: &str = "room.id AS room_id, room.json ->> 'name' AS room_name,
    room.json ->> 'email' AS room_email, room.json ->> 'building' AS building,
    coalesce(room.json ->> 'floorLabel', room.json ->> 'floorNumber') AS floor,
    room.json ->> 'capacity' AS capacity, room.json ->> 'timeZone' AS time_zone";

pub(super) fn room(row: &Row<'_>) -> rusqlite::Result<BookableRoom> {
    Ok(BookableRoom {
        id: row.get("room_id")?,
        name: row.get("room_name")?,
        email: row.get("room_email")?,
        building: row.get("building")?,
        // SQLite has a number where there is no label.
        floor: match row.get_ref("floor")? {
            rusqlite::types::ValueRef::Integer(number) => Some(number.to_string()),
            other => other.as_str_or_null()?.map(str::to_owned),
        },
        capacity: row.get("capacity")?,
        time_zone: row.get("time_zone")?,
    })
}

impl Store {
    /// Returns the rooms that ONES offers, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn bookable_rooms(
        &self,
        integration: IntegrationId,
    ) -> Result<Vec<BookableRoom>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM record AS room
             WHERE integration = ?1 AND kind = 'room' AND removed_at IS NULL
             ORDER BY room_name COLLATE NOCASE, room_id"
        ))?;
        let rooms = statement.query_map(params![integration.0], room)?;
        Ok(rooms.collect::<Result<_, _>>()?)
    }
}
