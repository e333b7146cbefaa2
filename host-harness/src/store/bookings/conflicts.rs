//! Bookings of one room that take it at the same time. The vendor allows them where a meeting is
//! written straight into the calendar of a room.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::{
    BookableRoom, BookingRow,
    room::{COLUMNS as ROOM_COLUMNS, room},
    row::{COLUMNS, TABLES, booking},
};
use crate::{
    model::{Hold, TimeRange},
    store::{IntegrationId, Store, StoreError, Transaction, now as now_text},
};

/// Largest number of conflicts that are listed of one room, the earliest ones. In a calendar where
/// everything overlaps, their number would grow with the square of the number of bookings.
pub const LISTED: usize = 1_000;

/// Two bookings that take the same room at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictRow {
    /// The room.
    pub room: BookableRoom,
    /// IANA name of the time zone in which the times are shown.
    pub zone: String,
    /// The booking that begins first.
    pub one: BookingRow,
    /// The other booking.
    pub other: BookingRow,
    /// The time that both take, as instants.
    pub both: TimeRange,
    /// Time of the run that found the conflict (RFC 3339).
    pub since: String,
}

/// A booking that takes its room.
#[derive(Debug, Clone, Copy)]
struct Taking {
    number: i64,
    time: TimeRange,
}

impl Transaction<'_> {
    /// Finds the conflicts of a calendar that are not over. A conflict that was found before keeps
    /// the time of that.
    pub(crate) fn find_conflicts(&self, calendar: i64, now: Timestamp) -> Result<(), StoreError> {
        let now = now.as_second();
        let mut statement = self.sql.prepare_cached(
            "SELECT number, starts, ends FROM booking
             WHERE calendar = ?1 AND gone_at IS NULL AND ends > ?2 AND ends > starts
               AND hold <> ?3
             ORDER BY starts, number",
        )?;
        let rows = statement.query_map(params![calendar, now, Hold::Free.as_str()], |row| {
            let time = TimeRange { starts: row.get(1)?, ends: row.get(2)? };
            Ok(Taking { number: row.get(0)?, time })
        })?;
        let taking: Vec<Taking> = rows.collect::<Result<_, _>>()?;
        let found = overlaps(&taking, now);
        let known: Vec<(i64, i64)> = self
            .sql
            .prepare_cached("SELECT one, other FROM conflict WHERE calendar = ?1")?
            .query_map([calendar], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        if found.is_empty() && known.is_empty() {
            return Ok(());
        }
        let mut solved =
            self.sql.prepare_cached("DELETE FROM conflict WHERE one = ?1 AND other = ?2")?;
        let still: HashSet<_> = found.iter().map(|(one, other, _)| (*one, *other)).collect();
        for (one, other) in known {
            if !still.contains(&(one, other)) {
                solved.execute([one, other])?;
            }
        }
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO conflict (calendar, one, other, ends, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET ends = excluded.ends",
        )?;
        for (one, other, ends) in found {
            insert.execute(params![calendar, one, other, ends, now_text()])?;
        }
        Ok(())
    }
}

/// Returns the pairs that overlap, with the end of the time that both take, where that is after
/// `now`; the first [`LISTED`]. `taking` is in the order of the beginnings.
fn overlaps(taking: &[Taking], now: i64) -> Vec<(i64, i64, i64)> {
    let mut found = Vec::new();
    let mut open: Vec<Taking> = Vec::new();
    for it in taking {
        open.retain(|earlier| earlier.time.ends > it.time.starts);
        for earlier in &open {
            let ends = earlier.time.ends.min(it.time.ends);
            if ends > now {
                found.push((earlier.number, it.number, ends));
            }
            if found.len() == LISTED {
                return found;
            }
        }
        open.push(*it);
    }
    found
}

impl Store {
    /// Returns the conflicts that are not over, by room and time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn conflicts(
        &self,
        integration: IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<ConflictRow>, StoreError> {
        list(&self.connection, integration, now, None)
    }

    /// Returns the number of conflicts that are not over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn conflict_count(
        &self,
        integration: IntegrationId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        Ok(self
            .connection
            .prepare_cached(&format!("SELECT count(*) {CONFLICTS}"))?
            .query_row(params![integration.0, now.as_second()], |row| row.get(0))?)
    }
}

/// The conflicts of rooms that ONES offers.
const CONFLICTS: &str = "FROM conflict JOIN calendar AS c ON c.number = conflict.calendar
    JOIN record AS room ON room.integration = c.integration AND room.kind = 'room'
        AND room.id = c.room AND room.removed_at IS NULL
    WHERE c.integration = ?1 AND conflict.ends > ?2";

/// Returns the conflicts that are not over, of one booking or of all, by room and time.
pub(super) fn list(
    connection: &Connection,
    integration: IntegrationId,
    now: Timestamp,
    booking_number: Option<i64>,
) -> Result<Vec<ConflictRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ROOM_COLUMNS}, c.zone, conflict.one, conflict.other, conflict.since {CONFLICTS}
             AND (?3 IS NULL OR ?3 IN (conflict.one, conflict.other))"
    ))?;
    let mut read = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE b.number = ?1"))?;
    let mut rows = statement.query(params![integration.0, now.as_second(), booking_number])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let one = read.query_row([row.get::<_, i64>("one")?], booking)?;
        let other = read.query_row([row.get::<_, i64>("other")?], booking)?;
        let both = TimeRange {
            starts: one.instants.starts.max(other.instants.starts),
            ends: one.instants.ends.min(other.instants.ends),
        };
        let (room, zone, since) = (room(row)?, row.get("zone")?, row.get("since")?);
        found.push(ConflictRow { room, zone, one, other, both, since });
    }
    found.sort_by_cached_key(|it| {
        let room = (it.room.name.clone(), it.room.id.clone());
        (room, it.both.starts, it.one.number, it.other.number)
    });
    Ok(found)
}
