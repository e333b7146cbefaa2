//! The work of a run: on a thread that may block, with a connection of its own to the store.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    Active, Activity, Inner, chance,
    job::{Job, Selection},
    lane::Lane,
    turns::Place,
};
use crate::{
    error::Error,
    model::Refusal,
    plugin::CallError,
    store::{IntegrationId, Kind, Polling, RunKind, Store, StoreError},
    sync::{BookingOptions, Observer, Occasion, Options, Source, Sync},
};

/// Time after which all bookings of a room are listed again. What the vendor's changes did not
/// report, ONES then has for a day at most.
const LIST_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

impl Inner {
    /// Does a job, once it is its turn.
    pub(super) async fn run(
        self: Arc<Self>,
        integration: IntegrationId,
        job: Job,
    ) -> Result<(), Error> {
        let turns = match Lane::of(job.kinds()) {
            Lane::Directory => &self.turns,
            Lane::Bookings => &self.booking_turns,
        };
        let Some(place) = turns.take(&self.stop).await else { return Err(cancelled()) };
        let inner = self.clone();
        let done = spawn_blocking(move || match job {
            Job::Asked(kinds) if Lane::of(kinds) == Lane::Directory => {
                inner.sync(integration, kinds, &place)
            }
            Job::NotifiedUsers => inner.sync_users(integration, &place),
            job => inner.sync_bookings(integration, job, &place),
        });
        let done = done.await;
        done.unwrap_or_else(|error| {
            Err(CallError::broke(format!("its run did not end: {error}")).into())
        })
    }

    /// Does the runs one after the other, also where one fails, and plans the next ones. Returns
    /// the first error.
    fn sync(
        &self,
        integration: IntegrationId,
        kinds: &'static [RunKind],
        place: &Place,
    ) -> Result<(), Error> {
        let mut store = self.store().another()?;
        // Before the run, in case the process does not survive it.
        store.plan(integration, Timestamp::now(), None, chance())?;
        let (mut done, mut asked) = (Ok(()), None);
        for kind in kinds {
            let all = &Selection::ALL;
            let synced = self.sync_in_place(&mut store, integration, *kind, all, place)?;
            let Err(error) = synced else { continue };
            asked = error.retry_after();
            // A failure is more important than that the vendor does not offer something.
            if done.is_ok() || done.as_ref().is_err_and(Error::is_unsupported) {
                done = Err(error);
            }
            if asked.is_some() || place.stop().is_cancelled() {
                break;
            }
        }
        store.plan(integration, Timestamp::now(), asked, chance())?;
        done
    }

    /// Reads what changed of users and groups. The schedule stays as it is.
    fn sync_users(&self, integration: IntegrationId, place: &Place) -> Result<(), Error> {
        let mut store = self.store().another()?;
        let notified = &Selection { rooms: None, occasion: Occasion::Notified };
        self.sync_in_place(&mut store, integration, RunKind::Users, notified, place)?
    }

    /// Reads bookings. Where they are off, deletes those that are stored: nothing would keep them
    /// right, and they name users.
    fn sync_bookings(
        &self,
        integration: IntegrationId,
        job: Job,
        place: &Place,
    ) -> Result<(), Error> {
        let mut store = self.store().another()?;
        let settings = store.settings(integration, &self.key);
        if let Ok(Some(settings)) = settings
            && settings.bookings().is_none()
        {
            return Ok(store.delete_bookings(integration)?);
        }
        let is_notified = job.is_notified();
        if is_notified {
            // Notifications that arrive meanwhile then wait less for the disk. After a power
            // failure nothing is lost: all rooms are read after a start.
            store.relax()?;
        }
        let selection = self.select(&store, integration, job)?;
        let synced = match selection.rooms.as_deref() {
            Some([]) => Ok(()),
            _ => {
                let kind = RunKind::Bookings;
                self.sync_in_place(&mut store, integration, kind, &selection, place)?
            }
        };
        if !is_notified {
            let asked = synced.as_ref().err().and_then(Error::retry_after);
            let failures = store.failing_bookings(integration)?.map_or(0, |failing| failing.count);
            self.timetable().plan(integration, Timestamp::now(), failures, asked, chance());
        }
        synced
    }

    /// Returns which bookings a job reads.
    fn select(
        &self,
        store: &Store,
        integration: IntegrationId,
        job: Job,
    ) -> Result<Selection, StoreError> {
        if let Job::NotifiedRooms(rooms) = job {
            return Ok(Selection { rooms: Some(rooms), occasion: Occasion::Notified });
        }
        let address = self.state().notified_at.get(&integration).cloned();
        let interval = self.timetable().interval();
        let (Job::DueBookings, Some(address), Some(interval)) = (job, address, interval) else {
            return Ok(Selection::ALL);
        };
        let (now, started, address) = (Timestamp::now(), self.started, address.as_str());
        let polling = Polling { address, now, started, interval };
        Ok(match store.polled_rooms(integration, polling)? {
            Some(rooms) => Selection { rooms: Some(rooms), occasion: Occasion::Due },
            None => Selection::ALL,
        })
    }

    /// Does one run. The inner error is that of the run; that it had to end for others is one.
    fn sync_in_place(
        &self,
        store: &mut Store,
        integration: IntegrationId,
        kind: RunKind,
        selection: &Selection,
        place: &Place,
    ) -> Result<Result<(), Error>, Error> {
        let synced = self.sync_kind(store, integration, kind, selection, place.stop());
        if place.is_overdue() && synced.as_ref().is_err_and(Error::is_cancelled) {
            let error = Error::from(CallError::Overdue);
            if selection.occasion != Occasion::Notified {
                store.note_failure(integration, kind, &error.problem())?;
            }
            return Ok(Err(error));
        }
        Ok(synced)
    }

    fn sync_kind(
        &self,
        store: &mut Store,
        integration: IntegrationId,
        kind: RunKind,
        selection: &Selection,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let prepared = self.prepare(store, integration, selection, stop);
        let (mut source, options) = prepared.inspect_err(|error| {
            let problem = error.problem();
            let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
            warn!(integration = integration.get(), kind = kind.as_str(), code, cause, "no run");
            if selection.occasion != Occasion::Notified {
                // The run returns the error, also where it cannot be stored.
                let _ = store.note_failure(integration, kind, &problem);
            }
        })?;
        let mut watch = Watch { inner: self, key: (integration, Lane::of(&[kind])) };
        watch.progress(kind.records()[0], 0, None);
        Sync::new(store, &mut *source, &mut watch, options).run(kind, integration)?;
        Ok(())
    }

    fn prepare(
        &self,
        store: &Store,
        integration: IntegrationId,
        selection: &Selection,
        stop: &CancellationToken,
    ) -> Result<(Box<dyn Source>, Options), Error> {
        if stop.is_cancelled() {
            return Err(cancelled());
        }
        let Some(settings) = store.settings(integration, &self.key)? else {
            let name = store.name(integration)?.unwrap_or_default();
            return Err(StoreError::NoSettings { name }.into());
        };
        let Selection { rooms, occasion } = selection;
        let default_groups = settings.default_groups();
        let bookings = BookingOptions {
            missing_grace: self.options.bookings.missing_grace,
            rooms: rooms.clone(),
            // It takes long, and would delay what notifications named.
            list_again: Some(LIST_AGAIN).filter(|_| *occasion != Occasion::Notified),
            ..settings.bookings().map(BookingOptions::from).unwrap_or_default()
        };
        let options =
            Options { default_groups, bookings, occasion: *occasion, ..self.options.clone() };
        Ok((self.vendor.connect(settings, stop)?, options))
    }
}

/// Updates the activity of an integration.
struct Watch<'a> {
    inner: &'a Inner,
    key: (IntegrationId, Lane),
}

impl Observer for Watch<'_> {
    fn progress(&mut self, kind: Kind, reported: u64, total: Option<u64>) {
        if let Some(Active { activity, .. }) = self.inner.state().active.get_mut(&self.key) {
            *activity = Activity { kind: Some(kind), reported, total, ..*activity };
        }
    }
}

fn cancelled() -> Error {
    CallError::Refused(Refusal::Cancelled).into()
}
