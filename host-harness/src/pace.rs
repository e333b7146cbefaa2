//! Limits on how often the log repeats itself.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Time after which [`Pace`] restarts its count.
const WINDOW: Duration = Duration::from_secs(60);

/// Allows a number of events per minute, so that no client and no failure fills the log.
#[derive(Debug)]
pub(crate) struct Pace {
    most: u32,
    /// When the current minute began, and the number of events in it.
    current: Mutex<Option<(Instant, u32)>>,
}

impl Pace {
    /// Allows `most` events per minute.
    pub(crate) fn per_minute(most: u32) -> Self {
        Self { most, current: Mutex::default() }
    }

    /// Counts an event. Returns whether it is to be logged.
    pub(crate) fn allows(&self, now: Instant) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = match *current {
            Some((began, count)) if now.saturating_duration_since(began) < WINDOW => (began, count),
            _ => (now, 0),
        };
        *current = Some((began, count.saturating_add(1)));
        count < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_logged_again_after_a_minute() {
        let (pace, start) = (Pace::per_minute(1), Instant::now());
        let allowed = [0, 5, 59, 60, 65, 120, 300]
            .map(|seconds| pace.allows(start + Duration::from_secs(seconds)));
        assert_eq!(allowed, [true, false, false, true, false, true, true]);
    }
}
