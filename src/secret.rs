//! Values that no log, error or debug output may show.

use std::fmt;

/// A credential. Its `Debug` is redacted; only [`Secret::reveal`] gives it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The same text without the credential, should somebody have repeated it, as it is or as
    /// a form has it.
    pub fn hidden_in(&self, text: &str) -> String {
        let mut hidden = text.replace(&self.0, "[redacted]");
        let encoded: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        if encoded != self.0 {
            hidden = hidden.replace(&encoded, "[redacted]");
        }
        hidden
    }

    /// The credential, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
