//! A host's store of the bookings of one room.

use std::collections::{BTreeMap, BTreeSet};

use futures_executor::block_on;

use super::when;
use crate::{
    bookings,
    error::Error,
    host::Host,
    model::{
        Booking, BookingBatch, BookingChange, BookingEnd, Mode, RoomFailure, RoomPosition,
        RoomUpdate, Summary, TimeRange,
    },
    settings::Settings,
    tests::script::Collected,
};

/// What a host has of one room.
pub(super) struct Store {
    pub(super) position: RoomPosition,
    pub(super) bookings: BTreeMap<String, Booking>,
    /// Ids that the enumeration has listed so far; `None` where none is in progress.
    listed: Option<BTreeSet<String>>,
    /// Each change that altered the store, in words.
    pub(super) log: Vec<String>,
}

impl Store {
    pub(super) fn new(position: RoomPosition) -> Self {
        Self { position, bookings: BTreeMap::new(), listed: None, log: Vec::new() }
    }

    /// Runs a sync that succeeds; returns the batches.
    pub(super) fn sync(
        &mut self,
        host: &impl Host,
        settings: &Settings,
        window: TimeRange,
    ) -> Vec<BookingBatch> {
        let (batches, failures, result) = self.try_sync(host, settings, window, usize::MAX);
        result.expect("a good run");
        assert!(failures.is_empty(), "{failures:?}");
        batches
    }

    /// Runs a sync that is cut off after a number of updates.
    pub(super) fn try_sync(
        &mut self,
        host: &impl Host,
        settings: &Settings,
        window: TimeRange,
        updates: usize,
    ) -> (Vec<BookingBatch>, Vec<RoomFailure>, Result<Summary, Error>) {
        let mut sink = Collected { room: updates, ..Collected::default() };
        let rooms = [self.position.clone()];
        let result = block_on(bookings::sync(host, settings, &rooms, window, &mut sink));
        let (mut batches, mut failures) = (Vec::new(), Vec::new());
        for update in sink.batches {
            match update {
                RoomUpdate::Batch(batch) => {
                    self.apply(host, settings, window, &batch);
                    batches.push(batch);
                }
                RoomUpdate::Failed(failure) => failures.push(failure),
            }
        }
        (batches, failures, result)
    }

    fn apply(
        &mut self,
        host: &impl Host,
        settings: &Settings,
        window: TimeRange,
        batch: &BookingBatch,
    ) {
        let count: usize = batch.changes.iter().map(|change| change.bookings().len()).sum();
        assert!(batch.changes.len() <= 1_000 && count <= 4_000, "the limits of a batch");
        if let Mode::Full(part) = batch.mode
            && part.first
        {
            self.listed = Some(BTreeSet::new());
        }
        for change in &batch.changes {
            self.change(change);
        }
        self.position.since = Some(batch.checkpoint.clone());
        if let Mode::Full(part) = batch.mode
            && part.last
        {
            let listed = self.listed.take().unwrap_or_default();
            let is_missing = |booking: &&Booking| {
                !listed.contains(booking.series.as_ref().unwrap_or(&booking.id))
            };
            let missing = self.bookings.values().filter(is_missing);
            let ids: BTreeSet<_> =
                missing.map(|it| it.series.clone().unwrap_or_else(|| it.id.clone())).collect();
            self.confirm(host, settings, window, &ids.into_iter().collect::<Vec<_>>());
        }
        let missing = batch.changes.iter().filter_map(|change| match change {
            BookingChange::BookingMissing(id) => Some(id.clone()),
            _ => None,
        });
        self.confirm(host, settings, window, &missing.collect::<Vec<_>>());
    }

    /// Reads bookings before they are removed.
    fn confirm(
        &mut self,
        host: &impl Host,
        settings: &Settings,
        window: TimeRange,
        ids: &[String],
    ) {
        if ids.is_empty() {
            return;
        }
        let read = bookings::read(host, settings, &self.position, ids, window);
        for change in block_on(read).into_iter().flatten() {
            match change {
                BookingChange::BookingMissing(id) => {
                    self.remove(&id, BookingEnd::Deleted);
                    self.remove_series(&id, BookingEnd::Deleted);
                }
                BookingChange::BookingGone(gone) | BookingChange::SeriesGone(gone) => {
                    self.remove(&gone.id, gone.end);
                    self.remove_series(&gone.id, gone.end);
                }
                change => self.change(&change),
            }
        }
    }

    fn change(&mut self, change: &BookingChange) {
        if let Some(listed) = &mut self.listed {
            listed.insert(change.id().to_owned());
        }
        match change {
            BookingChange::Booking(booking) => {
                self.remove_series(&booking.id, BookingEnd::Deleted);
                self.put(booking);
            }
            BookingChange::BookingGone(gone) => self.remove(&gone.id, gone.end),
            BookingChange::SeriesGone(gone) => self.remove_series(&gone.id, gone.end),
            BookingChange::Series(series) => {
                let ids: BTreeSet<_> = series.bookings.iter().map(|it| it.id.clone()).collect();
                let is_old =
                    |it: &&Booking| it.series.as_ref() == Some(&series.id) && !ids.contains(&it.id);
                let old: Vec<_> =
                    self.bookings.values().filter(is_old).map(|it| it.id.clone()).collect();
                old.iter().for_each(|id| self.remove(id, BookingEnd::Deleted));
                self.remove(&series.id, BookingEnd::Deleted);
                series.bookings.iter().for_each(|booking| self.put(booking));
            }
            BookingChange::BookingMissing(_) | BookingChange::BookingUnreadable(_) => {}
        }
    }

    fn put(&mut self, booking: &Booking) {
        let before = self.bookings.insert(booking.id.clone(), booking.clone());
        if let Some(before) = &before
            && before.version == booking.version
        {
            assert_eq!(before, booking, "equal versions mean that nothing changed");
            return;
        }
        self.log.push(format!("{} {}", booking.id, when(booking)));
    }

    fn remove(&mut self, id: &str, end: BookingEnd) {
        if self.bookings.remove(id).is_some() {
            self.log.push(format!("{id} {end:?}"));
        }
    }

    fn remove_series(&mut self, id: &str, end: BookingEnd) {
        let is_its = |booking: &&Booking| booking.series.as_deref() == Some(id);
        let ids: Vec<_> = self.bookings.values().filter(is_its).map(|it| it.id.clone()).collect();
        ids.iter().for_each(|id| self.remove(id, end));
    }

    /// Returns when the room is booked, in order.
    pub(super) fn shown(&self) -> Vec<String> {
        let mut shown: Vec<_> = self.bookings.values().map(when).collect();
        shown.sort();
        shown
    }

    /// Returns and forgets the changes since the last call.
    pub(super) fn changes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}
