//! From hints to runs: a burst of hints leads to one run of what they name.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use super::Notifications;
use crate::{
    error::Error,
    model::WatchSubject,
    runner::{NotDone, NotStarted},
    store::{IntegrationId, StoreError, WaitingHint},
};

/// Time without another hint after which a burst is over.
const QUIET: SignedDuration = SignedDuration::from_secs(1);

/// Time after the first hint of a burst at which it is followed, even if it goes on.
const LONGEST_BURST: SignedDuration = SignedDuration::from_secs(3);

/// Largest number of rooms that are read in one run. What a run read counts as read only when it
/// has ended, and changes that come meanwhile wait for its end.
const ROOMS: usize = 100;

/// Time until a run is tried again that another one of the integration kept from starting.
const BUSY: Duration = Duration::from_millis(200);

/// Time from a run of users to the next. Such a run reads all that changed of users and groups, so
/// that one a minute suffices.
const DIRECTORY_PAUSE: Duration = Duration::from_secs(60);

/// Time until a run that failed is tried again, before it is doubled after each failure.
const RETRY: Duration = Duration::from_secs(5);

/// Longest time until a run that failed is tried again.
const LONGEST_RETRY: Duration = Duration::from_secs(5 * 60);

/// Returns the hints whose burst is over, and the time until the next of the others is.
pub fn ripe(hints: Vec<WaitingHint>, now: Timestamp) -> (Vec<WaitingHint>, Option<Duration>) {
    let wait = |hint: &WaitingHint| {
        let quiet = hint.last.duration_since(now).saturating_add(QUIET);
        let longest = hint.first.duration_since(now).saturating_add(LONGEST_BURST);
        // No longer than after a hint of this moment: the clock may have been set back.
        Duration::try_from(quiet.min(longest).min(QUIET)).unwrap_or_default()
    };
    let (ripe, others): (Vec<_>, Vec<_>) = hints.into_iter().partition(|hint| wait(hint).is_zero());
    let next = others.iter().map(wait).min();
    (ripe, next)
}

/// What follows a look at the hints.
enum Next {
    /// No hints wait.
    Nothing,
    /// Look again after this time.
    After(Duration),
    Stop,
}

impl Notifications {
    /// Follows the hints of the rooms of an integration, or of its users and groups. Does nothing
    /// where they are followed already, except that they are looked at once more.
    pub(super) fn follow(&self, integration: IntegrationId, rooms: bool) {
        let mut state = self.0.state();
        if let Some(came) = state.followed.get_mut(&(integration, rooms)) {
            *came = true;
            return;
        }
        state.followed.insert((integration, rooms), false);
        drop(state);
        let own = self.clone();
        tokio::spawn(async move { own.follow_to_end(integration, rooms).await });
    }

    async fn follow_to_end(&self, integration: IntegrationId, rooms: bool) {
        let mut failures = 0;
        loop {
            let next = match self.step(integration, rooms, &mut failures).await {
                Ok(next) => next,
                Err(error) => {
                    self.0.log(integration, &error);
                    Next::After(RETRY)
                }
            };
            let followed = (integration, rooms);
            match next {
                Next::After(pause) => {
                    let slept = self.0.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                    if slept.is_some() {
                        continue;
                    }
                }
                Next::Nothing => {
                    let mut state = self.0.state();
                    let has_come = state.followed.remove(&followed) == Some(true);
                    if !has_come {
                        return;
                    }
                    state.followed.insert(followed, false);
                    continue;
                }
                Next::Stop => {}
            }
            self.0.state().followed.remove(&followed);
            return;
        }
    }

    /// Looks at the hints, and syncs what those name whose burst is over.
    async fn step(
        &self,
        integration: IntegrationId,
        rooms: bool,
        failures: &mut u32,
    ) -> Result<Next, Error> {
        let inner = self.0.clone();
        let read = spawn_blocking(move || inner.store().waiting_hints(integration, rooms));
        let hints = read.await.map_err(|error| StoreError::broken(&error))??;
        let (mut ripe, next) = ripe(hints, Timestamp::now());
        if ripe.is_empty() {
            return Ok(next.map_or(Next::Nothing, Next::After));
        }
        if rooms {
            // The first ones are those that wait longest.
            ripe.truncate(ROOMS);
        }
        let done = match rooms {
            true => {
                let ids = ripe.iter().filter_map(|hint| match &hint.subject {
                    WatchSubject::Room(room) => Some(room.clone()),
                    WatchSubject::Users | WatchSubject::Groups => None,
                });
                self.0.runner.read_rooms(integration, ids.collect()).await
            }
            false => self.0.runner.read_users(integration).await,
        };
        match done {
            Ok(()) => {
                *failures = 0;
                let inner = self.0.clone();
                // Those that came during the run wait for the next one.
                let settled = spawn_blocking(move || inner.store().settle_hints(&ripe));
                settled.await.map_err(|error| StoreError::broken(&error))??;
                Ok(Next::After(if rooms { Duration::ZERO } else { DIRECTORY_PAUSE }))
            }
            Err(NotDone::NotStarted(NotStarted::Busy)) => Ok(Next::After(BUSY)),
            Err(NotDone::NotStarted(NotStarted::Stopping)) => Ok(Next::Stop),
            // The run is stored with its cause.
            Err(NotDone::Failed { retry_after }) => {
                let pause = RETRY.saturating_mul(2_u32.saturating_pow(*failures));
                *failures = failures.saturating_add(1);
                Ok(Next::After(pause.min(LONGEST_RETRY).max(retry_after.unwrap_or_default())))
            }
        }
    }
}
