//! The end of a run of bookings: removals are applied, or held, and what is over is forgotten.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::{
    RoomRun,
    describe::{Place, describe},
};
use crate::{
    error::Error,
    model::{Summary, TimeRange},
    store::{BookingRow, WaitingItems},
    sync::{Action, Occasion, Run},
};

/// Applies or holds the removals that wait, and records the run, in one transaction.
///
/// Only bookings that are no longer with the vendor wait: a meeting that the vendor returns as
/// cancelled, declined or outside the window has ended, whatever their number. The limit is applied
/// to all rooms together, and to each room: a calendar that is emptied counts little among a
/// thousand. A room without any booking is usual, so that the removal of the last ones is not held
/// for that.
pub(super) fn settle(
    run: &mut Run<'_>,
    rooms: &[RoomRun],
    summary: &Summary,
    window: TimeRange,
) -> Result<(), Error> {
    let (now, since) = (run.now(), window.starts);
    let (limit, occasion) = (run.options.limit, run.options.occasion);
    let observer = &mut *run.observer;
    let (id, mode, peak, mut counts) = (run.id, run.mode.as_str(), run.peak_memory, run.counts);
    let places: HashMap<i64, Place<'_>> =
        rooms.iter().map(|room| (room.calendar.number, room.place())).collect();
    // Of a room that this run did not read.
    let elsewhere = Place { email: "", zone: "UTC", rules: &TimeZone::UTC };
    let failures = &run.room_failures;
    run.counts = run.store.transaction(run.integration, |transaction| {
        let waiting = transaction.waiting_items()?;
        let holds = |removals: u64, calendar: Option<i64>| {
            // What would be known need not be counted where there are few.
            Ok::<_, Error>(
                removals > limit.count
                    && limit.is_exceeded(removals, transaction.known_items(calendar, id, since)?),
            )
        };
        let hold_all = holds(waiting.iter().map(|it| it.pending + it.held).sum(), None)?;
        for WaitingItems { calendar, pending, held } in waiting {
            if pending == 0 {
                continue;
            }
            let hold = hold_all || holds(pending + held, Some(calendar))?;
            let place = places.get(&calendar).copied().unwrap_or(elsewhere);
            let mut note = |action, changes: Vec<(BookingRow, String)>| {
                for (row, reason) in &changes {
                    let reason = Some(reason.as_str());
                    observer
                        .changed(action, &|| describe(action, &row.booking, place, None, reason));
                }
                changes.len() as u64
            };
            note(Action::Held, transaction.hold_items(calendar, hold)?);
            let ended = transaction.end_pending_items(calendar, id, since, now)?;
            let removed = note(Action::Removed, ended);
            counts.removed += removed;
            if removed > 0 {
                transaction.find_conflicts(calendar, now)?;
                transaction.follow_bookings(calendar, now)?;
            }
        }
        counts.held = transaction.waiting_items()?.iter().map(|it| it.held).sum();
        if occasion != Occasion::Notified {
            transaction.forget_bookings(now)?;
        }
        transaction.note_room_failures(id, failures)?;
        transaction.end_run(id, mode, counts, summary, None, peak)?;
        Ok::<_, Error>(counts)
    })?;
    Ok(())
}
