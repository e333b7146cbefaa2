//! Origins that a plugin may ask, and to which it may send a browser.
//!
//! Origins on this machine are open only where the settings name them, since servers on loopback
//! often trust every client. The host's own pages are never open.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;
use url::{Origin, Url};

use super::{
    CallError,
    loopback::{ip, is_loopback},
};
use crate::settings::Settings;

/// Address of the host's own pages.
#[derive(Default)]
pub(super) struct OwnPages(Mutex<Option<Served>>);

struct Served {
    address: SocketAddr,
    origin: Option<Origin>,
}

impl OwnPages {
    /// Notes that pages are served at `address`, and that `url` is their address in browsers.
    pub(super) fn are_at(&self, address: SocketAddr, url: &str) {
        let origin = Url::parse(url).ok().map(|it| it.origin());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Served { address, origin });
    }

    fn include(&self, url: &Url) -> bool {
        let served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        served.as_ref().is_some_and(|Served { address, origin }| {
            let is_here = is_loopback(url) || ip(url) == Some(address.ip());
            origin.as_ref() == Some(&url.origin())
                || is_here && url.port_or_known_default() == Some(address.port())
        })
    }
}

/// Refuses origins that these settings do not open to a plugin.
///
/// # Errors
/// [`CallError::BrokeInterface`].
pub(super) fn check(
    origins: &[String],
    settings: &Settings,
    own: &OwnPages,
) -> Result<(), CallError> {
    // A text that is no URL allows no request.
    origins.iter().filter_map(|it| Url::parse(it).ok()).try_for_each(|url| {
        match why_closed(&url, settings, own) {
            Some(why) => {
                let origin = url.origin().ascii_serialization();
                Err(CallError::broke(format!("origins has {origin}, which {why}")))
            }
            None => Ok(()),
        }
    })
}

/// Returns why these settings do not open the origin of `url`, or `None` where they do.
pub(super) fn why_closed(url: &Url, settings: &Settings, own: &OwnPages) -> Option<&'static str> {
    if own.include(url) {
        return Some("is where this host serves its own pages");
    }
    (is_loopback(url) && !is_named(url, settings.value()))
        .then_some("is on this machine, and the settings do not name it")
}

/// Returns whether a text of the settings is an address with the host and port of `url`.
fn is_named(url: &Url, settings: &Value) -> bool {
    match settings {
        Value::String(text) => {
            let named = match text.contains("://") {
                true => Url::parse(text.trim()),
                false => Url::parse(&format!("{}://{}", url.scheme(), text.trim())),
            };
            named.is_ok_and(|named| {
                named.host() == url.host()
                    && named.port_or_known_default() == url.port_or_known_default()
            })
        }
        Value::Array(items) => items.iter().any(|it| is_named(url, it)),
        Value::Object(members) => members.values().any(|it| is_named(url, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
