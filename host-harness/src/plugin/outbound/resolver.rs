//! Addresses of names.

use std::{
    fmt, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::super::loopback::is_localhost;

/// Resolves names with the system, so that its failures can be recognized. `localhost` is this
/// machine, whatever a name server says, since plain http is allowed to it.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                let here = [
                    SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                    SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
                ];
                return Ok(Box::new(here.into_iter()) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            match found.map(|it| it.collect::<Vec<_>>()) {
                Ok(found) if !found.is_empty() => Ok(Box::new(found.into_iter()) as Addrs),
                Ok(_) => Err(DnsFailure(io::Error::other("no address")).into()),
                Err(error) => Err(DnsFailure(error).into()),
            }
        })
    }
}

/// A name has no address.
#[derive(Debug)]
pub(super) struct DnsFailure(io::Error);

impl fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DnsFailure {}
