//! Runs of rooms. Each reports all rooms.

use super::{Run, Source, changes::note, sweep::confirm};
use crate::{
    error::Error,
    model::{BATCH, RoomBatch, Summary},
    plugin::CallError,
    store::{Kind, Record as _, Sighting, StoreError},
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

pub(super) fn store(run: &mut Run<'_>, mut batch: RoomBatch, seen: i64) -> Result<(), Error> {
    let size = batch.rooms.len() + batch.unreadable.len();
    if size > BATCH {
        return Err(CallError::broke(format!(
            "a batch has {size} rooms, {BATCH} at most are allowed"
        ))
        .into());
    }
    let mut counts = run.counts;
    let sighting = Sighting { seen, at: run.now() };
    run.store.transaction(run.integration, |transaction| {
        let mut records = transaction.reported()?;
        for room in &mut batch.rooms {
            transaction.name_room(&room.id, &room.email)?;
            // Fields that could not be read are those of the stored record; a new room lacks them.
            if !room.unknown.is_empty() {
                let stored = transaction.stored(Kind::Room, &room.id)?;
                room.keep_unknown(stored.unwrap_or_default());
            }
            let json = match room.to_json() {
                Ok(json) => json,
                Err(it) => {
                    batch.unreadable.push(it);
                    continue;
                }
            };
            let put = records.put(Kind::Room, room, &json, sighting)?;
            let (added, updated) = note(run.observer, Kind::Room, &put, &json);
            counts.added += added;
            counts.updated += updated;
        }
        for it in &batch.unreadable {
            transaction.mark(Kind::Room, &it.id, sighting)?;
        }
        Ok::<_, Error>(())
    })?;
    run.counts = counts;
    run.note_unreadable(batch.unreadable);
    Ok(())
}

/// Returns whether an id is an e-mail address, as that of a room without a permanent id is.
fn is_makeshift(id: &str) -> bool {
    id.contains('@')
}
