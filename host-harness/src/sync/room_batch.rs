//! A batch of rooms, as it is stored.

use super::{Run, changes::note};
use crate::{
    error::Error,
    model::{BATCH, RoomBatch},
    plugin::CallError,
    store::{Kind, Record as _, Sighting},
};

/// Stores the rooms as reported by the enumeration `seen`.
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
