//! Runs of rooms. Each reports all rooms.

use super::{Run, Source, room_batch::store, sweep::confirm};
use crate::{
    error::Error,
    model::Summary,
    store::{Kind, StoreError},
};

pub(super) fn sync(run: &mut Run<'_>, source: &mut dyn Source) -> Result<Summary, Error> {
    let seen = run.store.transaction(run.integration, |transaction| {
        let mut progress = transaction.begin(Kind::Room)?;
        progress.enumeration += 1;
        transaction.set_progress(Kind::Room, &progress)?;
        Ok::<_, StoreError>(progress.enumeration)
    })?;
    let mut reported = 0;
    // A room that was known by its e-mail address may be among the unreadable ones, under a
    // permanent id that cannot be connected with it.
    let mut obscured = false;
    let summary = source.sync_rooms(&mut |batch| {
        reported += batch.rooms.len() as u64;
        obscured |= batch.unreadable.iter().any(|it| !is_makeshift(&it.id));
        store(run, batch, seen)?;
        run.observer.progress(Kind::Room, reported, None);
        Ok(())
    })?;
    if summary.complete {
        let now = run.now();
        run.store.transaction(run.integration, |it| it.doubt_not_seen(Kind::Room, seen, now))?;
        confirm(run, source, Kind::Room, seen, |id| !(obscured && is_makeshift(id)))?;
    }
    run.peak_memory = source.peak_memory();
    // Where there were rooms before and now is none, the cause is likely another one.
    run.settle(&summary, reported == 0)?;
    Ok(summary)
}

/// Returns whether an id is an e-mail address, as that of a room without a permanent id is.
fn is_makeshift(id: &str) -> bool {
    id.contains('@')
}
