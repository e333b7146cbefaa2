//! Failures whose cause only the administrator may see: in full in the log and on the
//! administrator's pages, under the reference number that the failed page shows.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{problem::Problem, random, store::IntegrationId};

/// Number of incidents that are remembered of one integration.
const REMEMBERED: usize = 20;

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A failure whose page showed a reference number in place of the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What the page showed, such as `K7QM-2D9X`.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// Name of the integration, where it is one of an integration.
    pub integration: Option<String>,
    /// The cause.
    pub problem: Problem,
}

/// Takes every incident as it happens.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&Incident) + Send + Sync>);

impl Log {
    /// Returns a log that hands incidents to `write`, on the thread of the request.
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

    /// Of an integration, the latest first.
    pub(super) fn of(&self, integration: IntegrationId) -> Vec<Incident> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.get(&integration).map(|it| it.iter().cloned().collect()).unwrap_or_default()
    }
}

/// Eight characters, in two groups to be read aloud.
fn reference() -> String {
    let bytes: [u8; 8] = random::bytes();
    let text: String = bytes.iter().map(|it| char::from(ALPHABET[usize::from(it % 32)])).collect();
    format!("{}-{}", &text[..4], &text[4..])
}
