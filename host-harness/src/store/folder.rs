//! The files of a data folder, readable by this user alone, and who may write them.

use std::{
    fmt,
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::StoreError;

const DATABASE: &str = "ones.db";
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

    /// Creates it where it is not there.
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

    /// Creates an empty database where there is none.
    pub(super) fn create_database(&self) -> Result<(), StoreError> {
        private_file(&self.database()).map(drop).map_err(|it| self.failed(it))
    }

    /// Lets this process be the only one that writes.
    pub(super) fn lock(&self) -> Result<Lock, StoreError> {
        let file = private_file(&self.0.join(LOCK)).map_err(|it| self.failed(it))?;
        Lock::take(file, self)
    }

    /// A copy of what is stored, without the keys, gone when it is dropped.
    pub(super) fn copy(&self) -> Result<TempDir, StoreError> {
        let at = |cause| self.failed(cause);
        let copy = private_temporary().map_err(at)?;
        if !self.database().exists() {
            return Ok(copy);
        }
        // Who writes has the lock, and who reads does not touch the files.
        let lock = File::open(self.0.join(LOCK)).map_err(at)?;
        let _lock = Lock::take(lock, self)?;
        for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
            let mut original = match File::open(self.0.join(&name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(at)?,
            };
            let mut copied = private_file(&copy.path().join(&name)).map_err(at)?;
            io::copy(&mut original, &mut copied).map_err(at)?;
        }
        Ok(copy)
    }

    pub(super) fn failed(&self, cause: io::Error) -> StoreError {
        StoreError::Folder { folder: self.to_string(), cause }
    }
}

/// Held as long as a store is open for writing.
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

/// Opens the file and creates it where it is not there.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
