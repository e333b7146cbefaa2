//! Where vendors can reach this server.

use crate::{plugin::names_loopback, settings::Settings};

/// Path of the address for notifications, before the last part, which cannot be guessed.
pub const PATH: &str = "/notifications/";

/// Where vendors can reach this server.
#[derive(Debug, Clone, Default)]
pub struct Reachable {
    /// Public origin of the server, where it is https.
    pub public: Option<String>,
    /// Origin of the server on this machine, for a vendor on this machine.
    pub loopback: Option<String>,
}

impl Reachable {
    /// Returns the origin of the server for the vendor of these settings, or `None` where the
    /// vendor cannot reach it.
    pub fn origin(&self, settings: &Settings) -> Option<&str> {
        let loopback = || self.loopback.as_deref().filter(|_| names_loopback(settings));
        self.public.as_deref().or_else(loopback)
    }
}
