//! Signals that stop the process. A stopped dry run leaves no copy of the database behind.

use std::path::PathBuf;

/// Waits for a signal to stop, then removes `folder` and ends the process with the exit code that
/// shells report for that signal.
pub(super) async fn remove(folder: PathBuf) {
    if let Some(code) = signal().await {
        // A folder that cannot be removed is readable by this user only.
        let _ = std::fs::remove_dir_all(folder);
        std::process::exit(code);
    }
}

/// Waits for a signal to stop.
pub(super) async fn wait() {
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
