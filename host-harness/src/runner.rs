//! Syncs in the background: because a person says so, or because it is time.

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
    sync::{Observer, Options, SessionSource, Source, Sync},
};
pub use turns::Patience;
use turns::{Place, Turns};

/// How often is looked for what is due.
const TICK: Duration = Duration::from_secs(5);

/// What is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What was asked for.
    pub kinds: &'static [RunKind],
    /// Since when.
    pub started: Timestamp,
    /// What is synced now. None while it waits for its turn.
    pub kind: Option<Kind>,
    /// How many of that kind were told so far.
    pub told: u64,
    /// How many the vendor counts, where it says so.
    pub total: Option<u64>,
}

/// How the last one ended, since this program started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What was asked for.
    pub kinds: &'static [RunKind],
    /// When.
    pub at: Timestamp,
    /// Why it failed, or the first part of it that did.
    pub problem: Option<Problem>,
}

/// Why nothing is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// One run at a time.
    #[error("A sync of this integration is already under way")]
    Busy,
    /// Nothing begins any more.
    #[error("The program is about to end")]
    Stopping,
}

/// What a run asks: a plugin, or in a test whatever plays one.
pub trait Connect: Send + std::marker::Sync + 'static {
    /// A plugin under these settings, until `stop`. May block; called on a thread for that.
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

/// Syncs in the background, with kept settings. Clones are one and the same.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    vendor: Box<dyn Connect>,
    key: SealingKey,
    options: Options,
    turns: Turns,
    state: Mutex<State>,
    idle: Notify,
    stop: CancellationToken,
}

#[derive(Default)]
struct State {
    active: HashMap<IntegrationId, Activity>,
    ended: HashMap<IntegrationId, Ended>,
}

impl Runner {
    /// Each run has a connection of its own, [`Store::another`] of `store`. It runs under these
    /// options, with the default groups of its settings.
    pub fn new(store: Store, vendor: impl Connect, key: SealingKey, options: Options) -> Self {
        Self::with_patience(store, vendor, key, options, Patience::default())
    }

    /// As [`Self::new`], with another patience with runs that take long.
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
            state: Mutex::default(),
            idle: Notify::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Starts a sync and returns. To be called within a Tokio runtime.
    ///
    /// # Errors
    /// See [`NotStarted`]. How it ends is told by [`Self::ended`], and by the store.
    pub fn start(
        &self,
        integration: IntegrationId,
        kinds: &'static [RunKind],
    ) -> Result<(), NotStarted> {
        let mut state = self.0.state();
        if self.0.stop.is_cancelled() {
            return Err(NotStarted::Stopping);
        }
        if state.active.contains_key(&integration) {
            return Err(NotStarted::Busy);
        }
        let started = Timestamp::now();
        let activity = Activity { kinds, started, kind: None, told: 0, total: None };
        state.active.insert(integration, activity);
        drop(state);
        let inner = self.0.clone();
        tokio::spawn(async move {
            let problem = inner.clone().run(integration, kinds).await.err();
            let ended = Ended { kinds, at: Timestamp::now(), problem };
            let mut state = inner.state();
            state.active.remove(&integration);
            state.ended.insert(integration, ended);
            drop(state);
            inner.idle.notify_waiters();
        });
        Ok(())
    }

    /// What is under way for an integration.
    pub fn activity(&self, integration: IntegrationId) -> Option<Activity> {
        self.0.state().active.get(&integration).cloned()
    }

    /// How the last sync ended that this program ran.
    pub fn ended(&self, integration: IntegrationId) -> Option<Ended> {
        self.0.state().ended.get(&integration).cloned()
    }

    /// Starts whatever is due.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn start_due(&self, now: Timestamp) -> Result<(), StoreError> {
        for integration in self.0.store().due(now)? {
            // Under way already, or never again: either is well.
            let _ = self.start(integration, RunKind::ALL);
        }
        Ok(())
    }

    /// Starts whatever is due, as time goes by, until [`Self::stop`].
    pub async fn follow_schedule(&self) {
        let (mut ticks, pace) = (tokio::time::interval(TICK), Pace::per_minute(1));
        while self.0.stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.start_due(Timestamp::now())
                && pace.allows(Instant::now())
            {
                // It is read again with the next tick.
                let problem = Problem::from(&error);
                let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
                let detail = problem.detail.as_deref().unwrap_or_default();
                error!(code, cause, detail, "the schedule cannot be read, and no run starts");
            }
        }
    }

    /// Waits until nothing is under way.
    pub async fn idle(&self) {
        loop {
            let notified = self.0.idle.notified();
            if self.0.state().active.is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Cancels what is under way, starts nothing more, and waits until all has ended. What
    /// was stored stays, and the next run goes on from there.
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
        let Some(place) = self.turns.take(&self.stop).await else {
            return Err(cancelled().problem());
        };
        let inner = self.clone();
        let done = spawn_blocking(move || inner.sync(integration, kinds, &place)).await;
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
        // Also where this process does not live to see the end.
        store.plan(integration, Timestamp::now(), None, chance())?;
        let (mut done, mut asked) = (Ok(()), None);
        for kind in kinds {
            let synced = self.sync_kind(&mut store, integration, *kind, place.stop());
            let Err(mut error) = synced else { continue };
            if place.is_overdue() && error.is_cancelled() {
                error = CallError::Overdue.into();
                store.note_failure(integration, *kind, &error.problem())?;
            }
            asked = error.retry_after();
            // What fails says more than what the vendor does not have.
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
        let mut watch = Watch { inner: self, integration };
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
        let options = Options { default_groups: settings.default_groups(), ..self.options.clone() };
        Ok((self.vendor.connect(settings, stop)?, options))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets others see how far a run is.
struct Watch<'a> {
    inner: &'a Inner,
    integration: IntegrationId,
}

impl Observer for Watch<'_> {
    fn progress(&mut self, kind: Kind, told: u64, total: Option<u64>) {
        if let Some(activity) = self.inner.state().active.get_mut(&self.integration) {
            *activity = Activity { kind: Some(kind), told, total, ..*activity };
        }
    }
}

fn cancelled() -> Error {
    CallError::Refused(Refusal::Cancelled).into()
}

fn chance() -> u32 {
    u32::from_ne_bytes(random::bytes())
}
