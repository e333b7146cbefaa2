//! A plugin: a component that is loaded once and called in fresh, limited instances.

mod bindings;
mod bookings;
mod bounds;
mod call;
mod clock;
mod compiled;
mod door;
mod error;
mod known;
mod limits;
mod load;
mod loopback;
mod origins;
mod outbound;
mod packed;
mod session;
mod stream;
mod texts;
mod users;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wasmtime::Engine;

use clock::Clock;
pub use error::CallError;
use known::Known;
pub use load::{LARGEST_PLUGIN, LoadError};
pub(crate) use loopback::names_loopback;
use origins::OwnPages;
pub use outbound::{Client, ClientError};
pub use packed::{Packed, Span};
pub use session::Session;

/// Limits of one call of a plugin.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory: usize,
    /// Wall-clock time.
    pub time: Duration,
}

impl Default for Limits {
    /// 64 MiB, 30 minutes.
    fn default() -> Self {
        Self { memory: 64 << 20, time: Duration::from_secs(30 * 60) }
    }
}

/// A loaded plugin. Cloning it is cheap.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    file: PathBuf,
    engine: Engine,
    pre: bindings::PluginPre<call::State>,
    client: Client,
    limits: Limits,
    known: Known,
    stored: outbound::Stored,
    own_pages: OwnPages,
    instances: AtomicU64,
    /// The clock of a simulation; unset where plugins see the time of the machine.
    clock: OnceLock<Clock>,
}

impl Plugin {
    /// Returns the number of instances that were made so far: one for each call.
    pub fn instances(&self) -> u64 {
        self.0.instances.load(Ordering::Relaxed)
    }

    /// Shows the plugin the time of this clock, since 1970, for a simulation. Pauses still take the
    /// time of the machine. Only the first clock counts.
    pub fn follow_clock(&self, clock: impl Fn() -> Duration + Send + Sync + 'static) {
        self.0.clock.get_or_init(|| Clock::new(clock));
    }

    /// Closes the host's own pages to the plugin. They are served at `address`, and `url` is their
    /// address in browsers.
    pub fn keep_from_own_pages(&self, address: SocketAddr, url: &str) {
        self.0.own_pages.are_at(address, url);
    }
}
