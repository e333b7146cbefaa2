//! The schema, as numbered migrations. The statements of a released migration never
//! change.

use rusqlite::{Connection, TransactionBehavior, ffi};

use super::StoreError;

const MIGRATIONS: &[&str] = &[
    include_str!("001-first.sql"),
    include_str!("002-serve.sql"),
    include_str!("003-groups.sql"),
    include_str!("004-missing.sql"),
    include_str!("005-appended.sql"),
    include_str!("006-bookings.sql"),
    include_str!("007-reservations.sql"),
    include_str!("008-subscriptions.sql"),
    include_str!("009-check.sql"),
];

/// Number of the newest schema.
pub(super) const NEWEST: usize = MIGRATIONS.len();

/// Migrates the database to the newest schema: by all missing migrations, or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if version(connection)? == NEWEST {
        // Without a lock, since another connection may be writing.
        return Ok(());
    }
    // Replacing a table would delete the rows that refer to it.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: usize = version(&transaction)?;
    for (number, migration) in (1..).zip(MIGRATIONS).skip(found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    if transaction.prepare("PRAGMA foreign_key_check")?.exists([])? {
        let broken = ffi::Error::new(ffi::SQLITE_CONSTRAINT_FOREIGNKEY);
        return Err(rusqlite::Error::SqliteFailure(broken, None).into());
    }
    transaction.commit()?;
    Ok(())
}

/// Returns the number of the schema, 0 for an empty database. Refuses that of a newer program.
pub(super) fn check(connection: &Connection) -> Result<usize, StoreError> {
    let found = version(connection)?;
    if found > NEWEST { Err(StoreError::Newer { found, known: NEWEST }) } else { Ok(found) }
}

fn version(connection: &Connection) -> Result<usize, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
