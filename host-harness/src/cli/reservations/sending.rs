//! A command that sends: the store, and the plugin under its settings.

use std::{thread::sleep, time::Duration};

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::booking_options;
use crate::{
    cli::{Failure, Program, runtime},
    plugin::Session,
    reservations::{Outbox, Selection},
    store::{IntegrationId, ReleaseRow, ReleaseState, Reservation, RunKind, Store},
    sync::{BookingOptions, Options, SessionSource, Sync, Unobserved},
};

/// Time between two looks at what is due.
const LOOK: Duration = Duration::from_millis(200);

pub(super) struct Sending {
    pub(super) store: Store,
    pub(super) integration: IntegrationId,
    pub(super) options: BookingOptions,
    session: Session,
    runtime: Runtime,
}

impl Sending {
    /// Loads the plugin and opens the store. The plugin is first, so that a failure leaves no wish
    /// behind.
    pub(super) fn open(program: &Program, command: &str) -> Result<Self, Failure> {
        let settings = program.need_settings(command)?;
        let options = booking_options(&settings)?;
        let plugin = program.plugin()?;
        let runtime = runtime()?;
        let session = runtime.block_on(Session::open(plugin, settings))?;
        session.accepted()?;
        // The store is read first, since opening it for writing creates a missing one.
        let (store, integration) = program.stored()?;
        drop(store);
        let store = Store::open(&program.args.data, program.store_options())?;
        Ok(Self { store, integration, options, session, runtime })
    }

    /// Sends the wishes of a reservation until all are answered, at most for `wait` seconds.
    /// Returns the reservation as it is then.
    pub(super) fn send(&mut self, reference: &str, wait: u64) -> Result<Reservation, Failure> {
        let is_answered = |store: &Store, integration| {
            let found = store.reservation(integration, reference)?;
            Ok(found.is_none_or(|it| it.waiting.is_none() && it.pending_since.is_none()))
        };
        self.run(Selection::Reservation(reference), wait, is_answered)?;
        super::known(&self.store, self.integration, reference)
    }

    /// Sends a request to make a room free, in the same way.
    pub(super) fn release(&mut self, wished: ReleaseRow, wait: u64) -> Result<ReleaseRow, Failure> {
        let number = wished.number;
        let is_answered = |store: &Store, integration| {
            let found = store.numbered_release(integration, number)?;
            Ok(found.is_none_or(|release| release.state != ReleaseState::Waiting))
        };
        self.run(Selection::Release(number), wait, is_answered)?;
        Ok(self.store.numbered_release(self.integration, number)?.unwrap_or(wished))
    }

    /// Sends everything that waits, in the same way.
    pub(super) fn send_all(&mut self, wait: u64) -> Result<(), Failure> {
        let is_answered =
            |store: &Store, integration| Ok(store.next_reservation_due(integration)?.is_none());
        self.run(Selection::All, wait, is_answered)
    }

    fn run(
        &mut self,
        selection: Selection<'_>,
        wait: u64,
        is_answered: impl Fn(&Store, IntegrationId) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let until = Timestamp::now().checked_add(Duration::from_secs(wait));
        let until = until.unwrap_or(Timestamp::MAX);
        let outbox = Outbox::new(self.integration);
        let mut source = self.source();
        let mut changed = Vec::new();
        loop {
            let store = &mut self.store;
            changed.extend(outbox.run_due(store, &mut source, selection, Timestamp::now)?);
            if is_answered(store, self.integration)? || Timestamp::now() >= until {
                break;
            }
            sleep(LOOK);
        }
        self.read(changed);
        Ok(())
    }

    fn source(&self) -> SessionSource {
        SessionSource::new(self.session.clone(), self.runtime.handle().clone())
    }

    /// Reads the bookings of the rooms whose calendars changed. Where that fails, the run says so,
    /// and the next sync reads them.
    fn read(&mut self, mut rooms: Vec<String>) {
        if rooms.is_empty() {
            return;
        }
        rooms.sort();
        rooms.dedup();
        let bookings = BookingOptions { rooms: Some(rooms), ..self.options.clone() };
        let options = Options { bookings, ..Options::default() };
        let (mut source, mut observer) = (self.source(), Unobserved);
        let sync = Sync::new(&mut self.store, &mut source, &mut observer, options);
        let _ = sync.run(RunKind::Bookings, self.integration);
    }
}
