//! Turns of runs: one integration after the other, so that a run that hangs blocks only its own
//! place.
//!
//! A run has its turn for a while. Then it continues beside the others, and the next one starts,
//! the longest waiting first. The number of runs under way is limited: where all places are taken
//! and another run waits, the run that has had its place longest is ended, once it has had it long
//! enough. What it stored stays, and its next run continues from there.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Limits on runs that take long while others wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Number of runs that have their turn at the same time.
    pub at_once: usize,
    /// Length of a turn. After it, the next run starts beside one that has not ended.
    pub turn: Duration,
    /// Number of runs under way. Each can use the memory limit of a plugin.
    pub most: usize,
    /// Time after which a run is ended where another one waits for its place.
    pub longest: Duration,
}

impl Default for Patience {
    /// 2 at once, for a minute each; 16 under way, for 10 minutes where others wait.
    fn default() -> Self {
        let minutes = |it: u64| Duration::from_secs(it * 60);
        Self { at_once: 2, turn: minutes(1), most: 16, longest: minutes(10) }
    }
}

pub(super) struct Turns {
    patience: Patience,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    running: Arc<Mutex<Vec<Running>>>,
    numbers: AtomicU64,
}

struct Running {
    number: u64,
    since: Instant,
    stop: CancellationToken,
}

/// A place among the runs under way. Dropping it gives it back.
pub(super) struct Place {
    number: u64,
    all: CancellationToken,
    stop: CancellationToken,
    running: Arc<Mutex<Vec<Running>>>,
    _place: OwnedSemaphorePermit,
    _turn: DropGuard,
}

impl Turns {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            turns: Arc::new(Semaphore::new(patience.at_once)),
            places: Arc::new(Semaphore::new(patience.most)),
            running: Arc::default(),
            numbers: AtomicU64::default(),
        }
    }

    /// Waits for a turn and a place. `None` where `stop` comes first.
    pub(super) async fn take(&self, stop: &CancellationToken) -> Option<Place> {
        let turn = stop.run_until_cancelled(self.turns.clone().acquire_owned()).await?.ok()?;
        let place = stop.run_until_cancelled(self.place()).await??;
        let (number, own) = (self.numbers.fetch_add(1, Ordering::Relaxed), stop.child_token());
        let running = Running { number, since: Instant::now(), stop: own.clone() };
        lock(&self.running).push(running);
        let (done, length) = (CancellationToken::new(), self.patience.turn);
        let ended = done.clone();
        tokio::spawn(async move {
            ended.run_until_cancelled(sleep(length)).await;
            drop(turn);
        });
        Some(Place {
            number,
            all: stop.clone(),
            stop: own,
            running: self.running.clone(),
            _place: place,
            _turn: done.drop_guard(),
        })
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            place = self.places.clone().acquire_owned() => place.ok(),
            () = self.end_longest() => None,
        }
    }

    /// Ends a run that has had its place long enough, and then never returns.
    async fn end_longest(&self) {
        loop {
            let longest = {
                let running = lock(&self.running);
                let going_on = running.iter().filter(|it| !it.stop.is_cancelled());
                let longest = going_on.min_by_key(|it| it.since);
                longest.map(|it| (it.since, it.stop.clone()))
            };
            // Where all of them are ending, one will give its place back.
            let Some((since, stop)) = longest else { break };
            sleep_until(since + self.patience.longest).await;
            // Another waiting run can have ended it meanwhile.
            if !stop.is_cancelled() {
                stop.cancel();
                break;
            }
        }
        std::future::pending().await
    }
}

impl Place {
    /// Returns the token that ends the run: with all others, or since it has had its place long
    /// enough.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Returns whether the run has to end for others, while the program continues.
    pub(super) fn is_overdue(&self) -> bool {
        self.stop.is_cancelled() && !self.all.is_cancelled()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.running).retain(|it| it.number != self.number);
    }
}

fn lock(running: &Mutex<Vec<Running>>) -> MutexGuard<'_, Vec<Running>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
