//! Credentials, which no log, error or debug output shows.

use std::fmt;

/// A credential. Its `Debug` output is redacted; only [`Secret::reveal`] returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns `text` with the credential replaced, plain and form-encoded: a server may have
    /// repeated it.
    pub fn hidden_in(&self, text: &str) -> String {
        let mut hidden = text.replace(&self.0, "[redacted]");
        let encoded: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        if encoded != self.0 {
            hidden = hidden.replace(&encoded, "[redacted]");
        }
        hidden
    }

    /// Returns the credential, for the code that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
