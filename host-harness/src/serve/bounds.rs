//! Limits on the resources that clients without a session use.

use std::time::Duration;

/// Largest body of a request, in bytes.
pub(super) const LARGEST_BODY: usize = 256 << 10;

/// Largest body of a notification, in bytes. Source: `notification-request` in `wit/types.wit`.
pub(super) const LARGEST_NOTIFICATION: usize = 4 << 20;

/// Limits on connections, and on the requests of clients without a session.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Maximum number of open connections. Each uses a file descriptor, and a process is often
    /// limited to 1,024 of them.
    pub connections: usize,
    /// Maximum number of open connections of one client: an IPv4 address, or an IPv6 network of 64
    /// bits.
    /// Does not apply to trusted proxies.
    pub connections_of_client: usize,
    /// Maximum time for the head of a request, including the wait for it on an open connection.
    pub head: Duration,
    /// Maximum time for the body of a request.
    pub body: Duration,
    /// Maximum time during which a client reads nothing of its response.
    pub write: Duration,
    /// Maximum time that a sign-in waits for its turn.
    pub turn: Duration,
    /// Maximum time of the plugin's call that begins a sign-in, and of the one that finishes it.
    pub sign_in: Duration,
}

impl Default for Bounds {
    /// 512 connections, 64 of one client; 20 s for a head, 30 s for a body and for a client that
    /// does not read; 10 s for a turn and 25 s for the plugin.
    fn default() -> Self {
        Self {
            connections: 512,
            connections_of_client: 64,
            head: Duration::from_secs(20),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            turn: Duration::from_secs(10),
            sign_in: Duration::from_secs(25),
        }
    }
}
