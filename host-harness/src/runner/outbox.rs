//! Reservations in the background: each wish is sent soon after it was stored, and repeated when it
//! is due. Calls of different rooms run side by side, and wait for no sync.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::sleep,
};
use tracing::{info, warn};

use super::{Inner, NotDone, NotStarted, Runner};
use crate::{
    error::Error,
    problem::Problem,
    reservations::{Job, Outbox, Selection},
    store::{IntegrationId, Store, StoreError},
    sync::Source,
};

/// Number of integrations that can have a first call under way. It needs no place among the further
/// ones, so that vendors that hang block their own integrations only.
const FIRST: usize = 64;

/// Number of further calls that one integration can have under way.
const MORE_EACH: usize = 2;

/// Number of these further calls, of all integrations. Each call can use the memory limit of a
/// plugin.
const MORE: usize = 8;

/// Shortest and longest time between two looks at what is due.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// Time from a change of a calendar until it is read. What changes meanwhile is read with it.
const READ_AFTER: Duration = Duration::from_secs(1);

/// What the log says where the store fails. What waits is still there, and looked at again.
const UNSENT: &str = "reservations cannot be sent";

/// What is sent.
pub(super) struct Sending {
    outboxes: Mutex<HashMap<IntegrationId, Own>>,
    first: Arc<Semaphore>,
    more: Arc<Semaphore>,
    nudged: Notify,
    /// Ids of the rooms whose calendars changed, and are read soon.
    changed: Mutex<HashMap<IntegrationId, BTreeSet<String>>>,
}

/// The outbox of an integration, and its places for calls.
#[derive(Clone)]
struct Own {
    outbox: Outbox,
    first: Arc<Semaphore>,
    more: Arc<Semaphore>,
}

/// A place for a call. Dropping it gives it back.
struct Place {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            outboxes: Mutex::default(),
            first: Arc::new(Semaphore::new(FIRST)),
            more: Arc::new(Semaphore::new(MORE)),
            nudged: Notify::new(),
            changed: Mutex::default(),
        }
    }
}

impl Sending {
    fn own(&self, integration: IntegrationId) -> Own {
        let new = || Own {
            outbox: Outbox::new(integration),
            first: Arc::new(Semaphore::new(1)),
            more: Arc::new(Semaphore::new(MORE_EACH)),
        };
        lock(&self.outboxes).entry(integration).or_insert_with(new).clone()
    }

    /// Returns a place for a call of an integration; `None` where none is free.
    fn place(&self, own: &Own) -> Option<Place> {
        let of = |own: &Arc<Semaphore>, shared: &Arc<Semaphore>| {
            let own = own.clone().try_acquire_owned().ok()?;
            Some(Place { _own: own, _shared: shared.clone().try_acquire_owned().ok()? })
        };
        of(&own.first, &self.first).or_else(|| of(&own.more, &self.more))
    }
}

/// A call that is under way. [`Runner::stop`] waits until it is dropped.
struct UnderWay(Arc<Inner>);

impl UnderWay {
    /// `None` where the runner was stopped.
    fn begin(inner: &Arc<Inner>) -> Option<Self> {
        let mut state = inner.state();
        if inner.stop.is_cancelled() {
            return None;
        }
        state.sending += 1;
        Some(Self(inner.clone()))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().sending -= 1;
        self.0.idle.notify_waiters();
    }
}

impl Runner {
    /// Sends what is due of the reservations of an integration, and returns at once. Called after a
    /// wish was stored. Must be called within a Tokio runtime.
    pub fn send_reservations(&self, integration: IntegrationId) {
        let runner = self.clone();
        spawn_blocking(move || {
            if let Err(error) = runner.send_due(integration) {
                report(integration, &Problem::from(&error), UNSENT);
            }
        });
    }

    /// Sends reservations when they are due, until [`Self::stop`].
    pub(super) async fn follow_reservations(&self) {
        while !self.0.stop.is_cancelled() {
            let runner = self.clone();
            let next = spawn_blocking(move || runner.send_all_due()).await;
            let pause = next.ok().and_then(Result::ok).unwrap_or(LONGEST);
            tokio::select! {
                () = self.0.stop.cancelled() => {}
                () = self.0.sending.nudged.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Sends what is due of all integrations. Returns the time until more is due.
    fn send_all_due(&self) -> Result<Duration, StoreError> {
        let store = self.0.store().another()?;
        let mut next = None;
        for row in store.integrations_overview()?.into_iter().filter(|row| row.configured) {
            let due = self.send_due(row.id).and_then(|()| store.next_reservation_due(row.id));
            match due {
                Ok(due) => next = [next, due].into_iter().flatten().min(),
                // The others are sent. It is looked at again with the next of them.
                Err(error) => report(row.id, &Problem::from(&error), UNSENT),
            }
        }
        let until = next.map(|next| next.duration_since(Timestamp::now()));
        let until = until.and_then(|until| Duration::try_from(until).ok());
        Ok(match (next, until) {
            (None, _) => LONGEST,
            // It is due, and another call is under way for its room.
            (Some(_), None) => SHORTEST,
            (Some(_), Some(until)) => until.clamp(SHORTEST, LONGEST),
        })
    }

    fn send_due(&self, integration: IntegrationId) -> Result<(), StoreError> {
        let own = self.0.sending.own(integration);
        let mut store = self.0.store().another()?;
        while let Some(place) = self.0.sending.place(&own) {
            let Some(under_way) = UnderWay::begin(&self.0) else { break };
            let jobs = own.outbox.take(&mut store, Selection::All, 1, Timestamp::now())?;
            let Some(job) = jobs.into_iter().next() else { break };
            let runner = self.clone();
            spawn_blocking(move || {
                runner.send(integration, job);
                drop(place);
                drop(under_way);
                // The room is free for its next wish, and there is a place for another call.
                runner.0.sending.nudged.notify_one();
            });
        }
        Ok(())
    }

    fn send(&self, integration: IntegrationId, job: Job) {
        // Not within the next statement, in which the store would be locked.
        let store = self.0.store().another();
        let sent = store.and_then(|mut store| {
            let answer = match self.0.connected(&store, integration) {
                Ok(mut source) => job.ask(&mut *source),
                Err(error) => job.not_asked(&error),
            };
            if let Some(problem) = answer.problem() {
                report(integration, problem, "a reservation was not answered");
            }
            job.settle(&mut store, answer, Timestamp::now())
        });
        match sent {
            Ok(rooms) => self.read_soon(integration, rooms),
            Err(error) => report(integration, &Problem::from(&error), "an answer is not stored"),
        }
    }

    /// Reads the bookings of these rooms soon.
    fn read_soon(&self, integration: IntegrationId, rooms: Vec<String>) {
        if rooms.is_empty() {
            return;
        }
        info!(integration = integration.get(), rooms = rooms.len(), "reservations were answered");
        let is_first = {
            let mut changed = lock(&self.0.sending.changed);
            let waiting = changed.entry(integration).or_default();
            let is_first = waiting.is_empty();
            waiting.extend(rooms);
            is_first
        };
        if is_first {
            let runner = self.clone();
            tokio::spawn(async move { runner.read_changed(integration).await });
        }
    }

    async fn read_changed(&self, integration: IntegrationId) {
        let stop = self.0.stop.clone();
        while stop.run_until_cancelled(sleep(READ_AFTER)).await.is_some() {
            let rooms = lock(&self.0.sending.changed).remove(&integration).unwrap_or_default();
            let read = self.read_rooms(integration, rooms.iter().cloned().collect()).await;
            let Err(NotDone::NotStarted(NotStarted::Busy)) = read else { break };
            // A run is under way: the rooms are read after it.
            lock(&self.0.sending.changed).entry(integration).or_default().extend(rooms);
        }
    }
}

impl Inner {
    fn connected(
        &self,
        store: &Store,
        integration: IntegrationId,
    ) -> Result<Box<dyn Source>, Error> {
        let Some(settings) = store.settings(integration, &self.key)? else {
            let name = store.name(integration)?.unwrap_or_default();
            return Err(StoreError::NoSettings { name }.into());
        };
        self.vendor.connect(settings, &self.stop)
    }
}

fn report(integration: IntegrationId, problem: &Problem, what: &str) {
    let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
    warn!(integration = integration.get(), code, cause, "{what}");
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
