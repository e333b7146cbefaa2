//! The history of a reservation: who did what, when.

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::Serialize;

use super::row::{Actor, second};
use crate::store::{IntegrationId, Store, StoreError, Transaction, bookings::as_text, json};

/// Largest detail of an entry, in bytes.
const DETAIL: usize = 4 << 10;

/// Largest number of entries of a reservation.
const ENTRIES: u32 = 500;

/// One entry of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When it happened, or when ONES learned of it.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// The name of that user, while ONES has the record.
    pub name: Option<String>,
    /// What happened, as a name that stays the same across versions.
    pub what: String,
    /// What happened, in words.
    pub text: String,
    /// The vendor's own words, or the comment.
    pub detail: Option<String>,
}

impl HistoryEntry {
    /// Removes the comment of a cancellation, which those read who are invited. That of a private
    /// meeting is as private as its title.
    pub fn hide_comment(&mut self) {
        if self.what == CANCEL_REQUESTED {
            self.detail = None;
        }
    }
}

/// Name of the entry of a wished cancellation. Its detail is the comment.
pub(super) const CANCEL_REQUESTED: &str = "cancel-requested";

/// An entry to store.
pub(super) struct Entry<'a> {
    reservation: Option<i64>,
    release: Option<i64>,
    actor: &'a Actor,
    what: &'static str,
    text: String,
    detail: Option<String>,
}

impl<'a> Entry<'a> {
    pub(super) fn of(
        reservation: i64,
        actor: &'a Actor,
        what: &'static str,
        text: impl Into<String>,
    ) -> Self {
        let text = text.into();
        Self { reservation: Some(reservation), release: None, actor, what, text, detail: None }
    }

    pub(super) fn of_release(
        release: i64,
        actor: &'a Actor,
        what: &'static str,
        text: impl Into<String>,
    ) -> Self {
        let text = text.into();
        Self { reservation: None, release: Some(release), actor, what, text, detail: None }
    }

    /// Adds a detail, unless it is empty.
    pub(super) fn detail(self, detail: &str) -> Self {
        let detail = &detail[..detail.floor_char_boundary(DETAIL)];
        Self { detail: Some(detail.to_owned()).filter(|text| !text.is_empty()), ..self }
    }
}

const COLUMNS: &str = "h.at, h.actor, h.what, h.text, h.detail,
    (SELECT json ->> 'displayName' FROM record WHERE integration = ?1 AND kind = 'user'
         AND id = h.actor ->> 'user' AND removed_at IS NULL) AS name";

impl Store {
    /// Returns the history of a reservation, the first entry first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn reservation_history(
        &self,
        integration: IntegrationId,
        reference: &str,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM reservation_history AS h
                 JOIN reservation AS r ON r.number = h.reservation
             WHERE r.integration = ?1 AND r.reference = ?2 ORDER BY h.number"
        ))?;
        let rows = statement.query_map(params![integration.0, reference], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns what was done in ONES with a booking or series of a room: the history of its
    /// reservation, if it has one, and of its releases.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn history_of_booking(
        &self,
        integration: IntegrationId,
        room: &str,
        booking_or_series: &str,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM reservation_history AS h
             WHERE h.reservation IN (SELECT r.number
                     FROM reserved_room AS rr JOIN reservation AS r ON r.number = rr.reservation
                     WHERE rr.room = ?2 AND rr.booking = ?3 AND r.integration = ?1)
                OR h.release IN (SELECT number FROM release
                     WHERE integration = ?1 AND room = ?2 AND booking = ?3)
             ORDER BY h.number"
        ))?;
        let rows = statement.query_map(params![integration.0, room, booking_or_series], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<HistoryEntry> {
    Ok(HistoryEntry {
        at: second(row.get("at")?),
        actor: json::read("actor", row.get_ref("actor")?.as_str()?)?,
        name: row.get("name")?,
        what: row.get("what")?,
        text: row.get("text")?,
        detail: row.get("detail")?,
    })
}

impl Transaction<'_> {
    /// Adds an entry. Of a reservation, only the latest ones are kept.
    pub(super) fn note(&self, entry: Entry<'_>, now: Timestamp) -> Result<(), StoreError> {
        let Entry { reservation, release, actor, what, text, detail } = entry;
        self.adds.set(true);
        self.sql
            .prepare_cached(
                "INSERT INTO reservation_history
                     (reservation, release, at, actor, what, text, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                reservation,
                release,
                now.as_second(),
                json::write(actor)?,
                what,
                text,
                detail,
            ])?;
        self.sql
            .prepare_cached(
                "DELETE FROM reservation_history WHERE reservation = ?1 AND number <=
                     (SELECT number FROM reservation_history WHERE reservation = ?1
                      ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![reservation, ENTRIES])?;
        Ok(())
    }
}
