//! The address of the client that sent a request, directly or through proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};

use crate::access::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address under which a client's requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client(pub(super) IpAddr);

impl Client {
    /// Returns the client of a request that `peer` sent. Only headers of trusted proxies are used,
    /// and only their rightmost address that does not belong to a trusted proxy: the client itself
    /// can write anything to the left of it.
    pub(super) fn of(peer: SocketAddr, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let is_proxy = |address| proxies.iter().any(|proxy| proxy.contains(address));
        let peer = peer.ip().to_canonical();
        if !is_proxy(peer) {
            return Self(peer);
        }
        let (standard, usual) = (forwarded(headers), x_forwarded_for(headers));
        let client = |hops: &[Option<IpAddr>]| {
            let mut client = peer;
            for hop in hops.iter().rev() {
                // Addresses before a hop without an address cannot be trusted.
                let Some(address) = hop else { break };
                client = *address;
                if !is_proxy(client) {
                    break;
                }
            }
            client
        };
        // A proxy sets one of the headers, and may forward the other one as the client wrote it.
        // Where they differ, neither is used.
        Self(match (client(&standard), client(&usual)) {
            (one, other) if one == other => one,
            (one, _) if usual.is_empty() => one,
            (_, other) if standard.is_empty() => other,
            _ => peer,
        })
    }
}

/// Returns whether a request has headers of a proxy.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

/// Returns the hops of `Forwarded` (RFC 7239), starting with the client; `None` for a hop without
/// an address.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let elements = elements(headers, &FORWARDED);
    let hops = elements.map(|element| {
        let pairs = element.split(';').filter_map(|it| it.split_once('='));
        let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        named.next().and_then(|(_, node)| address(node.trim().trim_matches('"')))
    });
    hops.collect()
}

/// Returns the hops of `X-Forwarded-For`, starting with the client; `None` for a hop that is not an
/// address.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    elements(headers, &X_FORWARDED_FOR).map(address).collect()
}

fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let texts = headers.get_all(name).into_iter().map(|it| it.to_str().unwrap_or_default());
    texts.flat_map(|it| it.split(',')).map(str::trim)
}

/// Parses an address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    bare.parse().ok().or_else(with_port).map(|it: IpAddr| it.to_canonical())
}
