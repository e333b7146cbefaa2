//! Reservations that are over, or closed, are deleted after some days.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::store::{KEPT_DAYS, StoreError, Transaction};

impl Transaction<'_> {
    /// Deletes reservations that are over or closed for [`KEPT_DAYS`], and requests to make a room
    /// free that are answered as long. What waits for the vendor stays.
    pub(in crate::store) fn forget_reservations(&self, now: Timestamp) -> Result<(), StoreError> {
        let kept = SignedDuration::from_hours(24 * KEPT_DAYS);
        let since = now.checked_sub(kept).unwrap_or(Timestamp::MIN).as_second();
        self.sql
            .prepare_cached(
                "DELETE FROM reservation WHERE integration = ?1
                   AND (over_at < ?2
                     OR state IN ('declined', 'cancelled', 'failed') AND changed < ?2)
                   AND NOT EXISTS (SELECT 1 FROM wish WHERE wish.reservation = reservation.number)",
            )?
            .execute(params![self.integration, since])?;
        self.sql
            .prepare_cached(
                "DELETE FROM release WHERE integration = ?1 AND changed < ?2
                   AND state <> 'waiting'",
            )?
            .execute(params![self.integration, since])?;
        Ok(())
    }
}
