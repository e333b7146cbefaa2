//! Limits of one call, and measurements of what it used.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;
use wasmtime::ResourceLimiter;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Size of what a guest can make the host copy in one host call, in bytes. A batch of 1,000 users
/// with the longest possible fields is below 8 MiB. The changes of such a batch are copied one by
/// one: for them, `TEXTS` in `bounds.rs` is the limit.
pub(super) const HOSTCALL: usize = 32 << 20;

/// Measurements of calls, and why their requests failed. The calls of a session share one.
#[derive(Debug, Default)]
pub(super) struct Meter {
    peak_memory: AtomicUsize,
    requests: AtomicU32,
    network: Mutex<Vec<String>>,
}

/// Number of different failures that are stored.
const NETWORK_FAILURES: usize = 5;

/// Length of a stored failure, in bytes.
const NETWORK_FAILURE: usize = 1 << 10;

impl Meter {
    /// Returns the largest linear memory of one call, in bytes.
    pub(super) fn peak_memory(&self) -> usize {
        self.peak_memory.load(Ordering::Relaxed)
    }

    pub(super) fn sent(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of requests that were sent.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn network_failed(&self, mut failure: String) {
        // It can name a host of any length, as the guest does.
        failure.truncate(failure.floor_char_boundary(NETWORK_FAILURE));
        let mut network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        if network.len() < NETWORK_FAILURES && !network.contains(&failure) {
            network.push(failure);
        }
    }

    pub(super) fn network_failures(&self) -> Vec<String> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Counts all memories of a call against one limit.
pub(super) struct Limiter {
    limit: usize,
    used: usize,
    denied: Arc<AtomicBool>,
    meter: Arc<Meter>,
}

impl Limiter {
    pub(super) fn new(limit: usize, denied: Arc<AtomicBool>, meter: Arc<Meter>) -> Self {
        Self { limit, used: 0, denied, meter }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.denied.store(true, Ordering::Relaxed);
            return Ok(false);
        }
        self.used = used;
        self.meter.peak_memory.fetch_max(used, Ordering::Relaxed);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }

    fn instances(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        10
    }

    fn tables(&self) -> usize {
        100
    }
}

/// Size of the part of a guest's standard error that is stored, in bytes.
const STDERR: usize = 16 * 1024;

/// Standard error of a guest. Its beginning is stored, the rest is dropped.
#[derive(Clone, Default)]
pub(super) struct Stderr(Arc<Mutex<Vec<u8>>>);

impl Stderr {
    pub(super) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim().to_owned()
    }
}

impl IsTerminal for Stderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stderr {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Stderr {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = STDERR.saturating_sub(kept.len());
        kept.extend(bytes.iter().take(room));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
