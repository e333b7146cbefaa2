//! Which of the signing keys an emulator uses, and which of them it publishes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::key::{self, BadToken, SigningKey};

/// Number of the key that belongs to the application alone.
const OWN: usize = 100;

/// The keys of one emulator, from the first to the newest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyRing {
    newest: usize,
    oldest_published: usize,
}

impl KeyRing {
    /// Returns the key that signs now.
    pub(crate) fn signing(self) -> Option<Arc<SigningKey>> {
        SigningKey::number(self.newest)
    }

    /// Returns the application's own key. No rotation leads to it.
    pub(crate) fn own() -> Option<Arc<SigningKey>> {
        SigningKey::number(OWN)
    }

    /// Returns a key that was never published: the one that the next rotation leads to.
    pub(crate) fn unpublished(self) -> Option<Arc<SigningKey>> {
        SigningKey::number(self.newest + 1)
    }

    /// Signs with a new key from now on. The earlier keys stay published, unless `drop` is set.
    pub(crate) fn rotate(&mut self, drop: bool) {
        self.newest += 1;
        if drop {
            self.oldest_published = self.newest;
        }
    }

    /// Returns the key set that is published (RFC 7517).
    pub(crate) fn published(self, issuer: &str) -> Option<Value> {
        let keys: Option<Vec<Value>> = (self.oldest_published..=self.newest)
            .map(|number| Some(SigningKey::number(number)?.published(issuer)))
            .collect();
        Some(json!({"keys": keys?}))
    }

    /// Returns the claims of a token that any of the keys signed, published or not.
    pub(crate) fn verify(self, token: &str) -> Result<Value, BadToken> {
        let claims = key::part(token, 1)?;
        let id = key::part(token, 0)?["kid"].clone();
        (0..=self.newest)
            .filter_map(SigningKey::number)
            .find(|key| id == key.id() && key.signed(token))
            .map(|_| claims)
            .ok_or(BadToken::Signature)
    }
}
