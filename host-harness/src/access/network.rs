//! Networks: addresses that count as one client, and those of trusted proxies.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// Returns the address that stands for one client: an IPv4 address itself, and the network of 64
/// bits for IPv6, of which a household has at least one (RFC 6177, section 2).
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// An address, or a network in CIDR notation: `192.0.2.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Number of bits that are the network's.
    prefix: u32,
}

/// The text is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address or a network such as 10.0.0.0/8")]
pub struct NotANetwork;

impl Network {
    /// Returns whether the address is within the network. An IPv4 address that is written as an
    /// IPv6 one counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(it)) => {
                let differs = own.to_bits() ^ it.to_bits();
                differs.checked_shr(32 - self.prefix).unwrap_or_default() == 0
            }
            (IpAddr::V6(own), IpAddr::V6(it)) => {
                let differs = own.to_bits() ^ it.to_bits();
                differs.checked_shr(128 - self.prefix).unwrap_or_default() == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            // `parse` alone accepts a sign.
            Some(it) if it.bytes().all(|it| it.is_ascii_digit()) => {
                it.parse().ok().filter(|it| *it <= bits).ok_or(NotANetwork)?
            }
            Some(_) => return Err(NotANetwork),
        };
        Ok(Self { address, prefix })
    }
}
