//! Failures whose cause only the administrator may see.
//!
//! The page of a failure shows a reference number. The log and the administrator's pages show the
//! cause under the same number.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{problem::Problem, random, store::IntegrationId};

/// Maximum number of stored incidents of one integration.
const REMEMBERED: usize = 20;

/// Letters and digits that cannot be confused with each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A failure whose page showed a reference number in place of the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The reference number on the page, such as `K7QM-2D9X`.
    pub reference: String,
    /// Time of the failure.
    pub at: Timestamp,
    /// Name of the integration, where the failure belongs to one.
    pub integration: Option<String>,
    /// The cause.
    pub problem: Problem,
}

/// Receives each incident when it happens.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&Incident) + Send + Sync>);

impl Log {
    /// Returns a log that passes incidents to `write`, on the thread of the request.
    pub fn new(write: impl Fn(&Incident) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// The latest incidents of each integration.
pub(super) struct Incidents {
    log: Log,
    latest: Mutex<HashMap<IntegrationId, VecDeque<Incident>>>,
}

impl Incidents {
    pub(super) fn new(log: Log) -> Self {
        Self { log, latest: Mutex::default() }
    }

    /// Logs the problem, and returns its reference number.
    pub(super) fn report(
        &self,
        integration: Option<(IntegrationId, String)>,
        problem: Problem,
    ) -> String {
        let reference = reference();
        let (id, name) = integration.unzip();
        let at = Timestamp::now();
        let it = Incident { reference: reference.clone(), at, integration: name, problem };
        (self.log.0)(&it);
        if let Some(id) = id {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            let own = latest.entry(id).or_default();
            own.push_front(it);
            own.truncate(REMEMBERED);
        }
        reference
    }

    /// Returns the incidents of an integration, the latest first.
    pub(super) fn list(&self, integration: IntegrationId) -> Vec<Incident> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.get(&integration).map(|it| it.iter().cloned().collect()).unwrap_or_default()
    }
}

/// Returns eight random characters in two groups, which are easy to read aloud.
fn reference() -> String {
    let bytes: [u8; 8] = random::bytes();
    let text: String =
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    format!("{}-{}", &text[..4], &text[4..])
}
