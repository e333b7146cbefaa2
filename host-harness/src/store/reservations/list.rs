//! Lists of reservations.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::row::{
    COLUMNS, ROOM_COLUMNS, Reservation, ReservationState, Stored, WISH_COLUMNS, Wish, room, stored,
    waiting,
};
use crate::store::{IntegrationId, Store, StoreError, Transaction};

/// Size of the reservations of an integration, in bytes, for the storage limit.
pub(in crate::store) const USED: &str = "
    coalesce((SELECT sum(octet_length(r.request) + octet_length(r.made_by)
            + coalesce(octet_length(r.ticket), 0) + coalesce(octet_length(r.problem), 0) + 300
            + (SELECT coalesce(sum(octet_length(room) + octet_length(name)
                  + coalesce(octet_length(booking), 0) + coalesce(octet_length(reason), 0)
                  + octet_length(declined) + 100), 0)
              FROM reserved_room WHERE reservation = r.number)
            + (SELECT coalesce(sum(octet_length(text) + coalesce(octet_length(detail), 0) + 100), 0)
              FROM reservation_history WHERE reservation = r.number))
        FROM reservation AS r WHERE r.integration = ?1), 0)
    + coalesce((SELECT sum(octet_length(wish) + coalesce(octet_length(problem), 0) + 100)
        FROM wish WHERE integration = ?1), 0)
    + coalesce((SELECT sum(octet_length(comment) + octet_length(booking)
            + coalesce(octet_length(problem), 0) + 400)
        FROM release WHERE integration = ?1), 0)";

/// Which reservations are listed: those for which all that is set is true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReservationFilter {
    /// Id of the user for whom they were made.
    pub organizer: Option<String>,
    /// Id of a room that is booked.
    pub room: Option<String>,
    /// State of the reservations.
    pub state: Option<ReservationState>,
    /// Time at which they are not over, and neither declined, cancelled nor failed.
    pub open_at: Option<Timestamp>,
    /// Part of the name of a booked room, in upper or lower case.
    pub room_name: String,
    /// Part of the name or the e-mail address of the organizer, in upper or lower case.
    pub organizer_name: String,
}

/// A part of a list of reservations, which are ordered by their beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservationPage {
    /// Whether the last one comes first.
    pub latest_first: bool,
    /// Number of reservations before the page.
    pub skip: u32,
    /// Largest number of reservations.
    pub limit: u32,
}

impl Store {
    /// Returns a reservation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn reservation(
        &self,
        integration: IntegrationId,
        reference: &str,
    ) -> Result<Option<Reservation>, StoreError> {
        let found = find(&self.connection, integration.0, reference)?;
        Ok(found.map(|stored| stored.row))
    }

    /// Calls `each` with the reservations that the filter selects, by their beginning.
    ///
    /// # Errors
    /// See [`StoreError`], and the errors of `each`.
    pub fn each_reservation<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        filter: &ReservationFilter,
        each: impl FnMut(Reservation) -> Result<(), E>,
    ) -> Result<(), E> {
        let all = ReservationPage { latest_first: false, skip: 0, limit: u32::MAX };
        self.list_reservations(integration, filter, all, each)
    }

    /// Returns a page of what [`Self::each_reservation`] lists.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn reservations_page(
        &self,
        integration: IntegrationId,
        filter: &ReservationFilter,
        page: ReservationPage,
    ) -> Result<Vec<Reservation>, StoreError> {
        let mut listed = Vec::new();
        let list = |reservation| {
            listed.push(reservation);
            Ok::<_, StoreError>(())
        };
        self.list_reservations(integration, filter, page, list)?;
        Ok(listed)
    }

    fn list_reservations<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        filter: &ReservationFilter,
        page: ReservationPage,
        mut each: impl FnMut(Reservation) -> Result<(), E>,
    ) -> Result<(), E> {
        let ReservationFilter { organizer, room, state, open_at, room_name, organizer_name } =
            filter;
        let open: Vec<String> = ReservationState::ALL
            .into_iter()
            .filter(|state| state.is_open())
            .map(|state| format!("'{}'", state.as_str()))
            .collect();
        let query = format!(
            "SELECT {COLUMNS} FROM reservation AS r
             WHERE r.integration = ?1 AND (?2 IS NULL OR r.organizer = ?2)
               AND (?3 IS NULL OR EXISTS (SELECT 1 FROM reserved_room AS rr
                   WHERE rr.reservation = r.number AND rr.room = ?3))
               AND (?4 IS NULL OR r.state = ?4)
               AND (?5 IS NULL OR r.state IN ({}) AND (r.over_at IS NULL OR r.over_at > ?5))
               AND (?6 = '' OR EXISTS (SELECT 1 FROM reserved_room AS rr
                   WHERE rr.reservation = r.number AND instr(lowercase(rr.name), ?6) > 0))
               AND (?7 = '' OR instr(lowercase(r.request ->> '$.organizer.name'), ?7) > 0
                   OR instr(lowercase(r.request ->> '$.organizer.email'), ?7) > 0)
             ORDER BY iif(?8, -r.starts, r.starts), iif(?8, -r.number, r.number)
             LIMIT ?9 OFFSET ?10",
            open.join(", ")
        );
        let open_at = open_at.map(Timestamp::as_second);
        let part = |text: &str| text.trim().to_lowercase();
        let (room_name, organizer_name) = (part(room_name), part(organizer_name));
        let ReservationPage { latest_first, skip, limit } = page;
        let mut statement = self.connection.prepare_cached(&query).map_err(StoreError::from)?;
        let mut rows = statement
            .query(params![
                integration.0,
                organizer,
                room,
                state,
                open_at,
                room_name,
                organizer_name,
                latest_first,
                limit,
                skip
            ])
            .map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let stored = stored(row).map_err(StoreError::from)?;
            each(complete(&self.connection, stored)?.row)?;
        }
        Ok(())
    }

    /// Returns the reservation whose meeting is this booking or series of the room.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn reservation_of_booking(
        &self,
        integration: IntegrationId,
        room: &str,
        booking_or_series: &str,
    ) -> Result<Option<Reservation>, StoreError> {
        let found = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM reserved_room AS rr
                     JOIN reservation AS r ON r.number = rr.reservation
                 WHERE rr.room = ?2 AND rr.booking = ?3 AND r.integration = ?1
                 ORDER BY r.number DESC LIMIT 1"
            ))?
            .query_row(params![integration.0, room, booking_or_series], stored)
            .optional()?;
        found.map(|stored| Ok(complete(&self.connection, stored)?.row)).transpose()
    }
}

impl Transaction<'_> {
    pub(super) fn stored_reservation(&self, reference: &str) -> Result<Option<Stored>, StoreError> {
        find(&self.sql, self.integration, reference)
    }

    /// Returns the reservation of that number. It exists while a wish for it does.
    pub(super) fn numbered_reservation(&self, number: i64) -> Result<Stored, StoreError> {
        let found = self
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM reservation AS r WHERE number = ?1"))?
            .query_row([number], stored)?;
        complete(&self.sql, found)
    }
}

fn find(
    connection: &Connection,
    integration: i64,
    reference: &str,
) -> Result<Option<Stored>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM reservation AS r
             WHERE r.integration = ?1 AND r.reference = ?2"
        ))?
        .query_row(params![integration, reference], stored)
        .optional()?;
    found.map(|stored| complete(connection, stored)).transpose()
}

/// Adds the rooms, and what waits.
fn complete(connection: &Connection, mut stored: Stored) -> Result<Stored, StoreError> {
    stored.row.rooms = connection
        .prepare_cached(&format!(
            "SELECT {ROOM_COLUMNS} FROM reserved_room WHERE reservation = ?1 ORDER BY position"
        ))?
        .query_map([stored.number], room)?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {WISH_COLUMNS} FROM wish WHERE reservation = ?1 ORDER BY number"
    ))?;
    for row in statement.query_map([stored.number], waiting)? {
        let row = row?;
        if let Wish::Change(change) = &row.wish {
            stored.row.request = change.request.clone();
            let former = change.former.as_ref().is_some_and(|it| it.private);
            stored.row.private |= former || change.request.private;
        }
        stored.row.problem = row.problem.clone().or(stored.row.problem);
        stored.row.waiting = Some(row);
    }
    Ok(stored)
}
