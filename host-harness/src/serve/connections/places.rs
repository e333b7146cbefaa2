//! Which connections may be open.
//!
//! Where there are too many, the one goes that has waited longest for a request: of the client
//! that has too many, or of the client that has most. So a client that opens many closes its own.

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
    /// Counts connections and requests, so that the order of both is known.
    clock: AtomicU64,
}

struct Open {
    client: IpAddr,
    /// Since when it waits for a request, by [`Places::clock`]; `None` while it is answered.
    waiting: Option<u64>,
    end: CancellationToken,
}

/// The place of an open connection, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    /// Cancelled where another connection takes its place.
    pub(super) end: CancellationToken,
}

/// A request that is being answered, until it is dropped: its connection keeps its place.
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

    /// Returns a place for a connection of that address. `None` where all are taken by connections
    /// on which requests are being answered.
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

    /// Closes a connection, for want of something that they all need.
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
    /// Until the result is dropped, no other connection takes this place.
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

/// Of that client, the one that has waited longest. `None` where none waits.
fn close_of(open: &mut HashMap<u64, Open>, client: IpAddr) -> Option<()> {
    let own = open.iter().filter(|(_, it)| it.client == client);
    let waiting = own.filter_map(|(id, it)| Some((it.waiting?, *id)));
    let (_, id) = waiting.min()?;
    open.remove(&id)?.end.cancel();
    Some(())
}

/// One that waits, of the client that has most of those. `None` where none waits.
fn close_any(open: &mut HashMap<u64, Open>) -> Option<()> {
    let mut waiting: HashMap<IpAddr, (usize, u64)> = HashMap::new();
    for it in open.values() {
        if let Some(since) = it.waiting {
            let (count, first) = waiting.entry(it.client).or_insert((0, since));
            *count += 1;
            *first = since.min(*first);
        }
    }
    // Of several that have as many, the one that waits longest.
    let most = waiting.iter().max_by_key(|(_, (count, first))| (*count, u64::MAX - first));
    let client = *most?.0;
    close_of(open, client)
}
