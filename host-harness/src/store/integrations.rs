//! Integrations and their settings.

use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use serde_json::Value;

use super::{SealingKey, Store, StoreError, now};
use crate::settings::Settings;

/// Number of an integration within its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntegrationId(pub(super) i64);

impl IntegrationId {
    /// Returns the number, as it is part of URLs.
    pub fn get(self) -> i64 {
        self.0
    }
}

/// From a URL: an integration of that number need not exist.
impl From<i64> for IntegrationId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

/// An integration in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationRow {
    /// Number of the integration.
    pub id: IntegrationId,
    /// Name, which is `server.name` of its settings.
    pub name: String,
    /// Whether its settings are stored.
    pub configured: bool,
}

impl Store {
    /// Returns the names of all integrations, in order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integrations(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.integrations_overview()?.into_iter().map(|it| it.name).collect())
    }

    /// Returns all integrations, in the order of their names.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integrations_overview(&self) -> Result<Vec<IntegrationRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, name, EXISTS (SELECT 1 FROM settings WHERE integration = integration.id)
             FROM integration ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(IntegrationRow {
                id: IntegrationId(row.get(0)?),
                name: row.get(1)?,
                configured: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the integration of that name, if there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integration(&self, name: &str) -> Result<Option<IntegrationId>, StoreError> {
        let id = self
            .connection
            .query_row("SELECT id FROM integration WHERE name = ?1", [name], |row| row.get(0))
            .optional()?;
        Ok(id.map(IntegrationId))
    }

    /// Returns the name of an integration, if there is one of that number.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn name(&self, IntegrationId(id): IntegrationId) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT name FROM integration WHERE id = ?1", [id], |row| row.get(0))
            .optional()?)
    }

    /// Returns the integration of that name, and creates it where there is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ensure_integration(&mut self, name: &str) -> Result<IntegrationId, StoreError> {
        self.execute(
            "INSERT INTO integration (name, created) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            [name, &now()],
        )?;
        let id = self.connection.query_row(
            "SELECT id FROM integration WHERE name = ?1",
            [name],
            |row| row.get(0),
        )?;
        Ok(IntegrationId(id))
    }

    /// Deletes an integration with all its data and settings.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn forget_integration(
        &mut self,
        IntegrationId(id): IntegrationId,
    ) -> Result<(), StoreError> {
        self.execute("DELETE FROM integration WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Returns the stored settings of an integration, if there are any.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] where `key` does not decrypt them; else any [`StoreError`].
    pub fn settings(
        &self,
        integration: IntegrationId,
        key: &SealingKey,
    ) -> Result<Option<Settings>, StoreError> {
        let IntegrationId(id) = integration;
        let found: Option<(String, Vec<u8>)> = self
            .connection
            .query_row(
                "SELECT name, sealed FROM integration JOIN settings ON integration = id
                 WHERE id = ?1",
                [id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((name, sealed)) = found else { return Ok(None) };
        let opened = key.open_sealed(&sealed, &binding(id));
        let value = opened.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
        value.map(|it| Some(it.into())).ok_or(StoreError::Sealed { name })
    }

    /// Stores the settings of an integration, or of a new one, under their `server.name`.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where another integration has that name; [`StoreError::Settings`]
    /// where they have no name; else any [`StoreError`].
    pub fn keep_settings(
        &mut self,
        integration: Option<IntegrationId>,
        settings: &Settings,
        key: &SealingKey,
    ) -> Result<IntegrationId, StoreError> {
        let name = settings.name()?;
        let _turn = self.writers.wait();
        let sql = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let called: Option<i64> = sql
            .query_row("SELECT id FROM integration WHERE name = ?1", [name], |row| row.get(0))
            .optional()?;
        let id = match (integration, called) {
            (Some(IntegrationId(id)), called) if called.is_none_or(|it| it == id) => {
                sql.execute("UPDATE integration SET name = ?2 WHERE id = ?1", params![id, name])?;
                id
            }
            (None, None) => {
                sql.execute(
                    "INSERT INTO integration (name, created) VALUES (?1, ?2)",
                    [name, &now()],
                )?;
                sql.last_insert_rowid()
            }
            _ => return Err(StoreError::NameTaken { name: name.to_owned() }),
        };
        sql.execute(
            "INSERT OR REPLACE INTO settings (integration, sealed, changed) VALUES (?1, ?2, ?3)",
            params![id, key.seal(settings.to_json().as_bytes(), &binding(id)), now()],
        )?;
        sql.commit()?;
        Ok(IntegrationId(id))
    }
}

/// Returns what encrypted settings are bound to, so that they cannot be used for another
/// integration.
fn binding(integration: i64) -> String {
    format!("ones-host settings 1 of integration {integration}")
}
