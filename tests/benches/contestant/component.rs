//! The component in the host, which stores nothing of what it receives.

use ones_host::{
    model::{UserBatch, UserChange},
    plugin::{Client, Limits, Packed, Plugin, Session},
    settings::Settings,
};
use tokio::sync::mpsc;

use crate::{Result, client};

pub(crate) async fn read(server: &str) -> Result<u64> {
    let mut users = 0;
    receive(server, |batch| users += users_in(&batch)).await?;
    Ok(users)
}

/// Passes each batch of a first sync to `take`.
pub(crate) async fn receive(server: &str, mut take: impl FnMut(UserBatch<Packed>)) -> Result<()> {
    let settings =
        Settings::parse(&client::settings(&client::access(server)).to_string(), |_| None)?;
    let plugin = Plugin::load(&end_to_end::component(), Limits::default(), Client::new()?)?;
    let session = Session::open(plugin, settings).await?;
    // One batch waits while the next is made, as in `ones-host`.
    let (sender, mut batches) = mpsc::channel(1);
    let call = tokio::spawn(async move { session.sync_users(None, sender).await });
    while let Some(batch) = batches.recv().await {
        take(batch);
    }
    call.await??;
    Ok(())
}

/// Returns the number of users that a batch reports.
pub(crate) fn users_in(batch: &UserBatch<Packed>) -> u64 {
    batch
        .changes
        .without_texts()
        .iter()
        .filter(|change| matches!(change, UserChange::User(_)))
        .count() as u64
}
