//! ONES that books at the vendor.

use jiff::{SignedDuration, Timestamp};
use ones_host::{
    model::{BookingTime, Participant, TimeRange},
    reservations::{Job, Outbox, Selection},
    store::{
        Actor, IntegrationId, NewReservation, Reservation, ReservationFilter, RunKind, Store,
        StoreError,
    },
    sync::{Options, Source, Sync, Unobserved},
};

use super::vendor::*;
use crate::{
    bookings::calendar::*,
    fake::{Fake, NAME, Ones, batch, reported, room},
};

/// ONES with rooms and users, a clock of its own, and the vendor.
pub(super) struct Host {
    pub(super) ones: Ones,
    store: Option<Store>,
    outbox: Outbox,
    pub(super) vendor: Vendor,
    pub(super) now: Timestamp,
    pub(super) id: IntegrationId,
}

/// The users of every host.
pub(super) const ANN: &str = "ann";
pub(super) const BOB: &str = "bob";

impl Host {
    /// Returns ONES with the rooms `r0`, `r1` and `r2`, whose bookings were read.
    pub(super) fn new(vendor: &Vendor) -> Self {
        Self::with_rooms(vendor, ["r0", "r1", "r2"].map(room))
    }

    pub(super) fn with_rooms(
        vendor: &Vendor,
        rooms: impl IntoIterator<Item = ones_host::model::Room>,
    ) -> Self {
        let mut ones = Ones::with_rooms(rooms);
        let users = batch(crate::fake::COMPLETE, "c", vec![reported(ANN), reported(BOB)]);
        ones.sync_users(&mut Fake::users([users])).unwrap();
        let store = ones.open();
        let id = store.integration(NAME).unwrap().unwrap();
        let now = NOW.parse().unwrap();
        let mut host = Self {
            ones,
            store: Some(store),
            outbox: Outbox::new(id),
            vendor: vendor.clone(),
            now,
            id,
        };
        host.sync();
        host
    }

    pub(super) fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    /// Ends the process and starts it again.
    pub(super) fn restart(&mut self) {
        drop(self.store.take());
        self.store = Some(self.ones.open());
        self.outbox = Outbox::new(self.id);
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Reads the bookings of all rooms.
    pub(super) fn sync(&mut self) {
        let mut vendor = self.vendor.clone();
        self.sync_from(&mut vendor);
    }

    /// Reads the bookings of all rooms from something else than the vendor.
    pub(super) fn sync_from(&mut self, source: &mut dyn Source) {
        let options = Options { now: Some(self.now), ..self.ones.options.clone() };
        let mut observer = Unobserved;
        let sync = Sync::new(self.store.as_mut().unwrap(), source, &mut observer, options);
        sync.run(RunKind::Bookings, self.id).unwrap();
    }

    pub(super) fn reserve(&mut self, new: NewReservation) -> Result<Reservation, StoreError> {
        let (id, now) = (self.id, self.now);
        self.store().reserve(id, new, now)
    }

    /// Begins what is due.
    pub(super) fn take(&mut self, most: usize) -> Vec<Job> {
        let (outbox, now) = (self.outbox.clone(), self.now);
        outbox.take(self.store(), Selection::All, most, now).unwrap()
    }

    /// Calls the vendor, and stores the answer.
    pub(super) fn finish(&mut self, job: Job) -> Vec<String> {
        let answer = job.ask(&mut self.vendor);
        let now = self.now;
        job.settle(self.store(), answer, now).unwrap()
    }

    /// Does what is due now.
    pub(super) fn run(&mut self) -> Vec<String> {
        let (outbox, now) = (self.outbox.clone(), self.now);
        let mut vendor = self.vendor.clone();
        vendor.fault = std::mem::take(&mut self.vendor.fault);
        self.vendor.refuses = None;
        outbox.run_due(self.store(), &mut vendor, Selection::All, || now).unwrap()
    }

    /// Does what is due, at the time when it is due, until nothing is, for at most `hours`.
    pub(super) fn run_for(&mut self, hours: i64) {
        let until = self.now + SignedDuration::from_hours(hours);
        loop {
            self.run();
            let id = self.id;
            match self.store().next_reservation_due(id).unwrap() {
                Some(next) if next <= until => self.now = next.max(self.now),
                _ => break,
            }
        }
    }

    pub(super) fn get(&mut self, reference: &str) -> Reservation {
        let id = self.id;
        self.store().reservation(id, reference).unwrap().unwrap()
    }

    pub(super) fn all(&mut self) -> Vec<Reservation> {
        self.filtered(&ReservationFilter::default())
    }

    pub(super) fn filtered(&mut self, filter: &ReservationFilter) -> Vec<Reservation> {
        let (id, mut found) = (self.id, Vec::new());
        let list = |reservation| {
            found.push(reservation);
            Ok::<_, StoreError>(())
        };
        self.store().each_reservation(id, filter, list).unwrap();
        found
    }

    /// What happened to a reservation, by the names of the entries.
    pub(super) fn history(&mut self, reference: &str) -> Vec<String> {
        let id = self.id;
        let history = self.store().reservation_history(id, reference).unwrap();
        history.into_iter().map(|entry| entry.what).collect()
    }
}

/// Returns a wish for an hour in the room `r1`.
pub(super) fn at_nine() -> NewReservation {
    wished(&["r1"], "2027-01-12T09:00", "2027-01-12T10:00")
}

/// A booking of rooms for Ann, between two clocks.
pub(super) fn wished(rooms: &[&str], starts: &str, ends: &str) -> NewReservation {
    NewReservation {
        rooms: rooms.iter().map(|room| (*room).to_owned()).collect(),
        time: BookingTime::Hours(TimeRange { starts: clock(starts), ends: clock(ends) }),
        recurrence: None,
        organizer: ANN.to_owned(),
        invite: vec![Participant { email: Some("guest@fabrikam.com".to_owned()), name: None }],
        title: "Review".to_owned(),
        private: false,
        online_meeting: false,
        days: Some(180),
        by: Actor::User(ANN.to_owned()),
    }
}

/// The hours between two clocks.
pub(super) fn between(starts: &str, ends: &str) -> TimeRange {
    TimeRange { starts: clock(starts), ends: clock(ends) }
}
