//! Limits the restarts after links that Microsoft Graph returned and no longer knows.

use std::time::Duration;

/// First pause, before jitter. Each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// Maximum sum of pauses for one subject in one run.
const WAITING: Duration = Duration::from_secs(120);

/// Counts the restarts of one subject in one run.
#[derive(Default)]
pub(super) struct Restarts {
    number: u32,
    waited: Duration,
    fruitless: u32,
}

impl Restarts {
    /// Returns the pause before the next restart; `None` where the limit is reached.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(self.number));
        if self.waited + pause > WAITING {
            return None;
        }
        self.number += 1;
        self.waited += pause;
        Some(pause)
    }

    /// Counts a restart for another reason than an expired link. Returns whether it can help: the
    /// first one can, a second one never did.
    pub(super) fn may_help(&mut self) -> bool {
        self.fruitless += 1;
        self.fruitless == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_two_minutes_are_waited() {
        let mut restarts = Restarts::default();
        let pauses = std::iter::from_fn(|| restarts.pause()).map(|pause| pause.as_secs());
        assert_eq!(pauses.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32]);
    }
}
