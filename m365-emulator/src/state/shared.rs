//! The state, shared by all connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::State;

/// The state, shared by all connections.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// Locks the state, also after a panic under the lock: a change that panicked is incomplete at
    /// worst, and the tenant is an invented one.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
