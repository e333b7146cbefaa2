//! How long to go on with links that Microsoft Graph gives and then no longer knows.

use std::time::Duration;

/// The first pause; each further one is twice as long. Before jitter.
const FIRST: Duration = Duration::from_secs(1);

/// The longest that one subject waits in one run.
const WAITING: Duration = Duration::from_secs(120);

/// Keeps count of the restarts of one subject in one run.
#[derive(Default)]
pub(super) struct Restarts {
    number: u32,
    waited: Duration,
    fruitless: u32,
}

impl Restarts {
    /// Returns how long to wait before the next restart; nothing where patience has ended.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(self.number));
        if self.waited + pause > WAITING {
            return None;
        }
        self.number += 1;
        self.waited += pause;
        Some(pause)
    }

    /// Notes a restart that Microsoft Graph did not cause by forgetting a link. Returns whether
    /// it may help: the first one may, a second one never did.
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
        let pauses = std::iter::from_fn(|| restarts.pause()).map(|it| it.as_secs());
        assert_eq!(pauses.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32]);
    }
}
