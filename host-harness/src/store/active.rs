//! Number of active records of each kind. It is stored with the changes of a transaction instead of
//! counted, since counting reads every record.

use std::cell::Cell;

use rusqlite::{OptionalExtension as _, params};

use super::{IntegrationId, Kind, Store, StoreError, Transaction};

const ACTIVE: &str = "SELECT active FROM progress WHERE integration = ?1 AND kind = ?2";

/// Changes of the numbers that a transaction has not stored yet, by kind.
#[derive(Debug, Default)]
pub(super) struct ActiveChanges([Cell<i64>; Kind::ALL.len()]);

impl Store {
    /// Returns the number of active records.
    pub(super) fn active(
        &self,
        IntegrationId(id): IntegrationId,
        kind: Kind,
    ) -> Result<u64, StoreError> {
        let active = self
            .connection
            .prepare_cached(ACTIVE)?
            .query_row(params![id, kind], |row| row.get(0))
            .optional()?;
        Ok(active.unwrap_or_default())
    }
}

impl Transaction<'_> {
    /// Returns the number of active records.
    pub(crate) fn active(&self, kind: Kind) -> Result<u64, StoreError> {
        self.store_active()?;
        let active = self
            .sql
            .prepare_cached(ACTIVE)?
            .query_row(params![self.integration, kind], |row| row.get(0))
            .optional()?;
        Ok(active.unwrap_or_default())
    }

    /// Notes that the number of active records changes by `change`.
    pub(super) fn note_active(&self, kind: Kind, change: i64) {
        let ActiveChanges(changes) = &self.active;
        let noted = &changes[kind as usize];
        noted.set(noted.get() + change);
    }

    /// Stores the numbers. Called before each commit.
    pub(super) fn store_active(&self) -> Result<(), StoreError> {
        let ActiveChanges(changes) = &self.active;
        for (kind, noted) in Kind::ALL.into_iter().zip(changes) {
            let change = noted.take();
            if change != 0 {
                self.sql
                    .prepare_cached(
                        "INSERT INTO progress (integration, kind, active) VALUES (?1, ?2, ?3)
                         ON CONFLICT DO UPDATE SET active = active + excluded.active",
                    )?
                    .execute(params![self.integration, kind, change])?;
            }
        }
        Ok(())
    }
}
