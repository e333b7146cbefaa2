//! Whom the pages of the administrator let in.

use rusqlite::OptionalExtension as _;

use super::{Store, StoreError, now};

impl Store {
    /// The password's hash, as a PHC string, once one is set.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn password(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT password FROM administrator", [], |row| row.get(0))
            .optional()?)
    }

    /// Sets the password's hash where none is set, and returns whether that was so: of several
    /// callers at the same time, one is the first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_first_password(&mut self, phc: &str) -> Result<bool, StoreError> {
        let set = self.connection.execute(
            "INSERT INTO administrator (only, password, changed) VALUES (1, ?1, ?2)
             ON CONFLICT DO NOTHING",
            [phc, &now()],
        )?;
        Ok(set > 0)
    }

    /// Sets it, or another: a hash as a PHC string.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_password(&mut self, phc: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO administrator (only, password, changed) VALUES (1, ?1, ?2)",
            [phc, &now()],
        )?;
        Ok(())
    }
}
