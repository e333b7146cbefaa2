//! Runs in the background, started by an administrator or by the schedule; and reservations, which
//! are sent in the background.

mod lane;
mod outbox;
mod timetable;
mod turns;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{runtime::Handle, sync::Notify, task::spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::{
    error::Error,
    model::Refusal,
    pace::Pace,
    plugin::{CallError, Plugin, Session},
    problem::Problem,
    random,
    settings::Settings,
    store::{IntegrationId, Kind, RunKind, SealingKey, Store, StoreError},
    sync::{BookingOptions, Observer, Options, SessionSource, Source, Sync},
};
use lane::Lane;
use outbox::Sending;
use timetable::Timetable;
pub use turns::Patience;
use turns::{Place, Turns};

/// Time between two looks at the schedule.
const TICK: Duration = Duration::from_secs(5);

/// Time after which all bookings of a room are listed again. What the vendor's changes did not
/// report, ONES then has for a day at most.
const LIST_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs under way for an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What was asked for.
    pub kinds: &'static [RunKind],
    /// Time of the start.
    pub started: Timestamp,
    /// What is synced now. `None` while it waits for its turn.
    pub kind: Option<Kind>,
    /// Number of records of that kind that were reported so far.
    pub reported: u64,
    /// Number of records that the vendor counts, where it says so.
    pub total: Option<u64>,
}

/// Result of the latest runs of an integration since this program started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What was asked for.
    pub kinds: &'static [RunKind],
    /// Time of the end.
    pub at: Timestamp,
    /// Why they failed: the problem of the first one that did.
    pub problem: Option<Problem>,
}

/// Why no run is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// Runs of the integration are under way.
    #[error("A sync of this integration is already under way")]
    Busy,
    /// The runner was stopped.
    #[error("The program is about to end")]
    Stopping,
}

/// Connects runs to a plugin, or in a test to another source.
pub trait Connect: Send + std::marker::Sync + 'static {
    /// Returns a plugin under these settings, until `stop`. May block.
    ///
    /// # Errors
    /// Those of the plugin.
    fn connect(
        &self,
        settings: Settings,
        stop: &CancellationToken,
    ) -> Result<Box<dyn Source>, Error>;
}

impl Connect for Plugin {
    fn connect(
        &self,
        settings: Settings,
        stop: &CancellationToken,
    ) -> Result<Box<dyn Source>, Error> {
        let runtime = Handle::current();
        let session = runtime.block_on(Session::open(self.clone(), settings))?;
        session.accepted()?;
        Ok(Box::new(SessionSource::new(session, runtime).until(stop.clone())))
    }
}

/// Runs syncs in the background, with stored settings. Clones share their state.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    vendor: Box<dyn Connect>,
    key: SealingKey,
    options: Options,
    turns: Turns,
    /// Of runs of bookings.
    booking_turns: Turns,
    sending: Sending,
    timetable: Mutex<Timetable>,
    state: Mutex<State>,
    idle: Notify,
    stop: CancellationToken,
}

#[derive(Default)]
struct State {
    active: HashMap<(IntegrationId, Lane), Activity>,
    ended: HashMap<(IntegrationId, Lane), Ended>,
    /// Number of calls about reservations that are under way.
    sending: usize,
}

impl State {
    fn is_idle(&self) -> bool {
        self.active.is_empty() && self.sending == 0
    }
}

impl Runner {
    /// Returns a runner with these options. Each run has its own connection to the store, and the
    /// default groups of its settings.
    pub fn new(store: Store, vendor: impl Connect, key: SealingKey, options: Options) -> Self {
        Self::with_patience(store, vendor, key, options, Patience::default())
    }

    /// As [`Self::new`], with other limits on runs that take long.
    pub fn with_patience(
        store: Store,
        vendor: impl Connect,
        key: SealingKey,
        options: Options,
        patience: Patience,
    ) -> Self {
        Self(Arc::new(Inner {
            store: Mutex::new(store),
            vendor: Box::new(vendor),
            key,
            options,
            turns: Turns::new(patience),
            booking_turns: Turns::new(patience),
            sending: Sending::default(),
            timetable: Mutex::default(),
            state: Mutex::default(),
            idle: Notify::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Sets how often the bookings of each integration are read whose settings have them on;
    /// without an interval, only [`Self::start`] reads them. It is limited as in [`pause`].
    ///
    /// [`pause`]: crate::schedule::pause
    pub fn read_bookings_every(&self, interval: Option<Duration>) {
        self.0.timetable().set_interval(interval);
    }

    /// Starts runs and returns: of rooms and users, or of bookings, which do not wait for the
    /// others. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`NotStarted`]. [`Self::ended`] and the store give the results.
    pub fn start(
        &self,
        integration: IntegrationId,
        kinds: &'static [RunKind],
    ) -> Result<(), NotStarted> {
        let key = (integration, Lane::of(kinds));
        let mut state = self.0.state();
        if self.0.stop.is_cancelled() {
            return Err(NotStarted::Stopping);
        }
        if state.active.contains_key(&key) {
            return Err(NotStarted::Busy);
        }
        let started = Timestamp::now();
        let activity = Activity { kinds, started, kind: None, reported: 0, total: None };
        state.active.insert(key, activity);
        drop(state);
        let inner = self.0.clone();
        tokio::spawn(async move {
            let problem = inner.clone().run(integration, kinds).await.err();
            let ended = Ended { kinds, at: Timestamp::now(), problem };
            let mut state = inner.state();
            state.active.remove(&key);
            state.ended.insert(key, ended);
            drop(state);
            inner.idle.notify_waiters();
        });
        Ok(())
    }

    /// Returns the runs of rooms and users under way for an integration.
    pub fn activity(&self, integration: IntegrationId) -> Option<Activity> {
        self.0.state().active.get(&(integration, Lane::Directory)).cloned()
    }

    /// Returns the run of bookings under way for an integration.
    pub fn bookings_activity(&self, integration: IntegrationId) -> Option<Activity> {
        self.0.state().active.get(&(integration, Lane::Bookings)).cloned()
    }

    /// Returns the result of the latest runs of rooms and users for an integration.
    pub fn ended(&self, integration: IntegrationId) -> Option<Ended> {
        self.0.state().ended.get(&(integration, Lane::Directory)).cloned()
    }

    /// Returns the result of the latest run of bookings for an integration.
    pub fn bookings_ended(&self, integration: IntegrationId) -> Option<Ended> {
        self.0.state().ended.get(&(integration, Lane::Bookings)).cloned()
    }

    /// Returns when the bookings of an integration are read next, where that is planned.
    pub fn next_bookings(&self, integration: IntegrationId) -> Option<Timestamp> {
        self.0.timetable().next(integration)
    }

    /// Starts the runs that are due.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn start_due(&self, now: Timestamp) -> Result<(), StoreError> {
        for integration in self.0.store().due(now)? {
            // Runs are under way, or the runner was stopped: then none is needed.
            let _ = self.start(integration, RunKind::ALL);
        }
        for integration in self.0.due_bookings(now)? {
            let _ = self.start(integration, &[RunKind::Bookings]);
        }
        Ok(())
    }

    /// Starts runs and sends reservations when they are due, until [`Self::stop`].
    pub async fn follow_schedule(&self) {
        tokio::join!(self.follow_runs(), self.follow_reservations());
    }

    async fn follow_runs(&self) {
        let (mut ticks, pace) = (tokio::time::interval(TICK), Pace::per_minute(1));
        while self.0.stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.start_due(Timestamp::now())
                && pace.allows(Instant::now())
            {
                // The schedule is read again after [`TICK`].
                let problem = Problem::from(&error);
                let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
                let detail = problem.detail.as_deref().unwrap_or_default();
                error!(code, cause, detail, "the schedule cannot be read, and no run starts");
            }
        }
    }

    /// Waits until no run is under way, and no reservation is being sent.
    pub async fn idle(&self) {
        loop {
            let notified = self.0.idle.notified();
            if self.0.state().is_idle() {
                return;
            }
            notified.await;
        }
    }

    /// Cancels the runs under way, starts no more, and waits until all have ended. What was stored
    /// stays, and the next run continues from there.
    pub async fn stop(&self) {
        {
            let _state = self.0.state();
            self.0.stop.cancel();
        }
        self.idle().await;
    }
}

impl Inner {
    async fn run(
        self: Arc<Self>,
        integration: IntegrationId,
        kinds: &'static [RunKind],
    ) -> Result<(), Problem> {
        let turns = match Lane::of(kinds) {
            Lane::Directory => &self.turns,
            Lane::Bookings => &self.booking_turns,
        };
        let Some(place) = turns.take(&self.stop).await else {
            return Err(cancelled().problem());
        };
        let inner = self.clone();
        let done = spawn_blocking(move || match Lane::of(kinds) {
            Lane::Directory => inner.sync(integration, kinds, &place),
            Lane::Bookings => inner.sync_bookings(integration, &place),
        });
        let done = done.await;
        let done = done.unwrap_or_else(|error| {
            Err(CallError::broke(format!("its run did not end: {error}")).into())
        });
        done.map_err(|it| it.problem())
    }

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
            let synced = self.sync_in_place(&mut store, integration, *kind, place)?;
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

    /// Returns the integrations whose bookings are due: where they are on, or where they are off
    /// and some are still stored.
    fn due_bookings(&self, now: Timestamp) -> Result<Vec<IntegrationId>, StoreError> {
        let (store, mut timetable) = (self.store(), self.timetable());
        let mut due = Vec::new();
        for row in store.integrations_overview()?.into_iter().filter(|row| row.configured) {
            if !timetable.is_due(row.id, now, chance()) {
                continue;
            }
            timetable.plan(row.id, now, 0, None, chance());
            // Where the settings cannot be read, the runs of users report it.
            let settings = store.settings(row.id, &self.key).ok().flatten();
            let is_on = settings.map(|settings| settings.bookings().is_some());
            if let Some(is_on) = is_on
                && (is_on || store.has_bookings(row.id)?)
            {
                due.push(row.id);
            }
        }
        Ok(due)
    }

    /// Reads the bookings. Where they are off, deletes those that are stored: nothing would keep
    /// them right, and they name users.
    fn sync_bookings(&self, integration: IntegrationId, place: &Place) -> Result<(), Error> {
        let mut store = self.store().another()?;
        let settings = store.settings(integration, &self.key);
        if let Ok(Some(settings)) = settings
            && settings.bookings().is_none()
        {
            return Ok(store.delete_bookings(integration)?);
        }
        let synced = self.sync_in_place(&mut store, integration, RunKind::Bookings, place)?;
        let asked = synced.as_ref().err().and_then(Error::retry_after);
        let failures = store.failing_bookings(integration)?.map_or(0, |failing| failing.count);
        self.timetable().plan(integration, Timestamp::now(), failures, asked, chance());
        synced
    }

    /// Does one run. The inner error is that of the run; that it had to end for others is one.
    fn sync_in_place(
        &self,
        store: &mut Store,
        integration: IntegrationId,
        kind: RunKind,
        place: &Place,
    ) -> Result<Result<(), Error>, Error> {
        let synced = self.sync_kind(store, integration, kind, place.stop());
        if place.is_overdue() && synced.as_ref().is_err_and(Error::is_cancelled) {
            let error = Error::from(CallError::Overdue);
            store.note_failure(integration, kind, &error.problem())?;
            return Ok(Err(error));
        }
        Ok(synced)
    }

    fn sync_kind(
        &self,
        store: &mut Store,
        integration: IntegrationId,
        kind: RunKind,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let prepared = self.prepare(store, integration, stop);
        let (mut source, options) = prepared.inspect_err(|error| {
            let problem = error.problem();
            let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
            warn!(integration = integration.get(), kind = kind.as_str(), code, cause, "no run");
            // The run returns the error, also where it cannot be stored.
            let _ = store.note_failure(integration, kind, &problem);
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
        stop: &CancellationToken,
    ) -> Result<(Box<dyn Source>, Options), Error> {
        if stop.is_cancelled() {
            return Err(cancelled());
        }
        let Some(settings) = store.settings(integration, &self.key)? else {
            let name = store.name(integration)?.unwrap_or_default();
            return Err(StoreError::NoSettings { name }.into());
        };
        let default_groups = settings.default_groups();
        let bookings = BookingOptions {
            missing_grace: self.options.bookings.missing_grace,
            list_again: Some(LIST_AGAIN),
            ..settings.bookings().map(BookingOptions::from).unwrap_or_default()
        };
        let options = Options { default_groups, bookings, ..self.options.clone() };
        Ok((self.vendor.connect(settings, stop)?, options))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timetable(&self) -> MutexGuard<'_, Timetable> {
        self.timetable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Updates the activity of an integration.
struct Watch<'a> {
    inner: &'a Inner,
    key: (IntegrationId, Lane),
}

impl Observer for Watch<'_> {
    fn progress(&mut self, kind: Kind, reported: u64, total: Option<u64>) {
        if let Some(activity) = self.inner.state().active.get_mut(&self.key) {
            *activity = Activity { kind: Some(kind), reported, total, ..*activity };
        }
    }
}

fn cancelled() -> Error {
    CallError::Refused(Refusal::Cancelled).into()
}

fn chance() -> u32 {
    u32::from_ne_bytes(random::bytes())
}
