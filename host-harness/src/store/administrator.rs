//! The password of the administrator.

use rusqlite::OptionalExtension as _;

use super::{Store, StoreError, now};

impl Store {
    /// Returns the password's hash, as a PHC string, where one is set.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn password(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT password FROM administrator", [], |row| row.get(0))
            .optional()?)
    }

    /// Sets the password's hash where none is set, and returns whether it did. Of several callers
    /// at the same time, one succeeds.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_first_password(&mut self, phc: &str) -> Result<bool, StoreError> {
        let set = self.execute(
            "INSERT INTO administrator (only, password, changed) VALUES (1, ?1, ?2)
             ON CONFLICT DO NOTHING",
            [phc, &now()],
        )?;
        Ok(set > 0)
    }

    /// Sets the password's hash, a PHC string, in place of another.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_password(&mut self, phc: &str) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO administrator (only, password, changed) VALUES (1, ?1, ?2)",
            [phc, &now()],
        )?;
        Ok(())
    }
}
