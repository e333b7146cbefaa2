//! What a plugin said that it says the same every time, so that a call costs one instance.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::model::{FieldError, Manifest};

/// Of so many settings, the newest.
const MOST: usize = 32;

pub(super) type Origins = Result<Vec<String>, Vec<FieldError>>;

/// Kept as long as the plugin is loaded.
#[derive(Default)]
pub(super) struct Known {
    pub(super) manifest: OnceCell<Manifest>,
    /// By a hash of the settings: they hold secrets.
    origins: Mutex<VecDeque<([u8; 32], Origins)>>,
}

impl Known {
    /// What it answered to these settings.
    pub(super) fn origins(&self, settings: &str) -> Option<Origins> {
        let key = key(settings);
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.iter().find(|(it, _)| *it == key).map(|(_, origins)| origins.clone())
    }

    /// Remembers it.
    pub(super) fn keep_origins(&self, settings: &str, answer: Origins) {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() == MOST {
            origins.pop_front();
        }
        origins.push_back((key(settings), answer));
    }
}

fn key(settings: &str) -> [u8; 32] {
    Sha256::digest(settings).into()
}
