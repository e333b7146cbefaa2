//! Sessions of those who are signed in.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::tokens::{Token, Tokens};

/// Sessions, each with what it belongs to.
pub struct Sessions<T>(Tokens<T>);

impl<T: Clone> Sessions<T> {
    /// Returns sessions that end `lifetime` after their start, and `idle` after their last use.
    /// Beyond `capacity`, the one with the oldest use ends.
    pub fn new(lifetime: Duration, idle: Duration, capacity: usize) -> Self {
        Self(Tokens::new(lifetime, idle, capacity))
    }

    /// Starts a session. A browser that has another one must lose it, so that no session from
    /// before the sign-in is used after it.
    pub fn open(&self, who: T, now: Instant) -> Token {
        self.0.create(who, now)
    }

    /// Returns what the session belongs to, while it lasts.
    pub fn get(&self, token: &str, now: Instant) -> Option<T> {
        self.0.get(token, now)
    }

    /// Ends the session.
    pub fn close(&self, token: &str) {
        self.0.remove(token);
    }
}

impl<T> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
