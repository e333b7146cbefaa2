//! What ONES keeps: one SQLite database in a data folder, for many integrations.
//!
//! One process writes at a time, which a lock file sees to; others may read meanwhile.

mod records;
mod removals;
mod runs;
mod schema;
mod view;

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior, ffi};
use tempfile::TempDir;

pub use records::{Progress, Put};
pub use removals::Decision;
pub use runs::{RunCounts, RunId, RunRow};
pub use view::{RecordRow, RemovalRow};

const DATABASE: &str = "ones.db";
const LOCK: &str = "ones.lock";

/// What is stored: people and rooms are treated alike wherever they can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A person.
    User,
    /// A room.
    Room,
}

impl Kind {
    /// As it is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Room => "room",
        }
    }
}

impl rusqlite::ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl rusqlite::types::FromSql for Kind {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        match value.as_str()? {
            "user" => Ok(Self::User),
            "room" => Ok(Self::Room),
            _ => Err(rusqlite::types::FromSqlError::InvalidType),
        }
    }
}

/// How the database is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreOptions {
    /// The largest size, in pages of 4,096 bytes. Beyond it: [`StoreError::Full`].
    pub max_pages: Option<u32>,
}

/// An open data folder.
pub struct Store {
    connection: Connection,
    _lock: Option<Lock>,
    copy: Option<TempDir>,
}

/// The number of an integration within its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegrationId(i64);

/// What goes wrong with a data folder. What was stored before stays as it was.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum StoreError {
    /// Only one process writes at a time.
    #[error("the data folder {folder} is in use by another process")]
    InUse { folder: String },
    /// Nothing was ever stored there.
    #[error("there is no data in {folder}")]
    Missing { folder: String },
    /// It cannot be created, read or written.
    #[error("cannot use the data folder {folder}: {cause}")]
    Folder { folder: String, cause: io::Error },
    /// A newer version of this program wrote it.
    #[error("the data were written by a newer version (schema {found}; this one knows {known})")]
    Newer { found: usize, known: usize },
    /// No room for more.
    #[error("the disk is full")]
    Full,
    /// A person decided on removals that are not held.
    #[error("not among the held removals: {}", .ids.join(", "))]
    NotHeld { ids: Vec<String> },
    /// Anything else that SQLite reports.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ffi::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl Store {
    /// Opens `folder` for writing and creates what is not there, readable by this user
    /// alone.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process writes; else see [`StoreError`].
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let at = |cause| StoreError::Folder { folder: folder.display().to_string(), cause };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        private_folder(&mut builder);
        builder.create(folder).map_err(at)?;
        let lock = private_file(&folder.join(LOCK)).map_err(at)?;
        let lock = Lock::take(lock, folder)?;
        let database = folder.join(DATABASE);
        private_file(&database).map_err(at)?;
        let connection = Self::connect(&database, OpenFlags::SQLITE_OPEN_READ_WRITE, options)?;
        Ok(Self { connection, _lock: Some(lock), copy: None })
    }

    /// Opens `folder` for reading, also while another process writes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where nothing was ever stored; else see [`StoreError`].
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let missing = || StoreError::Missing { folder: folder.display().to_string() };
        let database = folder.join(DATABASE);
        if !database.exists() {
            return Err(missing());
        }
        let connection = Connection::open_with_flags(
            database,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::from_secs(2))?;
        if schema::check(&connection)? == 0 {
            return Err(missing());
        }
        Ok(Self { connection, _lock: None, copy: None })
    }

    /// A copy of `folder` to try things on, gone when it is dropped. The folder need not
    /// exist, is not created, and is not written.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn rehearse(folder: &Path) -> Result<Self, StoreError> {
        let at = |cause| StoreError::Folder { folder: folder.display().to_string(), cause };
        let copy = private_temporary().map_err(at)?;
        if folder.join(DATABASE).exists() {
            // Who writes has the lock, and who reads does not touch the files.
            let lock = File::open(folder.join(LOCK)).map_err(at)?;
            let _lock = Lock::take(lock, folder)?;
            for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
                let mut original = match File::open(folder.join(&name)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    opened => opened.map_err(at)?,
                };
                let mut copied = private_file(&copy.path().join(&name)).map_err(at)?;
                io::copy(&mut original, &mut copied).map_err(at)?;
            }
        }
        let database = copy.path().join(DATABASE);
        private_file(&database).map_err(at)?;
        let connection =
            Self::connect(&database, OpenFlags::SQLITE_OPEN_READ_WRITE, StoreOptions::default())?;
        Ok(Self { connection, _lock: None, copy: Some(copy) })
    }

    /// The folder that is gone when this is dropped, where it is a rehearsal.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.copy.as_ref().map(TempDir::path)
    }

    fn connect(
        database: &Path,
        flags: OpenFlags,
        options: StoreOptions,
    ) -> Result<Connection, StoreError> {
        let mut connection =
            Connection::open_with_flags(database, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::check(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // One fsync a batch: cheap, and a batch that was stored stays stored.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if let Some(pages) = options.max_pages {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        }
        schema::migrate(&mut connection)?;
        Ok(connection)
    }

    /// The names of all integrations, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn integrations(&self) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT name FROM integration ORDER BY name")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// The integration of that name, if there is one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn integration(&self, name: &str) -> Result<Option<IntegrationId>, StoreError> {
        let id = self
            .connection
            .query_row("SELECT id FROM integration WHERE name = ?1", [name], |row| row.get(0))
            .optional()?;
        Ok(id.map(IntegrationId))
    }

    /// The integration of that name, created where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn ensure_integration(&mut self, name: &str) -> Result<IntegrationId, StoreError> {
        self.connection.execute(
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

    /// Forgets an integration and all that was stored of it.
    pub(crate) fn forget_integration(
        &mut self,
        IntegrationId(id): IntegrationId,
    ) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM integration WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Runs `work` as one transaction: all of it is stored, or nothing.
    pub(crate) fn transaction<T, E: From<StoreError>>(
        &mut self,
        integration: IntegrationId,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sql = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let transaction = Transaction { sql, integration: integration.0 };
        let value = work(&transaction)?;
        transaction.sql.commit().map_err(StoreError::from)?;
        Ok(value)
    }
}

/// One transaction on one integration.
pub(crate) struct Transaction<'a> {
    sql: rusqlite::Transaction<'a>,
    integration: i64,
}

fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Millisecond).unwrap_or_default().to_string()
}

/// Held as long as a store is open for writing.
struct Lock(File);

impl Lock {
    fn take(file: File, folder: &Path) -> Result<Self, StoreError> {
        let folder = folder.display().to_string();
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder }),
            Err(TryLockError::Error(cause)) => Err(StoreError::Folder { folder, cause }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough where a process that was forked meanwhile has it open too.
        let _ = self.0.unlock();
    }
}

#[cfg(unix)]
fn private_folder(builder: &mut DirBuilder) {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
}

#[cfg(not(unix))]
fn private_folder(_: &mut DirBuilder) {}

fn private_temporary() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Opens the file and creates it where it is not there.
fn private_file(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
