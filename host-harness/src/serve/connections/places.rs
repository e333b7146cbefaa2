//! Limits on the number of open connections.
//!
//! Where there are too many, the connection that has been idle longest is closed: one of the client
//! that has too many, or of the client that has most. So a client with many connections closes its
//! own ones, not those of others.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use crate::{access::household, serve::bounds::Bounds};

/// The places of all open connections.
pub(super) struct Places {
    all: usize,
    of_client: usize,
    open: Mutex<HashMap<u64, Open>>,
    /// Counts connections and requests. Used in place of a time.
    clock: AtomicU64,
}

struct Open {
    client: IpAddr,
    /// Value of [`Places::clock`] when the connection became idle; `None` while a request is
    /// answered.
    waiting: Option<u64>,
    end: CancellationToken,
}

/// The place of an open connection. Free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    /// Cancelled when another connection takes the place.
    pub(super) end: CancellationToken,
}

/// A request that is being answered. Its connection keeps its place until this is dropped.
pub(super) struct Answering(Arc<Place>);

impl Places {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            all: bounds.connections,
            of_client: bounds.connections_of_client,
            open: Mutex::default(),
            clock: AtomicU64::default(),
        }
    }

    /// Returns a place for a connection of that address. `None` where requests are being answered
    /// on all connections.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, is_trusted: bool) -> Option<Arc<Place>> {
        let client = household(address);
        let mut open = self.open();
        if !is_trusted && count(&open, client) >= self.of_client {
            close_of(&mut open, client)?;
        }
        if open.len() >= self.all {
            close_any(&mut open)?;
        }
        let (id, end) = (self.tick(), CancellationToken::new());
        open.insert(id, Open { client, waiting: Some(id), end: end.clone() });
        Some(Arc::new(Place { places: self.clone(), id, end }))
    }

    /// Closes an idle connection, to free a file descriptor.
    pub(super) fn make_room(&self) {
        close_any(&mut self.open());
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Marks the connection as busy until the result is dropped.
    pub(super) fn answer(self: &Arc<Self>) -> Answering {
        self.wait_since(None);
        Answering(self.clone())
    }

    fn wait_since(&self, waiting: Option<u64>) {
        if let Some(own) = self.places.open().get_mut(&self.id) {
            own.waiting = waiting;
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.wait_since(Some(self.0.places.tick()));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.open().remove(&self.id);
    }
}

fn count(open: &HashMap<u64, Open>, client: IpAddr) -> usize {
    open.values().filter(|it| it.client == client).count()
}

/// Closes the connection of the client that has been idle longest. `None` where none is idle.
fn close_of(open: &mut HashMap<u64, Open>, client: IpAddr) -> Option<()> {
    let own = open.iter().filter(|(_, connection)| connection.client == client);
    let waiting = own.filter_map(|(id, connection)| Some((connection.waiting?, *id)));
    let (_, id) = waiting.min()?;
    open.remove(&id)?.end.cancel();
    Some(())
}

/// Closes an idle connection of the client that has most of them. `None` where none is idle.
fn close_any(open: &mut HashMap<u64, Open>) -> Option<()> {
    let mut waiting: HashMap<IpAddr, (usize, u64)> = HashMap::new();
    for it in open.values() {
        if let Some(since) = it.waiting {
            let (count, first) = waiting.entry(it.client).or_insert((0, since));
            *count += 1;
            *first = since.min(*first);
        }
    }
    // Among clients with the same number, the one whose connection has been idle longest.
    let most = waiting.iter().max_by_key(|(_, (count, first))| (*count, u64::MAX - first));
    let client = *most?.0;
    close_of(open, client)
}
