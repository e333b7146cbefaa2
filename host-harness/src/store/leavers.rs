//! What becomes of people who were removed.

use jiff::{Timestamp, ToSpan as _};
use rusqlite::params;

use super::{IntegrationId, Store, StoreError, Transaction};

/// What becomes of people who were removed. Rooms and groups that were are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leavers {
    /// They are no longer offered and cannot sign in; what is known of them is kept.
    #[default]
    Disable,
    /// And after so many days they are deleted for good, at the end of a run of people
    /// that ends well: [`Self::LONGEST`] at most.
    Remove {
        /// From the removal on.
        after_days: u16,
    },
}

impl Leavers {
    /// In days.
    pub const LONGEST: u16 = 3_650;
}

impl Store {
    /// What becomes of those who leave.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn leavers(&self, integration: IntegrationId) -> Result<Leavers, StoreError> {
        leavers(&self.connection, integration.0)
    }

    /// Sets it.
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
        self.connection.execute(
            "UPDATE integration SET delete_leavers_after = ?2 WHERE id = ?1",
            params![integration.0, days],
        )?;
        Ok(())
    }
}

impl Transaction<'_> {
    /// Somebody who was removed is there, but cannot be read: as if they had left at `now`, so that
    /// nobody is deleted for good who came back.
    pub(crate) fn put_off_deletion(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET removed_at = ?3 WHERE integration = ?1 AND kind = 'user'
                   AND id = ?2 AND removed_at IS NOT NULL",
            )?
            .execute(params![self.integration, id, now.to_string()])?;
        Ok(())
    }

    /// Deletes for good who left long enough before `now`, and with them what they joined in
    /// ONES. Returns how many those were.
    pub(crate) fn delete_leavers(&self, now: Timestamp) -> Result<u64, StoreError> {
        let Leavers::Remove { after_days } = leavers(&self.sql, self.integration)? else {
            return Ok(0);
        };
        let hours = (i64::from(after_days) * 24).hours();
        let Ok(until) = now.checked_sub(hours) else { return Ok(0) };
        let deleted = self
            .sql
            .prepare_cached(
                "DELETE FROM record WHERE integration = ?1 AND kind = 'user'
                   AND unixepoch(removed_at) <= ?2",
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
