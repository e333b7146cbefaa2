//! Notifications of changes, so that ONES has a change within seconds.
//!
//! - [`Upkeep`]: makes, renews and ends the subscriptions of an integration.
//! - `intake`: stores what notifications say, many of them in one transaction.
//! - `follow`: waits until a burst of hints is over, and then syncs what they name.
//! - [`Reachable`]: where vendors can reach this server.
//!
//! Notifications only make changes arrive earlier: scheduled runs lead to the same state.

mod follow;
mod intake;
mod reachable;
mod upkeep;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, Semaphore},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    error::Error,
    model::NotificationHint,
    pace::Pace,
    problem::Problem,
    runner::{Connect, Runner},
    settings::Settings,
    store::{IntegrationId, Noted, NotificationAddress, SealingKey, Store, StoreError},
};
pub use follow::ripe;
use intake::Intake;
pub use reachable::{PATH, Reachable};
pub use upkeep::{Planned, Upkeep};

/// Time between two looks at what is to be watched.
const TICK: Duration = Duration::from_secs(10);

/// Time from one sweep of subscriptions to the next.
const SWEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Time until a sweep that failed is repeated.
const SWEEP_AGAIN: Duration = Duration::from_secs(10 * 60);

/// Longest time for which a call under way, and then the end of the subscriptions of a deleted
/// integration, are waited for.
const END: Duration = Duration::from_secs(20);

/// Time between two looks at whether upkeep that is under way has ended.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// Number of integrations whose subscriptions are kept up at the same time.
const AT_ONCE: usize = 4;

/// Time after which the upkeep of an integration continues beside that of others, so that vendors
/// that hang block their own integrations only.
const TURN: Duration = Duration::from_secs(30);

/// Notifications of all integrations. Clones share their state.
#[derive(Clone)]
pub struct Notifications(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    /// A connection that only reads, so that a request waits for no writer.
    reader: Mutex<Store>,
    vendor: Box<dyn Connect>,
    key: SealingKey,
    runner: Runner,
    reachable: Reachable,
    intake: Intake,
    /// Integrations by the last part of their addresses, which cannot be guessed.
    addresses: RwLock<HashMap<String, (IntegrationId, NotificationAddress)>>,
    state: Mutex<State>,
    /// Wakes the upkeep before its next tick.
    wake: Notify,
    turns: Arc<Semaphore>,
    stop: CancellationToken,
    failures: Pace,
}

#[derive(Default)]
struct State {
    /// Integrations whose subscriptions are kept up now.
    kept_up: HashSet<IntegrationId>,
    /// When subscriptions that ONES does not have are looked for next.
    next_sweep: HashMap<IntegrationId, Timestamp>,
    /// Integrations whose hints of rooms, or of users and groups, are followed, and whether more
    /// hints came meanwhile.
    followed: HashMap<(IntegrationId, bool), bool>,
}

impl Notifications {
    /// Returns the notifications of all integrations of a store.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn new(
        store: Store,
        vendor: impl Connect,
        key: SealingKey,
        runner: Runner,
        reachable: Reachable,
    ) -> Result<Self, StoreError> {
        let (intake, reader) = (Intake::start(store.another()?), store.another()?);
        let addresses = store.notification_addresses(&key)?;
        let by_key = |(id, address): (_, NotificationAddress)| (address.key.clone(), (id, address));
        Ok(Self(Arc::new(Inner {
            addresses: RwLock::new(addresses.into_iter().map(by_key).collect()),
            store: Mutex::new(store),
            reader: Mutex::new(reader),
            vendor: Box::new(vendor),
            key,
            runner,
            reachable,
            intake,
            state: Mutex::default(),
            wake: Notify::new(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            stop: CancellationToken::new(),
            failures: Pace::per_minute(10),
        })))
    }

    /// Keeps up the subscriptions of all integrations, and follows stored hints, until
    /// [`Self::stop`].
    pub async fn keep_up(&self) {
        self.resume();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                _ = ticks.tick() => {}
                () = self.0.wake.notified() => {}
            }
            self.keep_up_all();
        }
    }

    /// Looks soon at what is to be watched, for example after settings were changed.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Ends the calls under way, and starts no more. Stored hints stay.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Returns whether the vendor of these settings can reach this server.
    pub fn is_reachable(&self, settings: &Settings) -> bool {
        self.0.reachable.origin(settings).is_some()
    }

    /// Returns the integration whose notifications are sent to an address that ends with `key`.
    pub(crate) fn find(&self, key: &str) -> Option<(IntegrationId, NotificationAddress)> {
        let addresses = self.0.addresses.read().unwrap_or_else(PoisonError::into_inner);
        addresses.get(key).cloned()
    }

    /// Returns the settings of an integration; `None` where it has none any more.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) async fn settings(
        &self,
        integration: IntegrationId,
    ) -> Result<Option<Settings>, Error> {
        let inner = self.0.clone();
        let read = spawn_blocking(move || {
            let reader = inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.settings(integration, &inner.key)
        });
        Ok(read.await.map_err(|it| StoreError::broken(&it))??)
    }

    /// Stores hints, and follows them soon. Returns after they are stored.
    ///
    /// # Errors
    /// Any [`StoreError`]. The hints are not stored then.
    pub(crate) async fn note(
        &self,
        integration: IntegrationId,
        hints: Vec<NotificationHint>,
    ) -> Result<Noted, StoreError> {
        let noted = self.0.intake.store(integration, hints).await?;
        if noted.rooms {
            self.follow(integration, true);
        }
        if noted.directory {
            self.follow(integration, false);
        }
        if noted.upkeep {
            self.wake();
        }
        Ok(noted)
    }

    /// Ends all subscriptions of an integration that is about to be deleted. It has no new ones
    /// until the result is dropped. A failure is no error: the subscriptions then end by
    /// themselves. Returns `None` where a call for its subscriptions is under way for too long.
    pub async fn end(&self, integration: IntegrationId) -> Option<Ended> {
        let begin = async {
            while !self.0.state().kept_up.insert(integration) {
                tokio::time::sleep(UNDER_WAY).await;
            }
        };
        tokio::time::timeout(END, begin).await.ok()?;
        let ended = Ended { notifications: self.clone(), integration };
        let (inner, stop) = (self.0.clone(), self.0.stop.child_token());
        let own = stop.clone();
        let mut work = spawn_blocking(move || inner.end(integration, &own));
        let done = match tokio::time::timeout(END, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                stop.cancel();
                work.await
            }
        };
        if let Ok(Err(error)) = done {
            self.0.log(integration, &error);
        }
        Some(ended)
    }

    /// Follows the hints that were stored before the start of the program.
    fn resume(&self) {
        let integrations = self.0.store().integrations_overview();
        for row in integrations.into_iter().flatten() {
            self.follow(row.id, true);
            self.follow(row.id, false);
        }
    }

    fn keep_up_all(&self) {
        let integrations = match self.0.store().integrations_overview() {
            Ok(integrations) => integrations,
            // They are read again after [`TICK`].
            Err(error) => return self.0.log_store(&error),
        };
        for row in integrations.into_iter().filter(|row| row.configured) {
            if self.0.state().kept_up.insert(row.id) {
                let own = self.clone();
                tokio::spawn(async move { own.keep_up_one(row.id).await });
            }
        }
    }

    async fn keep_up_one(&self, integration: IntegrationId) {
        if let Ok(turn) = self.0.turns.clone().acquire_owned().await {
            let inner = self.0.clone();
            let mut keeping = spawn_blocking(move || inner.keep_up(integration));
            let kept = tokio::time::timeout(TURN, &mut keeping).await;
            drop(turn);
            let kept = match kept {
                Ok(kept) => kept,
                Err(_) => keeping.await,
            };
            match kept {
                // New subscriptions have hints.
                Ok(Ok(true)) => {
                    self.follow(integration, true);
                    self.follow(integration, false);
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => self.0.log(integration, &error),
                Err(error) => self.0.log(integration, &StoreError::broken(&error).into()),
            }
        }
        self.0.state().kept_up.remove(&integration);
    }
}

/// An integration whose subscriptions have ended. It gets no new ones until this is dropped.
pub struct Ended {
    notifications: Notifications,
    integration: IntegrationId,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.notifications.0.state().kept_up.remove(&self.integration);
    }
}

impl Inner {
    /// Makes, renews and ends the subscriptions of an integration. Returns whether there were any
    /// calls.
    fn keep_up(&self, integration: IntegrationId) -> Result<bool, Error> {
        let mut store = self.store().another()?;
        // Where they cannot be decrypted, the pages report it.
        let Ok(Some(settings)) = store.settings(integration, &self.key) else { return Ok(false) };
        let now = Timestamp::now();
        let sweep = self.state().next_sweep.get(&integration).is_none_or(|next| *next <= now);
        let origin = self.reachable.origin(&settings);
        let mut upkeep = Upkeep { store: &mut store, integration, key: &self.key, origin, now };
        let Some(planned) = upkeep.plan(&settings, sweep)? else {
            self.runner.is_notified_at(integration, None);
            return Ok(false);
        };
        // Before the calls, since the vendor then tests the address.
        if let Some((address, url)) = planned.address() {
            let mut addresses = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
            addresses.insert(address.key.clone(), (integration, address.clone()));
            drop(addresses);
            self.runner.is_notified_at(integration, Some(url.to_owned()));
        }
        if planned.is_empty() {
            return Ok(false);
        }
        let mut source = self.vendor.connect(settings, &self.stop)?;
        let swept = upkeep.carry_out(planned, &mut *source)?;
        if let Some(swept) = swept {
            let pause = if swept { SWEEP } else { SWEEP_AGAIN };
            let next = now.checked_add(pause).unwrap_or(Timestamp::MAX);
            self.state().next_sweep.insert(integration, next);
        }
        Ok(true)
    }

    fn end(&self, integration: IntegrationId, stop: &CancellationToken) -> Result<(), Error> {
        let mut store = self.store().another()?;
        self.runner.is_notified_at(integration, None);
        let settings = store.settings(integration, &self.key)?;
        let rows = store.watched(integration)?;
        let subjects: Vec<_> = rows.iter().map(|row| row.subject.clone()).collect();
        let held: Vec<_> = rows.into_iter().filter_map(|row| row.held).collect();
        let mut addresses = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
        addresses.retain(|_, (id, _)| *id != integration);
        drop(addresses);
        store.want_subjects(integration, &[])?;
        // Before the call: if the program ends before the integration is deleted, its next start
        // makes new subscriptions, and ends those of this one that still exist.
        store.note_unwatched(integration, &subjects)?;
        match settings {
            Some(settings) if !held.is_empty() => {
                self.vendor.connect(settings, stop)?.unwatch(held)
            }
            _ => Ok(()),
        }
    }

    fn log_store(&self, error: &StoreError) {
        if self.failures.allows(Instant::now()) {
            let Problem { code, summary, .. } = Problem::from(error);
            let (code, cause) = (code.as_str(), summary.as_str());
            warn!(code, cause, "notifications are not kept up");
        }
    }

    fn log(&self, integration: IntegrationId, error: &Error) {
        if !error.is_cancelled() && self.failures.allows(Instant::now()) {
            let Problem { code, summary, .. } = error.problem();
            let (code, cause) = (code.as_str(), summary.as_str());
            let integration = integration.get();
            warn!(integration, code, cause, "notifications are not kept up");
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
