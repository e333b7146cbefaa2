//! Errors of plugin, store and settings in one type, for those who call all three.

use std::time::Duration;

use crate::{
    plugin::{CallError, LoadError},
    problem::Problem,
    settings::SettingsError,
    store::StoreError,
};

/// An error of the host, whatever its source.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[expect(missing_docs, reason = "each is documented at its type")]
pub enum Error {
    Load(#[from] LoadError),
    Call(#[from] CallError),
    Store(#[from] StoreError),
    Settings(#[from] SettingsError),
}

impl Error {
    /// Returns the error as it is shown.
    pub fn problem(&self) -> Problem {
        self.into()
    }

    /// Returns whether the work was only cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_cancelled())
    }

    /// Returns whether the vendor does not offer what was asked for.
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_unsupported())
    }

    /// Returns how long the vendor asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.retry_after(),
            _ => None,
        }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error {
            Error::Load(error) => error.into(),
            Error::Call(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::Settings(error) => error.into(),
        }
    }
}
