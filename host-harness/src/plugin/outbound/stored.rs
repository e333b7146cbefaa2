//! A private cache of answers (RFC 9111), for requests that ask for it.
//!
//! A plugin stores nothing between calls, and any client can cause calls. Without a cache, a client
//! that begins many sign-ins makes the host request the same document from the vendor as many
//! times. An answer is stored where the request has `Cache-Control: max-age`, which is also the
//! greatest age that it accepts, and the answer has one too. It is used only under the settings
//! under which it was requested.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, VARY},
};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use sha2::{Digest as _, Sha256};
use url::Url;
use wasmtime_wasi_http::{Error, WasiBody};

/// Largest stored answer, in bytes.
const LARGEST: u64 = 64 << 10;

/// Number of stored answers; then the oldest goes.
const MOST: usize = 64;

/// Stored answers of all settings. Cloning it is cheap, and clones share them.
#[derive(Clone, Default)]
pub(in crate::plugin) struct Stored(Arc<Mutex<VecDeque<Entry>>>);

/// Stored answers under some settings.
#[derive(Clone)]
pub(in crate::plugin) struct StoredFor {
    stored: Stored,
    /// Hash of the settings, which hold secrets.
    settings: [u8; 32],
}

struct Entry {
    key: Key,
    answer: Answer,
    /// When the server sent it, computed from the age in the answer.
    sent: Instant,
    /// How long it is fresh, as the server says.
    fresh: Duration,
}

/// What has to be equal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    settings: [u8; 32],
    url: Url,
    accept: Option<HeaderValue>,
}

#[derive(Clone)]
struct Answer {
    content_type: Option<HeaderValue>,
    body: Bytes,
}

/// A request whose answer may be a stored one.
pub(super) struct Wanted {
    key: Key,
    longest: Duration,
}

impl Stored {
    pub(in crate::plugin) fn under(&self, settings: &str) -> StoredFor {
        StoredFor { stored: self.clone(), settings: Sha256::digest(settings).into() }
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredFor {
    /// Returns what to look for, where the request allows a stored answer: it carries no credential
    /// and has a greatest age.
    pub(super) fn wanted(&self, request: &http::Request<WasiBody>, url: &Url) -> Option<Wanted> {
        let headers = request.headers();
        let has_credential = [AUTHORIZATION, COOKIE].iter().any(|it| headers.contains_key(it));
        let is_read = request.method() == Method::GET && !has_credential;
        let longest = max_age(headers).filter(|_| is_read)?;
        let accept = headers.get(ACCEPT).cloned();
        let key = Key { settings: self.settings, url: url.clone(), accept };
        Some(Wanted { key, longest })
    }

    /// Returns the stored answer, where it is fresh enough for server and request.
    pub(super) fn find(&self, wanted: &Wanted) -> Option<http::Response<WasiBody>> {
        let entries = self.stored.entries();
        let entry = entries.iter().find(|it| it.key == wanted.key)?;
        let is_fresh = entry.sent.elapsed() < entry.fresh.min(wanted.longest);
        is_fresh.then(|| entry.answer.clone().respond(entry.sent.elapsed()))
    }

    /// Stores the answer where it may be stored, and returns it either way.
    ///
    /// # Errors
    /// Those of reading the body.
    pub(super) async fn keep(
        &self,
        wanted: Wanted,
        answer: http::Response<WasiBody>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (age, Some(fresh)) = (seconds(answer.headers(), &AGE), storable(&answer)) else {
            return Ok(answer);
        };
        let content_type = answer.headers().get(CONTENT_TYPE).cloned();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let kept = Answer { content_type, body: body.clone() };
        let sent = Instant::now().checked_sub(age.unwrap_or_default());
        let sent = sent.unwrap_or_else(Instant::now);
        let mut entries = self.stored.entries();
        entries.retain(|it| it.key != wanted.key);
        if entries.len() >= MOST {
            entries.pop_front();
        }
        entries.push_back(Entry { key: wanted.key, answer: kept, sent, fresh });
        Ok(http::Response::from_parts(parts, full_body(body)))
    }
}

impl Answer {
    fn respond(self, age: Duration) -> http::Response<WasiBody> {
        let mut response = http::Response::new(full_body(self.body));
        let headers = response.headers_mut();
        headers.insert(AGE, age.as_secs().into());
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        response
    }
}

fn full_body(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|it| match it {}).boxed_unsync()
}

/// Returns how long the answer is fresh. `None` where it may not be stored: it is large, its size
/// is not known, it is an error, or it depends on other headers of the request.
fn storable(answer: &http::Response<WasiBody>) -> Option<Duration> {
    let headers = answer.headers();
    let is_small = answer.body().size_hint().exact().is_some_and(|it| it <= LARGEST);
    let is_plain = answer.status() == StatusCode::OK && !headers.contains_key(VARY);
    max_age(headers).filter(|_| is_small && is_plain)
}

/// Returns `max-age` of `Cache-Control`, where no other directive forbids storing (RFC 9111,
/// section 5.2).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let texts =
        headers.get_all(CACHE_CONTROL).into_iter().map(|it| it.to_str().unwrap_or("no-store"));
    let mut longest = None;
    for directive in texts.flat_map(|it| it.split(',')).map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return None,
            "max-age" => longest = value.trim_matches('"').parse().ok().map(Duration::from_secs),
            _ => {}
        }
    }
    longest.filter(|it| !it.is_zero())
}

fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
