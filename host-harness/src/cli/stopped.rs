//! A process that is told to stop leaves no copy of people behind.

use std::path::PathBuf;

/// Waits for the signal to stop, then removes `folder` and ends the process, with the
/// exit code that a shell gives to one ended by that signal.
pub(super) async fn remove(folder: PathBuf) {
    if let Some(code) = signal().await {
        // What cannot be removed is readable by this user alone.
        let _ = std::fs::remove_dir_all(folder);
        std::process::exit(code);
    }
}

/// Waits for the signal to stop.
pub(super) async fn told() {
    if signal().await.is_none() {
        std::future::pending().await
    }
}

#[cfg(unix)]
async fn signal() -> Option<i32> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).ok()?;
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    tokio::select! {
        _ = interrupt.recv() => Some(130),
        _ = terminate.recv() => Some(143),
    }
}

#[cfg(not(unix))]
async fn signal() -> Option<i32> {
    tokio::signal::ctrl_c().await.ok().map(|()| 130)
}
