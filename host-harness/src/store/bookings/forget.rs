//! Bookings that are over, or that ended, are deleted after some days.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::store::{IntegrationId, RunId, RunKind, Store, StoreError, Transaction};

/// Number of days for which a booking stays that is over or that ended, and the calendar of a room
/// that ONES no longer offers, after it was last read.
///
/// A week answers who had the room last week, and what became of a booking of these days. Titles
/// and names of organizers are personal data, so they stay no longer. The vendor's calendars keep
/// the past.
pub const KEPT_DAYS: i64 = 7;

/// Number of hours for which a run of bookings stays that changed nothing. With a run every five
/// minutes, all of them would hide the others.
const QUIET_RUN_HOURS: i64 = 24;

/// Number of days for which other runs of bookings stay; those because of notifications stay for
/// [`KEPT_DAYS`].
const RUN_DAYS: i64 = 90;

impl Store {
    /// Returns whether the integration has calendars.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn has_bookings(&self, integration: IntegrationId) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM calendar WHERE integration = ?1")?
            .exists([integration.0])?)
    }

    /// Deletes all bookings of an integration, calendar by calendar, so that other connections can
    /// write in between. What was reserved in ONES stays.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn delete_bookings(&mut self, integration: IntegrationId) -> Result<(), StoreError> {
        while self.execute(
            "DELETE FROM calendar WHERE number =
                 (SELECT number FROM calendar WHERE integration = ?1 LIMIT 1)",
            [integration.0],
        )? > 0
        {}
        Ok(())
    }
}

impl Transaction<'_> {
    /// Deletes what [`KEPT_DAYS`] no longer keeps, and older runs of bookings.
    pub(crate) fn forget_bookings(&self, now: Timestamp) -> Result<(), StoreError> {
        self.forget_reservations(now)?;
        let before = |ago: SignedDuration| now.checked_sub(ago).unwrap_or(Timestamp::MIN);
        let since = before(SignedDuration::from_hours(24 * KEPT_DAYS));
        let calendars = self
            .sql
            .prepare_cached("SELECT number FROM calendar WHERE integration = ?1")?
            .query_map([self.integration], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        let mut is_over = self.sql.prepare_cached(
            // By two indexes: `booking_by_time` and `gone_booking`.
            "DELETE FROM booking WHERE number IN (
                 SELECT number FROM booking
                 WHERE calendar = ?1 AND gone_at IS NULL AND starts < ?2 AND ends < ?2
                 UNION ALL SELECT number FROM booking
                 WHERE calendar = ?1 AND gone_at IS NOT NULL AND gone_at < ?2)",
        )?;
        let mut is_empty = self.sql.prepare_cached(
            "DELETE FROM booking_item WHERE calendar = ?1
               AND NOT EXISTS (SELECT 1 FROM booking WHERE item = booking_item.number)",
        )?;
        for calendar in calendars {
            if is_over.execute(params![calendar, since.as_second()])? > 0 {
                is_empty.execute([calendar])?;
            }
        }
        self.sql
            .prepare_cached(
                "DELETE FROM calendar WHERE integration = ?1 AND coalesce(read_at, 0) < ?2
                   AND NOT EXISTS (SELECT 1 FROM record WHERE integration = ?1
                       AND kind = 'room' AND id = calendar.room AND removed_at IS NULL)",
            )?
            .execute(params![self.integration, since.as_second()])?;
        let (quiet, all) = (
            before(SignedDuration::from_hours(QUIET_RUN_HOURS)),
            before(SignedDuration::from_hours(24 * RUN_DAYS)),
        );
        self.sql
            .prepare_cached(
                "DELETE FROM run WHERE integration = ?1 AND kind = ?2 AND (started < ?4
                     OR started < ?3 AND ended IS NOT NULL AND problem IS NULL
                       AND added + updated + removed + unreadable + rooms_failed = 0
                       AND warnings = '[]')",
            )?
            .execute(params![
                self.integration,
                RunKind::Bookings,
                quiet.to_string(),
                all.to_string()
            ])?;
        self.forget_notified_runs(now)
    }

    /// Deletes the runs because of notifications that [`KEPT_DAYS`] no longer keeps.
    pub(crate) fn forget_notified_runs(&self, now: Timestamp) -> Result<(), StoreError> {
        let since = now.checked_sub(SignedDuration::from_hours(24 * KEPT_DAYS));
        self.sql
            .prepare_cached("DELETE FROM run WHERE integration = ?1 AND notified AND started < ?2")?
            .execute(params![self.integration, since.unwrap_or(Timestamp::MIN).to_string()])?;
        Ok(())
    }

    /// Deletes a run because of notifications that changed nothing.
    pub(crate) fn forget_quiet_run(&self, run: RunId) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "DELETE FROM run WHERE id = ?1 AND notified AND problem IS NULL
                   AND added + updated + removed + unreadable + rooms_failed = 0
                   AND warnings = '[]'",
            )?
            .execute([run.number()])?;
        Ok(())
    }
}
