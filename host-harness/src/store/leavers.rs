//! What happens to users who were removed.

use jiff::{Timestamp, ToSpan as _};
use rusqlite::params;

use super::{IntegrationId, Store, StoreError, Transaction};

/// What happens to users who were removed. Removed rooms and groups stay stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leavers {
    /// They are no longer offered and cannot sign in. Their records stay stored.
    #[default]
    Disable,
    /// The same; and they are deleted after this number of days, at the end of a complete run of
    /// users.
    Remove {
        /// Days since the removal, [`Self::LONGEST`] at most.
        after_days: u16,
    },
}

impl Leavers {
    /// Largest number of days.
    pub const LONGEST: u16 = 3_650;
}

impl Store {
    /// Returns what happens to users who were removed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn leavers(&self, integration: IntegrationId) -> Result<Leavers, StoreError> {
        leavers(&self.connection, integration.0)
    }

    /// Sets what happens to users who were removed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_leavers(
        &mut self,
        integration: IntegrationId,
        leavers: Leavers,
    ) -> Result<(), StoreError> {
        let days = match leavers {
            Leavers::Disable => None,
            Leavers::Remove { after_days } => Some(after_days.min(Leavers::LONGEST)),
        };
        self.execute(
            "UPDATE integration SET delete_leavers_after = ?2 WHERE id = ?1",
            params![integration.0, days],
        )?;
        Ok(())
    }
}

impl Transaction<'_> {
    /// Counts the days of a removed user from `now` on. The user exists, but could not be read, and
    /// may be back: it must not be deleted.
    pub(crate) fn put_off_deletion(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET removed_at = ?3 WHERE integration = ?1 AND kind = 'user'
                   AND id = ?2 AND removed_at IS NOT NULL",
            )?
            .execute(params![self.integration, id, now.to_string()])?;
        Ok(())
    }

    /// Deletes the users who were removed long enough before `now`, and their memberships in groups
    /// of ONES. Returns their number.
    pub(crate) fn delete_leavers(&self, now: Timestamp) -> Result<u64, StoreError> {
        let Leavers::Remove { after_days } = leavers(&self.sql, self.integration)? else {
            return Ok(0);
        };
        let hours = (i64::from(after_days) * 24).hours();
        let Ok(until) = now.checked_sub(hours) else { return Ok(0) };
        let deleted = self
            .sql
            .prepare_cached(
                // The condition of the index `removed_record` is repeated, so that it is used.
                "DELETE FROM record WHERE integration = ?1 AND kind = 'user'
                   AND removed_at IS NOT NULL AND unixepoch(removed_at) <= ?2",
            )?
            .execute(params![self.integration, until.as_second()])?;
        Ok(deleted as u64)
    }
}

fn leavers(connection: &rusqlite::Connection, integration: i64) -> Result<Leavers, StoreError> {
    let days: Option<u16> = connection
        .prepare_cached("SELECT delete_leavers_after FROM integration WHERE id = ?1")?
        .query_row([integration], |row| row.get(0))?;
    Ok(days.map_or(Leavers::Disable, |after_days| Leavers::Remove { after_days }))
}
