//! What ONES stores: one SQLite database in a data folder, for many integrations.
//!
//! One process writes at a time, which a lock file ensures. Other processes may read meanwhile. A
//! process that needs several connections gets them from [`Store::another`].

mod active;
mod administrator;
mod admission;
mod bookings;
mod edges;
mod error;
mod folder;
mod groups;
mod integrations;
mod json;
mod kind;
mod leavers;
mod missing;
mod nested;
mod numbers;
mod quota;
mod record;
mod records;
mod removals;
mod reservations;
mod runs;
mod schedule;
mod schema;
mod sealed;
mod subscriptions;
mod view;
mod writers;

use std::{cell::Cell, path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, OpenFlags, Params, TransactionBehavior, vtab};
use tempfile::TempDir;

pub use admission::{Admission, KnownUser};
pub use bookings::{
    BookableRoom, BookingPage, BookingRow, CONFLICTS, ConflictRow, Gone, History, KEPT_DAYS,
    ListedBooking, RoomBookings, RoomFailing,
};
pub(crate) use bookings::{Calendar, NOT_IN_SERIES, Reporting, RoomZone, Stored, WaitingItems};
pub use edges::InGroup;
pub(crate) use edges::NewMembers;
pub use error::StoreError;
pub use groups::{GroupRow, GroupSource, Removed};
pub use integrations::{IntegrationId, IntegrationRow};
pub use kind::{Kind, RunKind};
pub use leavers::Leavers;
pub(crate) use missing::Candidate;
pub(crate) use numbers::Numbers;
pub use quota::QUOTA;
pub(crate) use record::Record;
pub use records::{Progress, Put};
pub(crate) use records::{Reported, Sighting};
pub use removals::Decision;
pub use reservations::{
    Actor, HistoryEntry, LATE, MOST_INVITED, NewReservation, ReleaseRow, ReleaseState, Reservation,
    ReservationChange, ReservationError, ReservationFilter, ReservationPage, ReservationState,
    ReservedRoom, RoomState, TITLE, Waiting, Wish, WishedChange,
};
pub(crate) use reservations::{Due, Work, is_address};
pub use runs::{GroupCounts, MemberCounts, RoomCounts, RoomProblem, RunCounts, RunId, RunRow};
pub use schedule::{Failing, ScheduleRow};
pub use sealed::SealingKey;
pub use subscriptions::{
    FailingSubjects, NotWatched, Noted, NotificationAddress, NotificationsView, Polling,
    WaitingHint, WatchCounts, WatchFailure, WatchOutcome, Watched,
};
pub use view::{Counts, PageOf, RecordRow, RemovalRow};

use active::ActiveChanges;
use folder::{Folder, Lock};
use quota::{Before, Usage};
use writers::Writers;

/// Size of the page cache of a connection that writes, in KiB. Changes of the ids' index are then
/// mostly written once for a transaction.
const CACHE: i64 = 8 << 10;

/// Size of a page of a new database, in bytes. A database of an earlier version keeps its pages of
/// 4,096 bytes.
const PAGE: i64 = 8 << 10;

/// Size of the write-ahead log at which its pages are copied to the database, in bytes.
const LARGEST_LOG: i64 = 64 << 20;

/// How long a connection waits while another program writes. Threads of this process wait for their
/// turns before that.
const WAIT: Duration = Duration::from_secs(10);

const WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
const READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// For a file that no process writes: see [`Folder::unchanging_database`].
const READ_UNCHANGING: OpenFlags = READ.union(OpenFlags::SQLITE_OPEN_URI);

/// Limits of a database.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreOptions {
    /// Largest size, in pages. Beyond it: [`StoreError::Full`].
    pub max_pages: Option<u32>,
    /// Storage limit of one integration, in bytes; [`QUOTA`] by default. Beyond it:
    /// [`StoreError::Quota`].
    pub quota: Option<u64>,
}

/// An open data folder.
pub struct Store {
    connection: Connection,
    folder: Folder,
    flags: OpenFlags,
    options: StoreOptions,
    usage: Option<Usage>,
    lock: Option<Arc<Lock>>,
    copy: Option<Arc<TempDir>>,
    /// Of all connections of this process to the folder.
    writers: Arc<Writers>,
}

impl Store {
    /// Opens `folder` for writing. Creates what does not exist, readable by the user of this
    /// process alone.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process writes; else any [`StoreError`].
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let folder = Folder::create(folder)?;
        let lock = Some(Arc::new(folder.lock()?));
        folder.create_database()?;
        Self::connect(folder, WRITE, options, lock, None)
    }

    /// Opens `folder` for reading, also while another process writes, and also where this user may
    /// not write it. A database of an older version of this program is migrated first; where it may
    /// not be written, a copy of it is.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where no data were ever stored; [`StoreError::Denied`] where this
    /// user may not read the folder; else any [`StoreError`].
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let folder = Folder::at(folder);
        if !folder.has_database()? {
            return Err(StoreError::Missing { folder: folder.to_string() });
        }
        match Self::read_in_place(folder.clone()) {
            // A reader of the database creates files beside it, too.
            Err(error) if error.is_denied() => Self::read_without_writing(folder),
            opened => opened,
        }
    }

    fn read_without_writing(folder: Folder) -> Result<Self, StoreError> {
        let lock = folder.lock_for_reading()?;
        if !folder.has_log()? {
            let lock = lock.map(Arc::new);
            let options = StoreOptions::default();
            let store = Self::connect(folder.clone(), READ_UNCHANGING, options, lock, None)?;
            match schema::check(&store.connection)? {
                0 => return Err(StoreError::Missing { folder: folder.to_string() }),
                schema::NEWEST => return Ok(store),
                _ => {}
            }
        }
        Self::rehearse(folder.path())
    }

    fn read_in_place(folder: Folder) -> Result<Self, StoreError> {
        let missing = || StoreError::Missing { folder: folder.to_string() };
        let options = StoreOptions::default();
        let store = Self::connect(folder.clone(), READ, options, None, None)?;
        match schema::check(&store.connection)? {
            0 => Err(missing()),
            schema::NEWEST => Ok(store),
            _ => {
                drop(store);
                drop(Self::open(folder.path(), options)?);
                Self::connect(folder, READ, options, None, None)
            }
        }
    }

    /// Opens a copy of `folder` for a dry run. The copy is deleted when the store is dropped. The
    /// folder need not exist, is not created, and is not written.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn rehearse(folder: &Path) -> Result<Self, StoreError> {
        let original = Folder::at(folder);
        let copy = original.copy()?;
        let folder = Folder::at(copy.path());
        folder.create_database()?;
        Self::connect(folder, WRITE, StoreOptions::default(), None, Some(Arc::new(copy)))
    }

    /// Opens another connection of the same kind. Each thread that works on the store needs its
    /// own. A connection that writes waits while another one does.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn another(&self) -> Result<Self, StoreError> {
        let (lock, copy) = (self.lock.clone(), self.copy.clone());
        let other = Self::connect(self.folder.clone(), self.flags, self.options, lock, copy)?;
        Ok(Self { writers: self.writers.clone(), ..other })
    }

    /// Lets commits of this connection end before they are on the disk. They survive the end of the
    /// process at any moment. If the machine fails, those since the last commit of another
    /// connection are lost, the last ones first: for what is read again then.
    ///
    /// Source: sqlite.org/pragma.html#pragma_synchronous
    pub(crate) fn relax(&self) -> Result<(), StoreError> {
        Ok(self.connection.pragma_update(None, "synchronous", "NORMAL")?)
    }

    /// Returns the folder that is deleted when this is dropped, where it is a dry run.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.copy.as_ref().map(|it| it.path())
    }

    fn connect(
        folder: Folder,
        flags: OpenFlags,
        options: StoreOptions,
        lock: Option<Arc<Lock>>,
        copy: Option<Arc<TempDir>>,
    ) -> Result<Self, StoreError> {
        let mut connection = match flags {
            READ_UNCHANGING => Connection::open_with_flags(folder.unchanging_database()?, flags)?,
            _ => Connection::open_with_flags(folder.database(), flags)?,
        };
        connection.busy_timeout(WAIT)?;
        connection.set_prepared_statement_cache_capacity(64);
        records::add_functions(&connection)?;
        schema::check(&connection)?;
        if flags == WRITE {
            connection.pragma_update(None, "page_size", PAGE)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // One fsync a batch is cheap, and a batch that was stored stays stored. For runs
            // because of notifications, see `relax`.
            connection.pragma_update(None, "synchronous", "FULL")?;
            // Negative numbers are KiB. Source: sqlite.org/pragma.html#pragma_cache_size
            connection.pragma_update(None, "cache_size", -CACHE)?;
            let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            connection.pragma_update(None, "wal_autocheckpoint", LARGEST_LOG / page.max(1))?;
            // Deleted data are overwritten in the file.
            connection.pragma_update(None, "secure_delete", true)?;
            if let Some(pages) = options.max_pages {
                connection.query_row(
                    &format!("PRAGMA max_page_count = {pages}"),
                    [],
                    |_| Ok(()),
                )?;
            }
            vtab::array::load_module(&connection)?;
            schema::migrate(&mut connection)?;
            connection.pragma_update(None, "foreign_keys", true)?;
        }
        let writers = Arc::default();
        Ok(Self { connection, folder, flags, options, usage: None, lock, copy, writers })
    }

    /// Runs one statement that writes. Returns the number of changed rows.
    fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let _turn = self.writers.wait();
        Ok(self.connection.execute(sql, params)?)
    }

    /// Runs `work` as one transaction: all of it is stored, or nothing. Where it stores data of a
    /// plugin, the storage limit of the integration is checked before the commit.
    pub(crate) fn transaction<T, E: From<StoreError>>(
        &mut self,
        integration: IntegrationId,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let quota = self.quota();
        // Until the commit.
        let _turn = self.writers.wait();
        let sql = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let before = Before::of(&sql)?;
        let transaction = Transaction {
            sql,
            integration: integration.0,
            began: now(),
            adds: Cell::new(false),
            active: ActiveChanges::default(),
        };
        let value = work(&transaction)?;
        transaction.store_active()?;
        let Transaction { sql, integration, adds, .. } = transaction;
        let mut usage = self.usage;
        if adds.get() {
            usage = quota::check(&sql, integration, quota, before, usage)?;
        }
        sql.commit().map_err(StoreError::from)?;
        self.usage = usage;
        Ok(value)
    }
}

/// One transaction on one integration.
pub(crate) struct Transaction<'a> {
    sql: rusqlite::Transaction<'a>,
    integration: i64,
    /// Time of its start (RFC 3339).
    began: String,
    /// Whether it stores data of a plugin, which count against the storage limit.
    adds: Cell<bool>,
    active: ActiveChanges,
}

fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Millisecond).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// Returns how commits reach the disk: 2 where they wait for it.
    fn synchronous(store: &Store) -> i64 {
        store.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_commits_of_a_relaxed_connection_do_not_wait_for_the_disk_and_all_see_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let mut relaxed = store.another().unwrap();
        relaxed.relax().unwrap();
        assert_eq!((synchronous(&store), synchronous(&relaxed)), (2, 1));
        assert_eq!(synchronous(&relaxed.another().unwrap()), 2);
        relaxed.ensure_integration("Contoso").unwrap();
        assert_eq!(store.integrations().unwrap(), ["Contoso"]);
        drop((store, relaxed));
        assert_eq!(Store::read(folder.path()).unwrap().integrations().unwrap(), ["Contoso"]);
    }
}
