//! What can go wrong with a data folder.

use std::io;

use rusqlite::ffi;

use super::ReservationError;
use crate::{
    problem::{Case, Problem},
    settings::SettingsError,
};

/// What can go wrong with a data folder. What was stored before stays as it was.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum StoreError {
    /// Another process writes.
    #[error("the data folder {folder} is in use by another process")]
    InUse { folder: String },
    /// No process ever stored data there.
    #[error("there is no data in {folder}")]
    Missing { folder: String },
    /// It cannot be created, read or written.
    #[error("cannot use the data folder {folder}: {cause}")]
    Folder { folder: String, cause: io::Error },
    /// The user of this process may not read it, or not write it.
    #[error("no permission to use the data folder {folder}: {cause}")]
    Denied { folder: String, cause: io::Error },
    /// A newer version of this program wrote it.
    #[error("the data were written by a newer version (schema {found}; this one knows {known})")]
    Newer { found: usize, known: usize },
    /// No space is left.
    #[error("the disk is full")]
    Full,
    /// The integration would exceed its storage limit.
    #[error("the integration would store more than {mib} MiB")]
    Quota { mib: u64 },
    /// Removals were approved or discarded that are not held.
    #[error("not among the held removals: {}", .ids.join(", "))]
    NotHeld { ids: Vec<String> },
    /// Another integration has that name.
    #[error("another integration is called {name:?}")]
    NameTaken { name: String },
    /// No settings were ever entered for it.
    #[error("no settings are stored for {name:?}")]
    NoSettings { name: String },
    /// The settings were encrypted with another key, or their bytes were changed.
    #[error("the stored settings of {name:?} cannot be decrypted with this key")]
    Sealed { name: String },
    /// A text that should be a key is not one.
    #[error("{place} holds no key: 32 bytes in base64")]
    Key { place: String },
    /// A record is larger than a stored one may be.
    #[error("{reason}")]
    TooLarge { reason: String },
    /// The settings have no name to store them under.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A wish to book a room, or to change or cancel a booking, that cannot be stored.
    #[error(transparent)]
    Reservation(#[from] ReservationError),
    /// Any other error of SQLite.
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

impl StoreError {
    /// The work on the database did not end, for example because of a defect.
    pub(crate) fn broken(cause: &impl ToString) -> Self {
        let cause = std::io::Error::other(cause.to_string()).into();
        Self::Sqlite(rusqlite::Error::ToSqlConversionFailure(cause))
    }

    /// Returns whether a permission to write is missing, also where SQLite reports it.
    pub(super) fn is_denied(&self) -> bool {
        use ffi::ErrorCode::{CannotOpen, ReadOnly};
        match self {
            Self::Denied { .. } => true,
            Self::Sqlite(cause) => {
                matches!(cause.sqlite_error_code(), Some(CannotOpen | ReadOnly))
            }
            _ => false,
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let (code, remedy) = match error {
            StoreError::InUse { .. } => (
                "data-in-use",
                "Wait until the other process has ended, or give another folder with --data",
            ),
            StoreError::Full => (
                "disk-full",
                "Make room on the disk and run again: the run continues where it stopped",
            ),
            StoreError::Quota { .. } => (
                "quota",
                "Select fewer users, groups or rooms, or raise the storage limit with --quota. \
                 What was stored before stays",
            ),
            StoreError::Newer { .. } => ("data-newer", "Use the newer version of this program"),
            StoreError::Missing { .. } => {
                ("data-missing", "Run `sync` first, or give the folder with --data")
            }
            StoreError::Folder { .. } => {
                ("data-folder", "Give a folder that can be written with --data")
            }
            StoreError::Denied { .. } => (
                "data-permission",
                "Run it as the user who owns the folder, or give another folder with --data. To \
                 list what is stored, permission to read is enough",
            ),
            StoreError::NotHeld { .. } => {
                ("removal-unknown", "List the held removals with `removals list`")
            }
            StoreError::NameTaken { .. } => ("name-taken", "Choose another name"),
            StoreError::NoSettings { .. } => (
                "settings-not-kept",
                "Enter the settings with `serve`, or give them with --settings FILE",
            ),
            StoreError::Sealed { .. } => (
                "settings-sealed",
                "Restore the ones.key that belongs to this folder, or set ONES_KEY to its \
                 contents. If the key is lost, enter the settings again",
            ),
            StoreError::Key { .. } => ("key-unreadable", "Restore the key as it was"),
            StoreError::TooLarge { .. } => {
                ("record-too-large", "Shorten the fields of the record at the vendor")
            }
            StoreError::Settings(error) => return error.into(),
            StoreError::Reservation(error) => return error.into(),
            StoreError::Sqlite(_) => {
                ("data", "Read the detail. A copy of the folder helps to find the cause")
            }
        };
        let problem = Self::new(Case::Store, code, error).remedy(remedy);
        match error {
            StoreError::Sqlite(cause) => problem.detail(cause.to_string()),
            _ => problem,
        }
    }
}
