//! What a listing or an answer did not find: it is read by id before it is removed.

use std::collections::HashSet;

use super::{Run, Source, changes::store, rooms};
use crate::{
    error::Error,
    model::{BATCH, Removal, Room, RoomBatch, RoomChange, Subject, Unreadable, UserChange},
    plugin::CallError,
    store::{Candidates, Kind, Progress},
};

/// Reads all users or groups that may be gone, and asks for the removal of those that are. Then
/// takes away the memberships that a complete enumeration did not tell.
///
/// An enumeration that was `told` in this run, but left something out, says nothing of
/// those it did not tell. One that an earlier run completed still does, once a run is
/// complete.
pub(super) fn settle_missed(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    kind: Kind,
    mut progress: Progress,
    is_complete: bool,
    is_told: bool,
) -> Result<(), Error> {
    let seen = progress.enumeration;
    if is_complete {
        let which = match progress.sweep_due {
            true => Candidates::NotSeenBy(seen),
            false => Candidates::Missing,
        };
        confirm(run, source, kind, which, seen, |_| true)?;
    }
    if !progress.sweep_due {
        return Ok(());
    }
    progress.sweep_due = !is_complete && !is_told;
    let mut dropped = 0;
    run.store.transaction(run.integration, |transaction| {
        if is_complete && kind == Kind::Group {
            dropped = transaction.drop_missed_members(seen)?;
        }
        transaction.set_progress(kind, &progress)
    })?;
    run.counts.memberships.removed += dropped;
    Ok(())
}

/// Reads candidates by id, those that `is_asked` lets be asked for. What is found is stored as
/// reported by the enumeration `seen`. What is not found is removed at the end of the run, or
/// stays a candidate where it was reported too short a time ago: see
/// [`Options::missing_grace`](super::Options::missing_grace).
pub(super) fn confirm(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    kind: Kind,
    which: Candidates,
    seen: i64,
    is_asked: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let mut ids = run
            .store
            .transaction(run.integration, |it| it.candidates(kind, which, &after, BATCH))?;
        let Some(last) = ids.last() else { return Ok(()) };
        after.clone_from(last);
        ids.retain(|id| is_asked(id));
        if !ids.is_empty() {
            Answer::read(source, kind, &ids)?.store(run, kind, seen)?;
        }
    }
}

/// How candidates stand.
#[derive(Default)]
struct Answer {
    /// Users or groups that are there, or that the vendor reports as removed.
    changes: Vec<UserChange>,
    rooms: Vec<Room>,
    missing: Vec<(String, Removal)>,
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
            Kind::User | Kind::Group => {
                let (changes, subject) = match kind {
                    Kind::Group => (source.read_groups(ids)?, Subject::Groups),
                    _ => (source.read_users(ids)?, Subject::People),
                };
                for change in changes {
                    let fits = change.subject() == subject && !change.is_membership();
                    check(change.id(), fits)?;
                    answer.add(change);
                }
            }
        }
        match open.into_iter().next() {
            Some(id) => {
                Err(CallError::broke(format!("it was asked for {id}, but does not answer")).into())
            }
            None => Ok(answer),
        }
    }

    fn add(&mut self, change: UserChange) {
        match change {
            UserChange::UserMissing(id, reason) => self.missing.push((id, reason)),
            UserChange::GroupMissing(id) => self.missing.push((id, Removal::Soft)),
            UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) => {
                self.unreadable.push(it);
            }
            change => self.changes.push(change),
        }
    }

    fn add_room(&mut self, change: RoomChange) {
        match change {
            RoomChange::Room(room) => self.rooms.push(room),
            RoomChange::Missing(id, reason) => self.missing.push((id, reason)),
            RoomChange::Unreadable(it) => self.unreadable.push(it),
        }
    }

    fn store(self, run: &mut Run<'_>, kind: Kind, seen: i64) -> Result<(), Error> {
        let Self { changes, rooms, missing, unreadable } = self;
        let (now, grace) = (run.now(), run.options.missing_grace);
        rooms::store(run, RoomBatch { rooms, unreadable: Vec::new() }, seen)?;
        store(run, changes, seen, false, |transaction| {
            for (id, reason) in missing {
                transaction.confirm_missing(kind, &id, reason, now, grace)?;
            }
            // It may be there, and it may be the vendor that failed: it is read again.
            for it in &unreadable {
                transaction.doubt(kind, &it.id, now)?;
            }
            Ok(())
        })?;
        run.note_unreadable(unreadable);
        Ok(())
    }
}
