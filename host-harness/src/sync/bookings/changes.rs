//! Changes of a calendar, as they are stored.

use std::{collections::HashSet, slice};

use super::{
    RoomRun,
    check::instants,
    describe::{Place, describe},
};
use crate::{
    error::Error,
    model::{
        Booking, BookingChange, BookingEnd, BookingGone, SeriesBookings, TimeRange, Unreadable,
    },
    store::{BookingRow, NOT_IN_SERIES, Reporting, RunCounts, StoreError, Stored, Transaction},
    sync::{Action, Observer, Run},
};

/// Stores changes of a room, together with what `then` stores, in one transaction.
pub(super) fn store(
    run: &mut Run<'_>,
    room: &RoomRun,
    window: TimeRange,
    changes: Vec<BookingChange>,
    then: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), Error> {
    let reporting = room.reporting(run, window);
    let place = room.place();
    let (observer, counts) = (&mut *run.observer, run.counts);
    let (counts, unreadable) = run.store.transaction(run.integration, |transaction| {
        let mut storing = Storing {
            transaction,
            observer,
            reporting,
            place,
            counts,
            kept: &room.unreadable,
            unreadable: Vec::new(),
            is_changed: false,
        };
        changes.into_iter().try_for_each(|change| storing.store(change))?;
        if storing.is_changed {
            transaction.find_conflicts(reporting.calendar, reporting.at)?;
            transaction.follow_bookings(reporting.calendar, reporting.at)?;
        }
        then(transaction)?;
        Ok::<_, Error>((storing.counts, storing.unreadable))
    })?;
    run.counts = counts;
    run.note_unreadable(unreadable);
    Ok(())
}

struct Storing<'a> {
    transaction: &'a Transaction<'a>,
    observer: &'a mut dyn Observer,
    reporting: Reporting,
    place: Place<'a>,
    counts: RunCounts,
    /// Ids of the room that this run reported as unreadable: a series does not end them.
    kept: &'a HashSet<String>,
    unreadable: Vec<Unreadable>,
    /// Whether a booking is new, changed or ended.
    is_changed: bool,
}

impl Storing<'_> {
    fn store(&mut self, change: BookingChange) -> Result<(), StoreError> {
        match change {
            BookingChange::Booking(booking) => {
                self.put(&booking.id, slice::from_ref(&booking), false)
            }
            BookingChange::Series(SeriesBookings { id, bookings }) => {
                // Nothing need be stored of a series that has no date in the window.
                match bookings.is_empty() && !self.transaction.has_item(self.reporting, &id)? {
                    true => Ok(()),
                    false => self.put(&id, &bookings, true),
                }
            }
            BookingChange::BookingGone(BookingGone { id, end }) => self.end(&id, false, end),
            BookingChange::SeriesGone(BookingGone { id, end }) => self.end(&id, true, end),
            BookingChange::BookingMissing(id) => self.transaction.doubt_item(self.reporting, &id),
            BookingChange::BookingUnreadable(it) => self.keep(it),
        }
    }

    /// Stores an item with all its bookings. Where one of them has no valid time, the item counts
    /// as unreadable, and stays as it is stored.
    fn put(&mut self, id: &str, bookings: &[Booking], is_series: bool) -> Result<(), StoreError> {
        let times = bookings.iter().map(|booking| {
            instants(booking, self.place.rules).map_err(|reason| match is_series {
                true => format!("{}: {reason}", booking.id),
                false => reason,
            })
        });
        let times = match times.collect::<Result<Vec<_>, _>>() {
            Ok(times) => times,
            Err(reason) => return self.keep(Unreadable::new(id, reason)),
        };
        let (item, has_others) = self.transaction.put_item(self.reporting, id, is_series)?;
        for (booking, time) in bookings.iter().zip(times) {
            match self.transaction.put_booking(self.reporting, item, booking, time)? {
                Stored::Added => {
                    self.counts.added += 1;
                    self.note(Action::Added, booking, None, None);
                }
                Stored::Updated(before) => {
                    self.counts.updated += 1;
                    self.note(Action::Updated, booking, Some(&before.booking), None);
                }
                Stored::Unchanged => {}
            }
        }
        if has_others {
            let kept = self.kept.iter().map(String::as_str);
            let kept: HashSet<_> = bookings.iter().map(|it| it.id.as_str()).chain(kept).collect();
            let ended = self.transaction.end_others(self.reporting, item, &kept)?;
            self.note_ended(&ended, NOT_IN_SERIES);
        }
        Ok(())
    }

    fn end(&mut self, id: &str, is_series: bool, end: BookingEnd) -> Result<(), StoreError> {
        let ended = self.transaction.end_item(self.reporting, id, is_series, end)?;
        self.note_ended(&ended, end.as_str());
        Ok(())
    }

    fn keep(&mut self, it: Unreadable) -> Result<(), StoreError> {
        self.transaction.mark_item(self.reporting, &it.id)?;
        self.unreadable.push(it);
        Ok(())
    }

    fn note_ended(&mut self, ended: &[BookingRow], reason: &str) {
        for row in ended {
            self.counts.removed += 1;
            self.note(Action::Removed, &row.booking, None, Some(reason));
        }
    }

    fn note(
        &mut self,
        action: Action,
        booking: &Booking,
        before: Option<&Booking>,
        reason: Option<&str>,
    ) {
        self.is_changed = true;
        let place = self.place;
        self.observer.changed(action, &|| describe(action, booking, place, before, reason));
    }
}
