//! How some people stand now.

use super::{
    mailboxes::RoomMailboxes,
    teller::{change, read_items},
};
use crate::{
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{BATCH, UserChange},
    payload::UserReader,
    settings::Settings,
};

/// One change for each id: a person, a removal, or unreadable.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids; else as [`Graph::require`].
pub async fn read<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    if ids.len() > BATCH {
        let summary = format!("{} people were asked for at once; {BATCH} is the most", ids.len());
        return Err(Error::Unexpected(Explanation::new("too-many-ids", summary)));
    }
    let graph = Graph::new(host, settings, Patience::SYNC);
    let reader = UserReader::new(settings);
    let mut rooms = RoomMailboxes::default();
    let mut changes = Vec::with_capacity(ids.len());
    for item in read_items(&graph, &reader, ids).await? {
        changes.push(change(&graph, &mut rooms, item).await?);
    }
    Ok(changes)
}
