//! Where a request goes to: a token must not go anywhere else.

use std::{fmt, net::IpAddr};

use http::Uri;

/// Scheme, host and port of an http(s) address (RFC 6454), in one spelling: lower case, and
/// no port where it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Of an absolute address; `None` where there is no host, another scheme, or a user name.
    pub fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        // "https://graph.microsoft.com@elsewhere.example/" is an old trick.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        // An empty or too large port is none; it must not pass for the scheme's own.
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() != authority.host() => return None,
            None => Self::own_port(https),
        };
        Some(Self { https, host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether what is sent there is encrypted, or does not leave the machine.
    pub fn is_safe(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        self.https || self.host == "localhost" || address.is_ok_and(|it| it.is_loopback())
    }

    fn own_port(https: bool) -> u16 {
        if https { 443 } else { 80 }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != Self::own_port(self.https) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}
