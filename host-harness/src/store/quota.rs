//! Storage limit of one integration, so that no plugin fills the disk for all others.
//!
//! What an integration stores is counted only where it could exceed its limit: where the database
//! is larger than the limit, and grows with this transaction.

use rusqlite::Connection;

use super::{Store, StoreError, bookings, reservations, subscriptions};

/// Storage limit where no other is set, in bytes. A million users with ten memberships each take a
/// third of it.
pub const QUOTA: u64 = 4 << 30;

/// Size of what an integration stores, in bytes. Each row counts with a fixed size for its columns
/// other than texts.
fn used() -> String {
    let (bookings, reservations) = (bookings::USED, reservations::USED);
    format!("SELECT {RECORDS} + {bookings} + {reservations} + {}", subscriptions::USED)
}

/// Size of records, memberships and runs.
const RECORDS: &str = "
    coalesce((SELECT sum(octet_length(json) + octet_length(id) + octet_length(search) + 150)
        FROM record NOT INDEXED WHERE integration = ?1), 0)
    + coalesce((SELECT sum(2 * octet_length(id) + 30) FROM node WHERE integration = ?1), 0)
    + 24 * (SELECT count(*) FROM node CROSS JOIN edge ON holder = number WHERE integration = ?1)
    + coalesce((SELECT sum(octet_length(warnings) + coalesce(octet_length(problem), 0) + 200)
        FROM run WHERE integration = ?1), 0)";

/// Upper bound of what an integration stores, as far as this connection knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    integration: i64,
    bytes: u64,
}

/// Size of the database before a transaction, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before(u64);

impl Before {
    pub(super) fn of(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self(size(connection)?))
    }
}

/// Checks what a transaction adds, before it is committed. Returns what is known of the usage after
/// it.
///
/// # Errors
/// [`StoreError::Quota`] where the integration stores more than `quota`.
pub(super) fn check(
    connection: &Connection,
    integration: i64,
    quota: u64,
    Before(before): Before,
    known: Option<Usage>,
) -> Result<Option<Usage>, StoreError> {
    let size = size(connection)?;
    if size <= quota || size <= before {
        return Ok(known);
    }
    // No more than the file grew by.
    let known = known.filter(|it| it.integration == integration);
    let grown = known.map(|it| it.bytes.saturating_add(size - before));
    let bytes = match grown.filter(|it| *it <= quota) {
        Some(bytes) => bytes,
        None => connection.prepare_cached(&used())?.query_row([integration], |row| row.get(0))?,
    };
    if bytes > quota {
        return Err(StoreError::Quota { mib: quota >> 20 });
    }
    Ok(Some(Usage { integration, bytes }))
}

fn size(connection: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(pragma("page_count")?.saturating_mul(pragma("page_size")?))
}

impl Store {
    /// Returns the storage limit of one integration, in bytes.
    pub(super) fn quota(&self) -> u64 {
        self.options.quota.unwrap_or(QUOTA)
    }
}
