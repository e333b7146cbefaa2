//! Addresses on this machine: one rule for the origins of a plugin, for its requests, and for where
//! it sends a browser.

use std::net::IpAddr;

use serde_json::Value;
use url::{Host, Url};

use crate::settings::Settings;

/// Returns whether what is sent there is encrypted, or does not leave the machine.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

/// Returns whether `url` is on this machine, whatever name it uses.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(_) => ip(url).is_some_and(|it| it.is_loopback() || it.is_unspecified()),
        None => false,
    }
}

/// Returns the address that `url` names. ::ffff:127.0.0.1 is 127.0.0.1.
pub(super) fn ip(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(it) => Some(it.into()),
        Host::Ipv6(it) => Some(IpAddr::from(it).to_canonical()),
        Host::Domain(_) => None,
    }
}

/// Returns whether a name means this machine. Source: RFC 6761, section 6.3.
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Returns whether a text of the settings is a URL on this machine: then the vendor is emulated.
pub(crate) fn names_loopback(settings: &Settings) -> bool {
    fn has(value: &Value) -> bool {
        match value {
            Value::String(text) => Url::parse(text.trim()).is_ok_and(|url| is_loopback(&url)),
            Value::Array(items) => items.iter().any(has),
            Value::Object(members) => members.values().any(has),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    has(settings.value())
}
