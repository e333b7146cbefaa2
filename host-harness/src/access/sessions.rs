//! Who is signed in.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::tokens::{Token, Tokens};

/// Sessions, each of somebody.
pub struct Sessions<T>(Tokens<T>);

impl<T: Clone> Sessions<T> {
    /// Sessions that end `lifetime` after they were opened, and `idle` after they were used
    /// last; `capacity` at most, then the one that was used longest ago ends.
    pub fn new(lifetime: Duration, idle: Duration, capacity: usize) -> Self {
        Self(Tokens::new(lifetime, idle, capacity))
    }

    /// Opens one. A browser that had another is to lose that: a session is never taken over
    /// from before somebody signed in.
    pub fn open(&self, who: T, now: Instant) -> Token {
        self.0.create(who, now)
    }

    /// Whose session it is, while it lasts.
    pub fn get(&self, token: &str, now: Instant) -> Option<T> {
        self.0.get(token, now)
    }

    /// Ends it.
    pub fn close(&self, token: &str) {
        self.0.remove(token);
    }
}

impl<T> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
