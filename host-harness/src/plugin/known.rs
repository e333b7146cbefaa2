//! Answers that a plugin gives the same way every time. They are stored, so that other calls need
//! one instance.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::model::{FieldError, Manifest};

/// Number of settings whose origins are stored, the newest.
const MOST: usize = 32;

pub(super) type Origins = Result<Vec<String>, Vec<FieldError>>;

/// Stored as long as the plugin is loaded.
#[derive(Default)]
pub(super) struct Known {
    /// With its schema of settings, which every session reads.
    pub(super) manifest: OnceCell<(Manifest, Value)>,
    /// By a hash of the settings, which hold secrets.
    origins: Mutex<VecDeque<([u8; 32], Origins)>>,
}

impl Known {
    /// Returns the stored answer under these settings.
    pub(super) fn origins(&self, settings: &str) -> Option<Origins> {
        let key = key(settings);
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.iter().find(|(it, _)| *it == key).map(|(_, origins)| origins.clone())
    }

    /// Stores the answer under these settings.
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
