//! Removals of items that wait: until a run ends well, or until an administrator decides. Which of
//! them are held, the sync decides; see the `removals.rs` of all records for the decision.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::row::BookingRow;
use crate::store::{Decision, Kind, RemovalRow, RunId, StoreError, Transaction, now};

/// Removals that wait in one calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitingItems {
    pub(crate) calendar: i64,
    /// Number of those that wait for the end of the run.
    pub(crate) pending: u64,
    /// Number of those that are held.
    pub(crate) held: u64,
}

/// Conditions on an item whose removal waits for the end of the run.
const PENDING: &str = "calendar = ?1 AND reason IS NOT NULL AND held_since IS NULL";

impl Transaction<'_> {
    /// Requests the removal of an item, unless it is requested already. Where all its bookings have
    /// ended, nothing changes.
    pub(super) fn ask_item_removal(&self, item: i64, reason: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE booking_item SET reason = ?2 WHERE number = ?1 AND EXISTS (
                     SELECT 1 FROM booking WHERE item = ?1 AND gone_at IS NULL)",
            )?
            .execute(params![item, reason])?;
        Ok(())
    }

    /// Returns the calendars in which removals wait.
    pub(crate) fn waiting_items(&self) -> Result<Vec<WaitingItems>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT calendar, sum(held_since IS NULL), sum(held_since IS NOT NULL)
             FROM calendar AS c CROSS JOIN booking_item AS i INDEXED BY waiting_booking
                 ON i.calendar = c.number AND i.reason IS NOT NULL
             WHERE c.integration = ?1 GROUP BY calendar",
        )?;
        let rows = statement.query_map([self.integration], |row| {
            Ok(WaitingItems { calendar: row.get(0)?, pending: row.get(1)?, held: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the number of items that had not ended before the run, and are not over before
    /// `since`: of one calendar, or of all.
    pub(crate) fn known_items(
        &self,
        calendar: Option<i64>,
        run: RunId,
        since: i64,
    ) -> Result<u64, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT count(*) FROM calendar AS c CROSS JOIN booking_item AS i
                     ON i.calendar = c.number
                 WHERE c.integration = ?1 AND (?2 IS NULL OR c.number = ?2) AND i.first_run <> ?3
                   AND EXISTS (SELECT 1 FROM booking AS b WHERE b.item = i.number
                       AND b.gone_at IS NULL AND (b.ends > ?4 OR b.starts >= ?4))",
            )?
            .query_row(params![self.integration, calendar, run.number(), since], |row| {
                row.get(0)
            })?)
    }

    /// Holds the removals that wait in a calendar: all, or those that an administrator decided to
    /// keep. Returns the first booking of each of them, with the reason.
    pub(crate) fn hold_items(
        &self,
        calendar: i64,
        all: bool,
    ) -> Result<Vec<(BookingRow, String)>, StoreError> {
        let condition = format!("{PENDING} AND (?2 OR kept_at IS NOT NULL)");
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT number, reason FROM booking_item WHERE {condition} ORDER BY id"
        ))?;
        let items = statement.query_map(params![calendar, all], item)?;
        let mut held = Vec::new();
        for (number, reason) in items.collect::<Result<Vec<_>, _>>()? {
            let first = self.active_of(number, None)?.into_iter().next();
            held.extend(first.map(|row| (row, reason)));
        }
        self.sql
            .prepare_cached(&format!("UPDATE booking_item SET held_since = ?3 WHERE {condition}"))?
            .execute(params![calendar, all, now()])?;
        Ok(held)
    }

    /// Applies the removals that wait in a calendar and are not held. Of a series, bookings that
    /// are over before `since` stay. Returns the bookings that ended, with the reasons.
    pub(crate) fn end_pending_items(
        &self,
        calendar: i64,
        run: RunId,
        since: i64,
        at: Timestamp,
    ) -> Result<Vec<(BookingRow, String)>, StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT number, reason FROM booking_item WHERE {PENDING} ORDER BY id"
        ))?;
        let items = statement.query_map([calendar], item)?;
        let mut ended = Vec::new();
        for (number, reason) in items.collect::<Result<Vec<_>, _>>()? {
            self.end_waiting_item(number, Some(run), &reason, (since, at), &mut ended)?;
        }
        Ok(ended)
    }

    fn end_waiting_item(
        &self,
        item: i64,
        run: Option<RunId>,
        reason: &str,
        (since, at): (i64, Timestamp),
        ended: &mut Vec<(BookingRow, String)>,
    ) -> Result<(), StoreError> {
        for row in self.active_of(item, None)? {
            let is_over = row.instants.ends <= since && row.instants.starts < since;
            if row.booking.series.is_some() && is_over {
                continue;
            }
            self.end_booking(row.number, run, reason, at)?;
            ended.push((row, reason.to_owned()));
        }
        self.sql
            .prepare_cached(
                "UPDATE booking_item SET reason = NULL, held_since = NULL, kept_at = NULL
                 WHERE number = ?1",
            )?
            .execute([item])?;
        Ok(())
    }

    /// Carries out a decision on the held removals of items: with this id, or all. Returns their
    /// number.
    pub(in crate::store) fn decide_items(
        &self,
        decision: Decision,
        id: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT i.number, i.reason, c.number
             FROM calendar AS c CROSS JOIN booking_item AS i INDEXED BY waiting_booking
                 ON i.calendar = c.number AND i.reason IS NOT NULL
             WHERE c.integration = ?1 AND held_since IS NOT NULL AND (?2 IS NULL OR id = ?2)",
        )?;
        let items = statement.query_map(params![self.integration, id], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?;
        let items: Vec<(i64, _, i64)> = items.collect::<Result<_, _>>()?;
        let (at, mut changed) = (Timestamp::now(), BTreeSet::new());
        for (item, reason, calendar) in &items {
            match decision {
                Decision::Approve => {
                    let ending = &mut Vec::new();
                    self.end_waiting_item(*item, None, reason, (at.as_second(), at), ending)?;
                    changed.insert(*calendar);
                }
                Decision::Discard => {
                    self.sql
                        .prepare_cached(
                            "UPDATE booking_item
                             SET reason = NULL, held_since = NULL, kept_at = ?2 WHERE number = ?1",
                        )?
                        .execute(params![item, now()])?;
                }
            }
        }
        for calendar in changed {
            self.find_conflicts(calendar, at)?;
            self.follow_bookings(calendar, at)?;
        }
        Ok(items.len() as u64)
    }
}

fn item(row: &Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Held removals of items of an integration, with the columns of [`RemovalRow`].
pub(in crate::store) fn held(
    connection: &Connection,
    integration: i64,
) -> Result<Vec<RemovalRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT i.id,
             coalesce((SELECT iif(private, 'Private booking', title) FROM booking
                 WHERE item = i.number AND gone_at IS NULL ORDER BY starts LIMIT 1), 'Booking'),
             coalesce((SELECT json ->> 'email' FROM record
                 WHERE integration = c.integration AND kind = 'room' AND id = c.room), c.room),
             i.reason, i.held_since
         FROM calendar AS c CROSS JOIN booking_item AS i INDEXED BY waiting_booking
             ON i.calendar = c.number AND i.reason IS NOT NULL
         WHERE c.integration = ?1 AND i.held_since IS NOT NULL ORDER BY 3, i.id",
    )?;
    let rows = statement.query_map([integration], |row| {
        Ok(RemovalRow {
            kind: Kind::Booking,
            id: row.get(0)?,
            name: row.get(1)?,
            address: row.get(2)?,
            reason: row.get(3)?,
            held_since: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Number of held removals of items.
pub(in crate::store) const HELD: &str = "(SELECT count(*)
    FROM calendar AS c CROSS JOIN booking_item AS i INDEXED BY waiting_booking
        ON i.calendar = c.number AND i.reason IS NOT NULL
    WHERE c.integration = ?1 AND i.held_since IS NOT NULL)";
