//! Turns of clients without a session: limits on the plugin calls that they cause at the same time.
//!
//! A turn belongs to an integration and a client. A vendor that does not answer uses up the turns
//! of its own integration only, and one client has only a few of those.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::network::household;
use crate::store::IntegrationId;

/// Turns of one integration at once.
pub const OF_INTEGRATION: usize = 16;

/// Turns of one client at one integration at once.
pub const OF_CLIENT: usize = 4;

/// The turns at all integrations.
#[derive(Debug)]
pub struct Turns {
    integrations: Slots<IntegrationId>,
    clients: Slots<(IntegrationId, IpAddr)>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _client: OwnedSemaphorePermit,
    _integration: OwnedSemaphorePermit,
}

impl Turns {
    /// Returns turns that are all free.
    pub fn new() -> Self {
        Self::limited(OF_INTEGRATION, OF_CLIENT)
    }

    /// Returns this number of turns of an integration, and of a client at one integration.
    pub fn limited(of_integration: usize, of_client: usize) -> Self {
        Self { integrations: Slots::new(of_integration), clients: Slots::new(of_client) }
    }

    /// Waits for a turn. Clients of an integration get turns in the order in which they came; a
    /// client that has [`OF_CLIENT`] already waits until it gives one of them back.
    pub async fn wait(&self, integration: IntegrationId, address: IpAddr) -> Turn {
        // First that of the client: while it waits for it, it does not block other clients.
        let client = self.clients.take((integration, household(address))).await;
        let integration = self.integrations.take(integration).await;
        Turn { _client: client, _integration: integration }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

/// A number of slots for each key. A key without holders takes no memory.
#[derive(Debug)]
pub(crate) struct Slots<K> {
    each: usize,
    live: Mutex<HashMap<K, Arc<Semaphore>>>,
}

impl<K: Eq + Hash> Slots<K> {
    /// Returns slots that are all free.
    pub(crate) fn new(each: usize) -> Self {
        Self { each, live: Mutex::default() }
    }

    /// Waits for a slot of a key.
    pub(crate) async fn take(&self, key: K) -> OwnedSemaphorePermit {
        let semaphore = self.of(key);
        semaphore.acquire_owned().await.expect("it is never closed")
    }

    fn of(&self, key: K) -> Arc<Semaphore> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = live.get(&key) {
            return semaphore.clone();
        }
        // A slot that is taken or waited for holds the semaphore too.
        live.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        let semaphore = Arc::new(Semaphore::new(self.each));
        live.insert(key, semaphore.clone());
        semaphore
    }
}
