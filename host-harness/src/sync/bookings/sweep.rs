//! Bookings and series that a listing or an answer did not find. They are read by id before they
//! are removed, as users are.

use std::collections::HashSet;

use super::{RoomRun, changes::store, check::check_change};
use crate::{
    error::Error,
    model::{BATCH, BookingChange, BookingEnd, BookingGone, Refusal, TimeRange},
    plugin::CallError,
    store::{Candidate, StoreError},
    sync::{Run, Source},
};

/// Makes candidates for removal of what a complete enumeration of a room did not list, and reads
/// the candidates of all rooms.
///
/// An enumeration in this run that left something out proves nothing about the others. One that an
/// earlier run completed does, once a run is complete.
pub(super) fn settle_missed(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    rooms: &mut [RoomRun],
    window: TimeRange,
    is_complete: bool,
) -> Result<(), Error> {
    for room in rooms.iter_mut().filter(|room| room.calendar.sweep_due) {
        room.calendar.sweep_due = !is_complete && !room.is_listed;
        let (reporting, calendar) = (room.reporting(run, window), room.calendar.clone());
        run.store.transaction(run.integration, |transaction| {
            if is_complete {
                transaction.doubt_items_not_seen(reporting)?;
            }
            transaction.set_calendar(&calendar)
        })?;
    }
    if !is_complete {
        return Ok(());
    }
    let doubted: HashSet<i64> = run
        .store
        .transaction(run.integration, |transaction| transaction.doubted_calendars())?
        .into_iter()
        .collect();
    let is_doubted = |room: &&mut RoomRun| doubted.contains(&room.calendar.number);
    for room in rooms.iter_mut().filter(is_doubted).filter(|room| room.failed.is_none()) {
        match confirm(run, source, room, window) {
            // Then the room fails alone, and the next run reads its candidates again.
            Err(Error::Call(CallError::Refused(error))) if error != Refusal::Cancelled => {
                room.fail(run, error)?;
            }
            done => done?,
        }
    }
    Ok(())
}

/// Reads the candidates of a room by id, as the sweep of users does.
fn confirm(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    room: &RoomRun,
    window: TimeRange,
) -> Result<(), Error> {
    let grace = i64::try_from(run.options.bookings.missing_grace.as_secs()).unwrap_or(i64::MAX);
    let until = run.now().as_second().saturating_sub(grace);
    let (calendar, mut after) = (room.calendar.number, String::new());
    loop {
        let candidates = run.store.transaction(run.integration, |it| {
            it.item_candidates(calendar, window.starts, until, &after, BATCH)
        })?;
        let Some(last) = candidates.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let ids: Vec<_> = candidates.iter().map(|it| it.id.clone()).collect();
        let changes = source.read_bookings(&room.position, &ids, window)?;
        Answer::of(changes, &ids)?.store(run, room, window, &candidates)?;
    }
}

/// Answer to a read of candidates by id.
#[derive(Default)]
struct Answer {
    /// What exists, and what the vendor returned as ended.
    changes: Vec<BookingChange>,
    gone: Vec<String>,
    unreadable: Vec<String>,
}

impl Answer {
    fn of(changes: Vec<BookingChange>, ids: &[String]) -> Result<Self, Error> {
        let mut open: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let mut answer = Self::default();
        for change in changes {
            if !open.remove(change.id()) {
                let id = change.id();
                return Err(CallError::broke(format!("it was not asked for {id}")).into());
            }
            check_change(&change)?;
            match change {
                BookingChange::BookingMissing(id)
                | BookingChange::BookingGone(BookingGone { id, end: BookingEnd::Deleted })
                | BookingChange::SeriesGone(BookingGone { id, end: BookingEnd::Deleted }) => {
                    answer.gone.push(id);
                }
                // Neither a booking nor a series is left with this id.
                BookingChange::BookingGone(gone) | BookingChange::SeriesGone(gone) => {
                    answer.changes.push(BookingChange::BookingGone(gone.clone()));
                    answer.changes.push(BookingChange::SeriesGone(gone));
                }
                BookingChange::BookingUnreadable(it) => {
                    answer.unreadable.push(it.id.clone());
                    answer.changes.push(BookingChange::BookingUnreadable(it));
                }
                change => answer.changes.push(change),
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

    fn store(
        self,
        run: &mut Run<'_>,
        room: &RoomRun,
        window: TimeRange,
        candidates: &[Candidate],
    ) -> Result<(), Error> {
        let Self { changes, gone, unreadable } = self;
        let reporting = room.reporting(run, window);
        let calendar = room.calendar.number;
        store(run, room, window, changes, |transaction| {
            for it in candidates.iter().filter(|it| !it.found_before) {
                transaction.item_found_once(calendar, &it.id)?;
            }
            for id in &gone {
                transaction.confirm_item_gone(reporting, id, BookingEnd::Deleted.as_str())?;
            }
            // It may exist, and the vendor have failed. It is read again.
            for id in &unreadable {
                transaction.doubt_item(reporting, id)?;
            }
            Ok::<_, StoreError>(())
        })
    }
}
