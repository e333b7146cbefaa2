//! The thread that sends requests and receives answers, apart from those on which plugins compute.
//!
//! A plugin that has begun a request goes on computing, often for milliseconds. On the same thread,
//! the request would be sent only after that. More threads do not help: Tokio leaves the task that
//! was woken last to the thread that woke it.

use std::{io, sync::Arc};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use wasmtime_wasi_http::Error;

/// A runtime with one thread, which ends with the last clone.
#[derive(Clone)]
pub(super) struct Network(Arc<Thread>);

struct Thread(Option<Runtime>);

impl Network {
    /// Starts the thread.
    ///
    /// # Errors
    /// Those of starting a thread.
    pub(super) fn start() -> io::Result<Self> {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("network").enable_all().build()?;
        Ok(Self(Arc::new(Thread(Some(runtime)))))
    }

    /// Does some work on the thread. It is aborted where the returned future is dropped.
    ///
    /// # Errors
    /// [`Error::InternalError`] where the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let mut tasks = JoinSet::new();
        if let Some(runtime) = &self.0.0 {
            tasks.spawn_on(work, runtime.handle());
        }
        match tasks.join_next().await {
            Some(Ok(done)) => Ok(done),
            Some(Err(error)) => Err(Error::InternalError(Some(error.to_string()))),
            None => Err(Error::InternalError(None)),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // The last clone may be dropped by a task, which must not wait for the thread.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
