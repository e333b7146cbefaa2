//! Wishes to make a room free again, whoever booked it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::{
    ReservationError,
    history::Entry,
    row::{Actor, Wish, names, problem, second},
    valid::check_comment,
};
use crate::{
    problem::Problem,
    store::{IntegrationId, Store, StoreError, Transaction, bookings::as_text, json},
};

/// A request to make a room free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseRow {
    /// Number of the request in the store.
    pub number: i64,
    /// Id of the room.
    pub room: String,
    /// Id of the booking or series in this room.
    pub booking: String,
    /// What the organizer of the meeting is told.
    pub comment: String,
    /// Its result.
    pub state: ReleaseState,
    /// Who requested it.
    pub by: Actor,
    /// When it was requested.
    #[serde(serialize_with = "as_text")]
    pub created: Timestamp,
    /// When its state last changed.
    #[serde(serialize_with = "as_text")]
    pub changed: Timestamp,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
}

/// State of a request to make a room free again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseState {
    /// The vendor has not carried it out.
    Waiting,
    /// The room is free.
    Released,
    /// The vendor did not carry it out.
    Failed,
}

names! {
    ReleaseState {
        Waiting = "waiting",
        Released = "released",
        Failed = "failed",
    }
}

/// Columns of a release.
pub(super) const COLUMNS: &str = "number, room, booking, comment, state, made_by, created, changed,
    coalesce((SELECT problem FROM wish WHERE release = release.number), problem) AS problem";

impl Store {
    /// Stores the wish to make a room free again, whoever booked it. The meeting continues without
    /// the room, and its organizer receives the comment. The id is that of a booking or a series.
    ///
    /// A wish that waits for the same booking is returned as it is.
    ///
    /// # Errors
    /// [`StoreError::Reservation`] where the room has no such booking; else any [`StoreError`].
    pub fn release(
        &mut self,
        integration: IntegrationId,
        room: &str,
        booking: &str,
        comment: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<ReleaseRow, StoreError> {
        let number =
            self.transaction(integration, |it| it.release(room, booking, comment, &by, now))?;
        let stored = self.numbered_release(integration, number)?;
        stored.ok_or_else(|| StoreError::broken(&"a release was stored and is not there"))
    }

    /// Returns the request of that number to make a room free again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn numbered_release(
        &self,
        integration: IntegrationId,
        number: i64,
    ) -> Result<Option<ReleaseRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM release WHERE integration = ?1 AND number = ?2"
        ))?;
        Ok(statement.query_row([integration.0, number], release).optional()?)
    }

    /// Returns the last request to make a room free again from this booking or series.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn last_release(
        &self,
        integration: IntegrationId,
        room: &str,
        booking_or_series: &str,
    ) -> Result<Option<ReleaseRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM release
             WHERE integration = ?1 AND room = ?2 AND booking = ?3 ORDER BY number DESC LIMIT 1"
        ))?;
        let found = params![integration.0, room, booking_or_series];
        Ok(statement.query_row(found, release).optional()?)
    }
}

impl Transaction<'_> {
    fn release(
        &self,
        room: &str,
        booking: &str,
        comment: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        check_comment(comment)?;
        let is_known = self
            .sql
            .prepare_cached(
                "SELECT 1 FROM booking AS b JOIN booking_item AS i ON i.number = b.item
                     JOIN calendar AS c ON c.number = b.calendar
                 WHERE c.integration = ?1 AND c.room = ?2 AND b.gone_at IS NULL
                   AND (b.id = ?3 OR i.id = ?3) LIMIT 1",
            )?
            .exists(params![self.integration, room, booking])?;
        if !is_known {
            return Err(ReservationError::UnknownBooking { booking: booking.to_owned() }.into());
        }
        let mut waiting = self.sql.prepare_cached(
            "SELECT number FROM release
             WHERE integration = ?1 AND room = ?2 AND booking = ?3 AND state = ?4",
        )?;
        let mut waiting = waiting
            .query_map(params![self.integration, room, booking, ReleaseState::Waiting], |row| {
                row.get(0)
            })?;
        if let Some(number) = waiting.next() {
            return Ok(number?);
        }
        self.adds.set(true);
        self.sql
            .prepare_cached(
                "INSERT INTO release
                     (integration, room, booking, comment, state, made_by, created, changed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
            )?
            .execute(params![
                self.integration,
                room,
                booking,
                comment,
                ReleaseState::Waiting,
                json::write(by)?,
                now.as_second(),
            ])?;
        let number = self.sql.last_insert_rowid();
        self.put_wish(None, Some(number), &Wish::Release, by, now)?;
        let entry = Entry::of_release(number, by, "release-requested", "Wished to free the room");
        self.note(entry.detail(comment), now)?;
        Ok(number)
    }
}

pub(super) fn release(row: &Row<'_>) -> rusqlite::Result<ReleaseRow> {
    Ok(ReleaseRow {
        number: row.get("number")?,
        room: row.get("room")?,
        booking: row.get("booking")?,
        comment: row.get("comment")?,
        state: row.get("state")?,
        by: json::read("made_by", row.get_ref("made_by")?.as_str()?)?,
        created: second(row.get("created")?),
        changed: second(row.get("changed")?),
        problem: problem(row)?,
    })
}
