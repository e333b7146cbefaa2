//! Log lines of runs.

use std::time::Instant;

use tracing::{debug, info, warn};

use super::RunMode;
use crate::{
    error::Error,
    model::Summary,
    store::{IntegrationId, RunCounts, RunKind, Store, StoreError},
};

/// A run under way, as the log shows it.
pub(super) struct Log {
    integration: String,
    kind: &'static str,
    /// Whether notifications caused it. There are many such runs, so that the log has them as
    /// details only.
    notified: bool,
    began: Instant,
}

impl Log {
    /// Logs that a run starts.
    pub(super) fn begin(
        store: &Store,
        integration: IntegrationId,
        kind: RunKind,
        notified: bool,
    ) -> Result<Self, StoreError> {
        let integration = store.name(integration)?.unwrap_or_default();
        let log = Self { integration, kind: kind.as_str(), notified, began: Instant::now() };
        if !notified {
            info!(integration = log.integration.as_str(), kind = log.kind, "run started");
        }
        Ok(log)
    }

    /// Logs the result of the run, and the removals that it holds.
    pub(super) fn ended(&self, mode: RunMode, counts: &RunCounts, summary: &Summary) {
        let (integration, kind) = (self.integration.as_str(), self.kind);
        let Summary { requests, throttled, retried, complete, .. } = *summary;
        let RunCounts { added, updated, removed, unreadable, .. } = *counts;
        let held = counts.all_held();
        if self.notified {
            debug!(integration, kind, added, updated, removed, requests, "notified run ended");
            return;
        }
        if held > 0 {
            warn!(integration, kind, held, "removals are held");
        }
        info!(
            integration,
            kind,
            mode = mode.as_str(),
            complete,
            added,
            updated,
            removed,
            held,
            unreadable,
            warnings = summary.warnings.len(),
            requests,
            throttled,
            retried,
            seconds = self.began.elapsed().as_secs(),
            "run ended"
        );
    }

    /// Logs why the run failed. That it was cancelled, or that the vendor does not offer what was
    /// asked for, is no failure.
    pub(super) fn failed(&self, error: &Error) {
        let (integration, kind) = (self.integration.as_str(), self.kind);
        let problem = error.problem();
        let (code, cause) = (problem.code.as_str(), problem.summary.as_str());
        if error.is_cancelled() || error.is_unsupported() {
            info!(integration, kind, code, cause, "run ended early");
        } else {
            warn!(integration, kind, code, cause, "run failed");
        }
    }
}
