//! Log lines of requests. They hold no query, no header and no body, and the path loses secrets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::{Method, Response, StatusCode, header::RETRY_AFTER};
use tracing::{debug, info};
use url::Url;

use crate::secrets::Secrets;

/// Length of the longest path in the log, in bytes.
const LONGEST_PATH: usize = 256;

/// Number of requests of one call whose failed attempts are counted.
const COUNTED: usize = 64;

/// Failed attempts of the requests of one call.
#[derive(Clone, Default)]
pub(super) struct Attempts(Arc<Mutex<HashMap<(Method, Url), u32>>>);

/// A request, as the log shows it.
pub(super) struct Logged {
    key: (Method, Url),
    host: String,
    path: String,
    attempt: u32,
    began: Instant,
    attempts: Attempts,
    secrets: Secrets,
}

impl Attempts {
    /// Returns a request that begins now.
    pub(super) fn begin(&self, method: Method, url: Url, secrets: &Secrets) -> Logged {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut path = url.path().to_owned();
        secrets.redact(&mut path);
        path.truncate(path.floor_char_boundary(LONGEST_PATH));
        let (key, began) = ((method, url), Instant::now());
        let attempt = self.failed().get(&key).map_or(1, |failed| failed + 1);
        Logged { key, host, path, attempt, began, attempts: self.clone(), secrets: secrets.clone() }
    }

    fn failed(&self) -> MutexGuard<'_, HashMap<(Method, Url), u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Logged {
    /// Logs the answer, and whether the vendor asks to wait.
    pub(super) fn answered<B>(&self, answer: &Response<B>) {
        let (method, host, path) = (&self.key.0, self.host.as_str(), self.path.as_str());
        let (status, attempt) = (answer.status(), self.attempt);
        let ms = self.milliseconds();
        debug!(%method, host, path, status = status.as_u16(), ms, attempt, "request");
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let is_busy =
            matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if is_busy {
            let retry_after = wait.unwrap_or_default();
            info!(host, status = status.as_u16(), retry_after, "the vendor asks to wait");
        }
        self.count(is_busy || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error());
    }

    /// Logs why there is no answer.
    pub(super) fn failed(&self, cause: &str) {
        let (method, host, path) = (&self.key.0, self.host.as_str(), self.path.as_str());
        let mut cause = cause.to_owned();
        self.secrets.redact(&mut cause);
        let (ms, attempt) = (self.milliseconds(), self.attempt);
        debug!(%method, host, path, cause = cause.as_str(), ms, attempt, "request failed");
        self.count(true);
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Counts the attempt where the request may be sent again.
    fn count(&self, failed: bool) {
        let mut attempts = self.attempts.failed();
        if !failed {
            attempts.remove(&self.key);
        } else if attempts.len() < COUNTED || attempts.contains_key(&self.key) {
            attempts.insert(self.key.clone(), self.attempt);
        }
    }
}
