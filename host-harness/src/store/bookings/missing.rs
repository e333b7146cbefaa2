//! Items that may be gone, since a listing or one answer did not find them. They are candidates for
//! removal, as users are: see the `missing.rs` of all records.

use rusqlite::params;

use super::Reporting;
use crate::store::{
    Candidate, StoreError, Transaction,
    missing::{FOUND_ONCE, MISSING},
};

/// Whether the item has a booking that has not ended and is not over before `?2`.
const IS_CURRENT: &str = "EXISTS (SELECT 1 FROM booking AS b WHERE b.item = booking_item.number
    AND b.gone_at IS NULL AND (b.ends > ?2 OR b.starts >= ?2))";

impl Transaction<'_> {
    /// Returns the calendars that have candidates.
    pub(crate) fn doubted_calendars(&self) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT DISTINCT calendar FROM booking_item INDEXED BY missing_booking
             WHERE seen < 0 AND calendar IN (SELECT number FROM calendar WHERE integration = ?1)",
        )?;
        let found = statement.query_map([self.integration], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Makes candidates of the items that the latest enumeration did not list, except those whose
    /// bookings are over before the window, and those whose removal is already requested.
    pub(crate) fn doubt_items_not_seen(
        &self,
        Reporting { calendar, seen, at, since, .. }: Reporting,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(&format!(
                // A clock that was set back must not protect an item until it has caught up.
                "UPDATE booking_item SET seen = ?5, reported = min(reported, ?4)
                 WHERE calendar = ?1 AND seen < ?3 AND reason IS NULL AND {IS_CURRENT}"
            ))?
            .execute(params![calendar, since, seen, at.as_second(), MISSING])?;
        Ok(())
    }

    /// Makes a candidate of the item with this id, or of the one with this occurrence. Where there
    /// is none, nothing changes.
    pub(crate) fn doubt_item(
        &self,
        Reporting { calendar, at, .. }: Reporting,
        id: &str,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE booking_item SET seen = ?4, reported = ?3
                 WHERE calendar = ?1 AND (id = ?2 OR number IN
                     (SELECT item FROM booking WHERE calendar = ?1 AND id = ?2))",
            )?
            .execute(params![calendar, id, at.as_second(), MISSING])?;
        Ok(())
    }

    /// Notes that a candidate was found for the first time when it was read by id.
    pub(crate) fn item_found_once(&self, calendar: i64, id: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("UPDATE booking_item SET seen = ?3 WHERE calendar = ?1 AND id = ?2")?
            .execute(params![calendar, id, FOUND_ONCE])?;
        Ok(())
    }

    /// Returns candidates of a calendar that the vendor did not report after `until` (in seconds
    /// since 1970), except those that are over before `since`, and those whose removal is already
    /// requested. Returns at most `limit`, with ids behind `after`.
    pub(crate) fn item_candidates(
        &self,
        calendar: i64,
        since: i64,
        until: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            // The condition of the index `missing_booking` is repeated, so that it is used.
            "SELECT id, seen FROM booking_item
             WHERE calendar = ?1 AND id > ?4 AND seen < 0 AND reported <= ?3 AND reason IS NULL
               AND {IS_CURRENT}
             ORDER BY id LIMIT ?5"
        ))?;
        let found = statement.query_map(params![calendar, since, until, after, limit], |row| {
            let found_before = row.get::<_, i64>(1)? == FOUND_ONCE;
            Ok(Candidate { id: row.get(0)?, found_before })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Requests the removal of a candidate that was not found by id either. It is then no
    /// candidate: where an administrator keeps it, the next enumeration decides.
    pub(crate) fn confirm_item_gone(
        &self,
        Reporting { calendar, seen, .. }: Reporting,
        id: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE booking_item SET seen = ?3, reason = ?4 WHERE calendar = ?1 AND id = ?2",
            )?
            .execute(params![calendar, id, seen, reason])?;
        Ok(())
    }
}
