//! Limits on what clients without a session use of the server.

use std::time::Duration;

/// Largest body of a request, in bytes.
pub(super) const LARGEST_BODY: usize = 256 << 10;

/// Limits on connections, and on the requests of clients without a session.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Number of open connections. Each takes a file of the process, of which it often may have no
    /// more than 1,024.
    pub connections: usize,
    /// Number of open connections of one client: an IPv4 address, or an IPv6 network of 64 bits.
    /// Does not apply to trusted proxies.
    pub connections_of_client: usize,
    /// How long the head of a request may take, the wait for it on an open connection included.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a client may not read at all of what is written to it.
    pub write: Duration,
    /// How long a sign-in waits for its turn.
    pub turn: Duration,
    /// How long the plugin may take to begin a sign-in, or to finish it.
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
