//! A plugin: a component that is loaded once and called in fresh, limited instances.

mod bindings;
mod bounds;
mod call;
mod known;
mod limits;
mod load;
mod origins;
mod outbound;
mod session;
mod source;
mod stream;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wasmtime::Engine;

use crate::model::Refusal;
use known::Known;
pub use load::{LARGEST_PLUGIN, LoadError};
use origins::OwnPages;
pub use outbound::{Client, ClientError};
pub use session::Session;
pub use source::SessionSource;

/// What a plugin may use of this machine.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Linear memory of one call, in bytes.
    pub memory: usize,
    /// Wall-clock time of one call.
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
}

impl Plugin {
    /// How many instances were made so far: one for each call.
    pub fn instances(&self) -> u64 {
        self.0.instances.load(Ordering::Relaxed)
    }

    /// Closes the host's own pages to the plugin: those served at `address`, which browsers know
    /// as `url`.
    pub fn keep_from_own_pages(&self, address: SocketAddr, url: &str) {
        self.0.own_pages.are_at(address, url);
    }
}

/// A call that gave no answer, or a refusal.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin's own error.
    #[error("{}", refusal_text(.0))]
    Refused(Refusal),
    /// It crashed.
    #[error("the plugin {plugin} crashed")]
    Trapped {
        /// Its file.
        plugin: String,
        /// Wasmtime's words.
        cause: String,
        /// What it wrote to standard error before, bounded.
        stderr: String,
    },
    /// It wanted more memory than it may have.
    #[error("the plugin {plugin} wanted more than {limit} MiB of memory")]
    OutOfMemory {
        /// Its file.
        plugin: String,
        /// What it may have, in MiB.
        limit: usize,
    },
    /// It took longer than it may.
    #[error("the plugin {plugin} took longer than {seconds} seconds")]
    OutOfTime {
        /// Its file.
        plugin: String,
        /// What it may take.
        seconds: u64,
        /// The next call goes on where this one stopped.
        goes_on: bool,
    },
    /// It had its place long enough, and another integration waited for it.
    #[error("the run took long, and was ended for others that waited")]
    Overdue,
    /// It did what the interface forbids.
    #[error("the plugin broke the interface: {rule}")]
    BrokeInterface {
        /// What it did.
        rule: String,
    },
}

impl CallError {
    pub(crate) fn broke(rule: impl Into<String>) -> Self {
        Self::BrokeInterface { rule: rule.into() }
    }
}

fn refusal_text(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::InvalidSettings(_) => "the settings do not fit",
        Refusal::Throttled(_) => "the vendor asks for patience",
        Refusal::Cancelled => "cancelled",
        Refusal::Unauthorized(it)
        | Refusal::PermissionMissing(it)
        | Refusal::Unavailable(it)
        | Refusal::Unexpected(it)
        | Refusal::Rejected(it)
        | Refusal::Declined(it)
        | Refusal::Unsupported(it)
        | Refusal::Other(it) => &it.summary,
    }
}
