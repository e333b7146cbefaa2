//! Sign-ins under way: from the moment a browser is sent to the vendor until it is back.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::tokens::{Token, Tokens};
use crate::{
    model::{Flow, Purpose},
    store::IntegrationId,
};

/// So long a person may take at the vendor's.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// So many at once, since a stranger can begin them; then the oldest goes.
const CAPACITY: usize = 10_000;

/// A browser that was sent to the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Through which.
    pub integration: IntegrationId,
    /// What the plugin needs to know again.
    pub flow: Flow,
    /// Where the vendor sends the browser back to.
    pub redirect_uri: String,
    /// What for.
    pub purpose: Purpose,
}

/// Sign-ins under way, each bound to a browser by a token.
pub struct Flows(Tokens<Pending>);

impl Flows {
    /// None under way.
    pub fn new() -> Self {
        Self(Tokens::new(LIFETIME, LIFETIME, CAPACITY))
    }

    /// Notes that a browser, which is given the token, is sent to the vendor.
    pub fn begin(&self, pending: Pending, now: Instant) -> Token {
        self.0.create(pending, now)
    }

    /// What that browser was sent for: once, and for 10 minutes.
    pub fn take(&self, token: &str, now: Instant) -> Option<Pending> {
        self.0.take(token, now)
    }
}

impl Default for Flows {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flows").finish_non_exhaustive()
    }
}
