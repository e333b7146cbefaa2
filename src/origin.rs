//! Origins of servers, by which the plugin decides where a token may be sent.

use std::{fmt, net::IpAddr};

use http::Uri;

/// Scheme, host and port of an http or https address (RFC 6454), in one spelling: lower case, and
/// without the default port of the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Returns the origin of an absolute address; `None` where it has no host, another scheme, or a
    /// user name.
    pub fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        // The host of "https://graph.microsoft.com@elsewhere.example/" is elsewhere.example.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        // An empty or too large port is not the default port of the scheme.
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() != authority.host() => return None,
            None => Self::default_port(https),
        };
        Some(Self { https, host: authority.host().to_ascii_lowercase(), port })
    }

    /// Returns whether requests to the origin are encrypted, or do not leave the machine.
    pub fn is_https_or_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        self.https || self.host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
    }

    fn default_port(https: bool) -> u16 {
        if https { 443 } else { 80 }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != Self::default_port(self.https) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}
