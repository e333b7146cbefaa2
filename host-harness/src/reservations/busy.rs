//! Which rooms and reservations have a call under way.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Names of rooms and reservations that are busy.
#[derive(Default)]
pub(super) struct Busy(Mutex<HashSet<String>>);

/// What one call concerns. Dropping it makes its rooms free for the next call.
pub(super) struct Claim {
    busy: Arc<Busy>,
    names: Vec<String>,
}

impl Busy {
    /// Claims all of these, or none where one is busy.
    pub(super) fn claim<'a>(
        self: &Arc<Self>,
        names: impl Iterator<Item = &'a String>,
    ) -> Option<Claim> {
        let names: Vec<String> = names.cloned().collect();
        let mut busy = self.lock();
        if names.iter().any(|name| busy.contains(name)) {
            return None;
        }
        busy.extend(names.iter().cloned());
        Some(Claim { busy: self.clone(), names })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut busy = self.busy.lock();
        for name in &self.names {
            busy.remove(name);
        }
    }
}
