//! Files of a data folder, readable by the user of this process alone, and the locks on them.

use std::{
    fmt,
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use url::Url;

use super::StoreError;

const DATABASE: &str = "ones.db";
const LOG: &str = "ones.db-wal";
const LOCK: &str = "ones.lock";

/// A data folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Creates the folder where it does not exist.
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let folder = Self::at(path);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|it| folder.failed(it))?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    /// Returns whether there is a database.
    ///
    /// # Errors
    /// [`StoreError::Denied`] where this user may not read it, or not look for it.
    pub(super) fn has_database(&self) -> Result<bool, StoreError> {
        match File::open(self.database()) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Returns whether the latest data are not in the database yet: a process writes, or crashed.
    pub(super) fn has_log(&self) -> Result<bool, StoreError> {
        match self.0.join(LOG).metadata() {
            Ok(log) => Ok(log.len() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Returns the URI with which SQLite opens a file that no process writes: it creates no log and
    /// no lock. Only for a folder without a log, while [`Self::lock_for_reading`] is held.
    ///
    /// Source: sqlite.org/uri.html, immutable.
    pub(super) fn unchanging_database(&self) -> Result<String, StoreError> {
        let path = self.database().canonicalize().map_err(|it| self.failed(it))?;
        let no_path = || self.failed(io::ErrorKind::InvalidFilename.into());
        let mut address = Url::from_file_path(path).map_err(|()| no_path())?;
        address.set_query(Some("immutable=1"));
        Ok(address.into())
    }

    /// Creates an empty database where there is none.
    pub(super) fn create_database(&self) -> Result<(), StoreError> {
        private_file(&self.database()).map(drop).map_err(|it| self.failed(it))
    }

    /// Makes this process the only one that writes.
    pub(super) fn lock(&self) -> Result<Lock, StoreError> {
        let file = private_file(&self.0.join(LOCK)).map_err(|it| self.failed(it))?;
        Lock::take(file, self)
    }

    /// Keeps other processes from writing while the files are read, and writes nothing itself.
    /// `None` where there is no lock file, as in a copy of the database alone, or where the file
    /// system has no locks.
    pub(super) fn lock_for_reading(&self) -> Result<Option<Lock>, StoreError> {
        let file = match File::open(self.0.join(LOCK)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: self.to_string() }),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Copies the data, without the keys, to a folder that is deleted when the result is dropped.
    pub(super) fn copy(&self) -> Result<TempDir, StoreError> {
        let at = |cause| self.failed(cause);
        let copy = private_temporary().map_err(at)?;
        if !self.has_database()? {
            return Ok(copy);
        }
        // Who writes has the lock, and who reads does not touch the files.
        let _lock = self.lock_for_reading()?;
        for name in [DATABASE, LOG] {
            let mut original = match File::open(self.0.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(at)?,
            };
            let mut copied = private_file(&copy.path().join(name)).map_err(at)?;
            io::copy(&mut original, &mut copied).map_err(at)?;
        }
        Ok(copy)
    }

    pub(super) fn failed(&self, cause: io::Error) -> StoreError {
        let folder = self.to_string();
        match cause.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::Denied { folder, cause }
            }
            _ => StoreError::Folder { folder, cause },
        }
    }
}

/// Lock that lasts as long as a store is open for writing, or reads files that must not change.
pub(super) struct Lock(File);

impl Lock {
    fn take(file: File, folder: &Folder) -> Result<Self, StoreError> {
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: folder.to_string() }),
            Err(TryLockError::Error(cause)) => Err(folder.failed(cause)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough where a process that was forked meanwhile has it open too.
        let _ = self.0.unlock();
    }
}

fn private_temporary() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Opens the file, and creates it where it does not exist.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
