//! Limits on attempts to guess a password.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::network::household;

/// Number of failed attempts before a client has to wait.
const FREE: u32 = 5;

/// First wait. Each further one is twice as long.
const FIRST: Duration = Duration::from_secs(30);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Time without an attempt after which failed ones are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// Number of addresses that are remembered. Beyond it, the one with the oldest attempt is
/// forgotten.
const CAPACITY: usize = 10_000;

/// Attempts to log in, by address.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Tried>>);

#[derive(Debug, Clone, Copy)]
struct Tried {
    /// Failed attempts in a row.
    count: u32,
    last: Instant,
}

impl Tried {
    fn wait(self) -> Duration {
        match self.count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(more) => FIRST.saturating_mul(2_u32.saturating_pow(more)).min(LONGEST),
        }
    }

    fn ago(self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last)
    }
}

impl Attempts {
    /// Begins an attempt, which counts as failed unless [`Self::succeeded`] follows, so that many
    /// attempts at the same time do not evade the limit.
    ///
    /// # Errors
    /// How long the address has to wait. Asking earlier does not make it longer.
    pub fn begin(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut tried = self.tried();
        let from = household(from);
        let before = tried.get(&from).copied().filter(|it| it.ago(now) < FORGOTTEN);
        let left = before.map_or(Duration::ZERO, |it| it.wait().saturating_sub(it.ago(now)));
        if !left.is_zero() {
            return Err(left);
        }
        if before.is_none()
            && tried.len() >= CAPACITY
            && let Some(oldest) = tried.iter().min_by_key(|(_, it)| it.last).map(|(it, _)| *it)
        {
            tried.remove(&oldest);
        }
        let count = before.map_or(0, |it| it.count).saturating_add(1);
        tried.insert(from, Tried { count, last: now });
        Ok(())
    }

    /// Forgets the failed attempts, since the client knows the password.
    pub fn succeeded(&self, from: IpAddr) {
        self.tried().remove(&household(from));
    }

    fn tried(&self) -> MutexGuard<'_, HashMap<IpAddr, Tried>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
