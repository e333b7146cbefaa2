//! Runs in the background, started by an administrator or by the schedule; and reservations, which
//! are sent in the background.

mod job;
mod lane;
mod outbox;
mod timetable;
mod turns;
mod work;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{runtime::Handle, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    error::Error,
    pace::Pace,
    plugin::{Plugin, Session},
    problem::Problem,
    random,
    settings::Settings,
    store::{IntegrationId, Kind, RunKind, SealingKey, Store, StoreError},
    sync::{Options, SessionSource, Source},
};
use job::Job;
use lane::Lane;
use outbox::Sending;
use timetable::Timetable;
pub use turns::Patience;
use turns::Turns;

/// Time between two looks at the schedule.
const TICK: Duration = Duration::from_secs(5);

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

impl Activity {
    fn begun(kinds: &'static [RunKind]) -> Self {
        Self { kinds, started: Timestamp::now(), kind: None, reported: 0, total: None }
    }
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

/// Why a run because of notifications did not end well.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// It was not started.
    NotStarted(NotStarted),
    /// It failed. The vendor can have asked to wait.
    Failed { retry_after: Option<Duration> },
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
    started: Timestamp,
}

#[derive(Default)]
struct State {
    active: HashMap<(IntegrationId, Lane), Active>,
    /// Jobs that wait for the end of one because of notifications.
    waiting: HashMap<(IntegrationId, Lane), Waiting>,
    ended: HashMap<(IntegrationId, Lane), Ended>,
    /// Number of calls about reservations that are under way.
    sending: usize,
    /// Where the notifications of an integration are sent that has subscriptions.
    notified_at: HashMap<IntegrationId, String>,
}

struct Active {
    activity: Activity,
    is_notified: bool,
}

struct Waiting {
    activity: Activity,
    job: Job,
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
            started: Timestamp::now(),
        }))
    }

    /// Sets how often the bookings of each integration are read whose settings have them on;
    /// without an interval, only [`Self::start`] reads them. It is limited as in [`pause`].
    ///
    /// [`pause`]: crate::schedule::pause
    pub fn read_bookings_every(&self, interval: Option<Duration>) {
        self.0.timetable().set_interval(interval);
    }

    /// Sets where the notifications of an integration are sent. Scheduled runs then read rooms
    /// rarely that have a subscription with this address.
    pub(crate) fn is_notified_at(&self, integration: IntegrationId, address: Option<String>) {
        let addresses = &mut self.0.state().notified_at;
        match address {
            Some(address) => addresses.insert(integration, address),
            None => addresses.remove(&integration),
        };
    }

    /// Starts runs and returns: of rooms and users, or of bookings, which do not wait for the
    /// others. Where a run because of notifications is under way, they start after it. Must be
    /// called within a Tokio runtime.
    ///
    /// # Errors
    /// [`NotStarted`]. [`Self::ended`] and the store give the results.
    pub fn start(
        &self,
        integration: IntegrationId,
        kinds: &'static [RunKind],
    ) -> Result<(), NotStarted> {
        self.begin(integration, Job::Asked(kinds)).map(drop)
    }

    /// Reads the bookings of these rooms, which notifications named.
    pub(crate) async fn read_rooms(
        &self,
        integration: IntegrationId,
        rooms: Vec<String>,
    ) -> Result<(), NotDone> {
        self.finish(integration, Job::NotifiedRooms(rooms)).await
    }

    /// Reads what changed of users and groups, since notifications said that something did.
    pub(crate) async fn read_users(&self, integration: IntegrationId) -> Result<(), NotDone> {
        self.finish(integration, Job::NotifiedUsers).await
    }

    /// Starts a job, and waits for its end.
    async fn finish(&self, integration: IntegrationId, job: Job) -> Result<(), NotDone> {
        let begun = self.begin(integration, job).map_err(NotDone::NotStarted)?;
        let failed = NotDone::Failed { retry_after: None };
        // Without a task, the job waits for another one.
        let Some(task) = begun else { return Err(NotDone::NotStarted(NotStarted::Busy)) };
        match task.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NotDone::Failed { retry_after: error.retry_after() }),
            Err(_) => Err(failed),
        }
    }

    /// Starts a job. Returns `None` where it starts after a run because of notifications.
    fn begin(
        &self,
        integration: IntegrationId,
        job: Job,
    ) -> Result<Option<JoinHandle<Result<(), Error>>>, NotStarted> {
        let key = (integration, Lane::of(job.kinds()));
        let mut state = self.0.state();
        if self.0.stop.is_cancelled() {
            return Err(NotStarted::Stopping);
        }
        match state.active.get(&key) {
            None => Ok(Some(self.spawn(&mut state, key, job))),
            Some(active) if active.is_notified && !job.is_notified() => {
                // What an administrator asked for reads more than what is due.
                if !matches!(state.waiting.get(&key), Some(Waiting { job: Job::Asked(_), .. })) {
                    let activity = Activity::begun(job.kinds());
                    state.waiting.insert(key, Waiting { activity, job });
                }
                Ok(None)
            }
            Some(_) => Err(NotStarted::Busy),
        }
    }

    fn spawn(
        &self,
        state: &mut State,
        key: (IntegrationId, Lane),
        job: Job,
    ) -> JoinHandle<Result<(), Error>> {
        let (kinds, is_notified) = (job.kinds(), job.is_notified());
        let activity = Activity::begun(kinds);
        state.active.insert(key, Active { activity, is_notified });
        let runner = self.clone();
        tokio::spawn(async move {
            let done = runner.0.clone().run(key.0, job).await;
            let mut state = runner.0.state();
            state.active.remove(&key);
            if !is_notified {
                let problem = done.as_ref().err().map(Error::problem);
                state.ended.insert(key, Ended { kinds, at: Timestamp::now(), problem });
            }
            if let Some(next) = state.waiting.remove(&key)
                && !runner.0.stop.is_cancelled()
            {
                runner.spawn(&mut state, key, next.job);
            }
            drop(state);
            runner.0.idle.notify_waiters();
            done
        })
    }

    /// Returns the runs of rooms and users for an integration that are under way, or that wait for
    /// the end of one because of notifications. These, which are short, are left out.
    pub fn activity(&self, integration: IntegrationId) -> Option<Activity> {
        self.0.state().shown((integration, Lane::Directory))
    }

    /// Returns the run of bookings under way for an integration, in the same way.
    pub fn bookings_activity(&self, integration: IntegrationId) -> Option<Activity> {
        self.0.state().shown((integration, Lane::Bookings))
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
            let _ = self.begin(integration, Job::DueBookings);
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

impl State {
    fn is_idle(&self) -> bool {
        self.active.is_empty() && self.sending == 0
    }

    /// Returns the activity that pages show.
    fn shown(&self, key: (IntegrationId, Lane)) -> Option<Activity> {
        let active = self.active.get(&key).filter(|it| !it.is_notified).map(|it| &it.activity);
        active.or_else(|| Some(&self.waiting.get(&key)?.activity)).cloned()
    }
}

impl Inner {
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

fn chance() -> u32 {
    u32::from_ne_bytes(random::bytes())
}

#[test]
fn what_waits_for_the_end_of_a_run_because_of_notifications_is_shown_as_under_way() {
    let key = (IntegrationId::from(1), Lane::Bookings);
    let mut state = State::default();
    let activity = Activity::begun(&[RunKind::Bookings]);
    state.active.insert(key, Active { activity: activity.clone(), is_notified: true });
    assert_eq!(state.shown(key), None);
    let job = Job::Asked(&[RunKind::Bookings]);
    state.waiting.insert(key, Waiting { activity: activity.clone(), job });
    assert_eq!(state.shown(key), Some(activity));
}
