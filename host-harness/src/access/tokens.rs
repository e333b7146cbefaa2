//! Tokens that identify browsers.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use crate::random;

/// 256 random bits, as text. It is stored in a cookie; the server stores its hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn new() -> Self {
        Self(random::text())
    }

    /// Returns the token itself: letters, digits, `-` and `_`. It is secret.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Values by token, for a limited time.
pub(super) struct Tokens<T> {
    entries: Mutex<HashMap<Key, Entry<T>>>,
    /// Time since the first use.
    lifetime: Duration,
    /// Time since the last use.
    idle: Duration,
    capacity: usize,
}

/// Hash of a token, so that the time of a look-up reveals nothing about it.
type Key = [u8; 32];

struct Entry<T> {
    value: T,
    created: Instant,
    used: Instant,
}

impl<T> Tokens<T> {
    pub(super) fn new(lifetime: Duration, idle: Duration, capacity: usize) -> Self {
        Self { entries: Mutex::default(), lifetime, idle, capacity }
    }

    /// Beyond the capacity, the entry with the oldest use is removed.
    pub(super) fn create(&self, value: T, now: Instant) -> Token {
        let mut entries = self.entries();
        if entries.len() >= self.capacity {
            entries.retain(|_, it| self.is_alive(it, now));
        }
        while entries.len() >= self.capacity
            && let Some(oldest) = entries.iter().min_by_key(|(_, it)| it.used).map(|(key, _)| *key)
        {
            entries.remove(&oldest);
        }
        let token = Token::new();
        entries.insert(key(token.secret()), Entry { value, created: now, used: now });
        token
    }

    pub(super) fn get(&self, token: &str, now: Instant) -> Option<T>
    where
        T: Clone,
    {
        let mut entries = self.entries();
        let entry = entries.get_mut(&key(token)).filter(|it| self.is_alive(it, now))?;
        entry.used = now;
        Some(entry.value.clone())
    }

    pub(super) fn remove(&self, token: &str) {
        self.entries().remove(&key(token));
    }

    fn is_alive(&self, entry: &Entry<T>, now: Instant) -> bool {
        now.saturating_duration_since(entry.created) < self.lifetime
            && now.saturating_duration_since(entry.used) < self.idle
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Entry<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(token: &str) -> Key {
    Sha256::digest(token).into()
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}
