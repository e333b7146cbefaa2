//! Records that a listing or an answer did not find. They are read by id before they are removed.

use std::collections::HashSet;

use super::{Run, Source, changes::store, room_batch};
use crate::{
    error::Error,
    model::{BATCH, Removal, Removed, Room, RoomBatch, RoomChange, Unreadable, UserChange},
    plugin::CallError,
    store::{Candidate, Kind, Progress},
};

/// Makes candidates for removal of the records that a complete enumeration did not report, deletes
/// the memberships that it did not report, and reads candidates: see [`confirm`].
///
/// An enumeration in this run that left something out proves nothing about the others. One that an
/// earlier run completed does, once a run is complete.
pub(super) fn settle_missed(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    kind: Kind,
    mut progress: Progress,
    is_complete: bool,
    is_reported: bool,
) -> Result<(), Error> {
    let (seen, now) = (progress.enumeration, run.now());
    if progress.sweep_due {
        progress.sweep_due = !is_complete && !is_reported;
        let mut dropped = 0;
        run.store.transaction(run.integration, |transaction| {
            if is_complete {
                transaction.doubt_not_seen(kind, seen, now)?;
            }
            if is_complete && kind == Kind::Group {
                dropped = transaction.drop_missed_members(seen)?;
            }
            transaction.set_progress(kind, &progress)
        })?;
        run.counts.memberships.removed += dropped;
    }
    if is_complete {
        confirm(run, source, kind, seen, |_| true)?;
    }
    Ok(())
}

/// Reads candidates by id: those that the vendor did not report within
/// [`Options::missing_grace`](super::Options::missing_grace), and that `is_asked` selects. A record
/// that is found is stored as reported by the enumeration `seen`; one that is not found is removed
/// at the end of the run. One that is found for the first time stays a candidate.
pub(super) fn confirm(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    kind: Kind,
    seen: i64,
    is_asked: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let grace = i64::try_from(run.options.missing_grace.as_secs()).unwrap_or(i64::MAX);
    let until = run.now().as_second().saturating_sub(grace);
    let mut after = String::new();
    loop {
        let mut candidates = run
            .store
            .transaction(run.integration, |it| it.candidates(kind, until, &after, BATCH))?;
        let Some(last) = candidates.last() else { return Ok(()) };
        after.clone_from(&last.id);
        candidates.retain(|it| is_asked(&it.id));
        if !candidates.is_empty() {
            let ids: Vec<_> = candidates.iter().map(|it| it.id.clone()).collect();
            Answer::read(source, kind, &ids)?.store(run, kind, seen, candidates)?;
        }
    }
}

/// Answer to a read of candidates by id.
#[derive(Default)]
struct Answer {
    /// Users or groups that exist.
    changes: Vec<UserChange>,
    rooms: Vec<Room>,
    gone: Vec<(String, Removal)>,
    unreadable: Vec<Unreadable>,
}

impl Answer {
    fn read(source: &mut dyn Source, kind: Kind, ids: &[String]) -> Result<Self, Error> {
        let mut open: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let mut check = |id: &str, fits: bool| match fits && open.remove(id) {
            true => Ok(()),
            false => Err(CallError::broke(format!("it was not asked for {id}"))),
        };
        let mut answer = Self::default();
        match kind {
            Kind::Room => {
                for change in source.read_rooms(ids)? {
                    check(change.id(), true)?;
                    answer.add_room(change);
                }
            }
            // Bookings are read room by room: see `bookings/sweep.rs`.
            Kind::Booking => {}
            Kind::User | Kind::Group => {
                let changes = match kind {
                    Kind::Group => source.read_groups(ids)?,
                    _ => source.read_users(ids)?,
                };
                for change in changes {
                    let is_of_kind = Kind::from(change.subject()) == kind;
                    let fits = is_of_kind && !change.is_membership();
                    check(change.id(), fits)?;
                    answer.add(change);
                }
            }
        }
        match open.into_iter().next() {
            Some(id) => {
                Err(CallError::broke(format!("it was asked for {id}, and did not report it"))
                    .into())
            }
            None => Ok(answer),
        }
    }

    fn add(&mut self, change: UserChange) {
        match change {
            UserChange::UserMissing(Removed { id, removal: reason })
            | UserChange::UserRemoved(Removed { id, removal: reason })
            | UserChange::GroupRemoved(Removed { id, removal: reason }) => {
                self.gone.push((id, reason))
            }
            UserChange::GroupMissing(id) => self.gone.push((id, Removal::Soft)),
            UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) => {
                self.unreadable.push(it);
            }
            change => self.changes.push(change),
        }
    }

    fn add_room(&mut self, change: RoomChange) {
        match change {
            RoomChange::Room(room) => self.rooms.push(room),
            RoomChange::RoomMissing(Removed { id, removal: reason }) => {
                self.gone.push((id, reason))
            }
            RoomChange::RoomUnreadable(it) => self.unreadable.push(it),
        }
    }

    fn store(
        self,
        run: &mut Run<'_>,
        kind: Kind,
        seen: i64,
        candidates: Vec<Candidate>,
    ) -> Result<(), Error> {
        let Self { changes, rooms, gone, unreadable } = self;
        let now = run.now();
        room_batch::store(run, RoomBatch { rooms, unreadable: Vec::new() }, seen)?;
        store(run, changes.iter().map(UserChange::borrowed), seen, false, |transaction| {
            for it in candidates.iter().filter(|it| !it.found_before) {
                transaction.found_once(kind, &it.id)?;
            }
            for (id, reason) in gone {
                transaction.confirm_gone(kind, &id, reason, seen)?;
            }
            // The record may exist, and the vendor have failed. It is read again.
            for it in &unreadable {
                transaction.doubt(kind, &it.id, now)?;
            }
            Ok(())
        })?;
        run.note_unreadable(unreadable);
        Ok(())
    }
}
