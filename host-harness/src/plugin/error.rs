//! Calls that failed.

use std::time::Duration;

use crate::{
    length,
    model::{Explanation, Refusal},
    problem::{Case, Problem},
};

/// A call that failed, or that the plugin refused.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin's own error.
    #[error("{}", sentence(.0))]
    Refused(Refusal),
    /// The plugin crashed.
    #[error("the plugin {plugin} crashed")]
    Trapped {
        /// Path of the plugin.
        plugin: String,
        /// What Wasmtime reports.
        cause: String,
        /// What the plugin wrote to standard error before, cut to a limit.
        stderr: String,
    },
    /// The plugin asked for more memory than its limit.
    #[error("the plugin {plugin} needed more than {limit} MiB of memory")]
    OutOfMemory {
        /// Path of the plugin.
        plugin: String,
        /// Its limit, in MiB.
        limit: usize,
    },
    /// The call took longer than its limit.
    #[error("the plugin {plugin} took longer than {seconds} seconds")]
    OutOfTime {
        /// Path of the plugin.
        plugin: String,
        /// Its limit.
        seconds: u64,
        /// Whether the next call continues where this one stopped.
        goes_on: bool,
    },
    /// The run was ended because another one waited for its place.
    #[error("the run took long and was ended, since other runs waited")]
    Overdue,
    /// The plugin did something that the interface forbids.
    #[error("the plugin broke the interface: {rule}")]
    BrokeInterface {
        /// What it did.
        rule: String,
    },
}

impl CallError {
    pub(crate) fn broke(rule: impl Into<String>) -> Self {
        Self::BrokeInterface { rule: rule.into() }
    }

    /// Returns whether the call was only cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Refused(Refusal::Cancelled))
    }

    /// Returns whether the vendor does not offer what was asked for.
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self, Self::Refused(Refusal::Unsupported(_)))
    }

    /// Returns how long the vendor asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(Refusal::Throttled(seconds)) => {
                Some(Duration::from_secs((*seconds).into()))
            }
            _ => None,
        }
    }
}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn sentence(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::InvalidSettings(_) => "the settings are invalid",
        Refusal::Throttled(_) => "the vendor asks to wait",
        Refusal::Cancelled => "cancelled",
        Refusal::Unauthorized(it)
        | Refusal::PermissionMissing(it)
        | Refusal::Unavailable(it)
        | Refusal::Unexpected(it)
        | Refusal::Rejected(it)
        | Refusal::Declined(it)
        | Refusal::Unsupported(it)
        | Refusal::Conflict(it)
        | Refusal::Other(it) => &it.summary,
    }
}

impl From<&CallError> for Problem {
    fn from(error: &CallError) -> Self {
        const REPORT: &str = "This is a defect of the plugin: report it to its makers";
        let trap = |code| Self::new(Case::Trap, code, error);
        match error {
            CallError::Refused(refusal) => refusal.into(),
            CallError::Trapped { cause, stderr, .. } => {
                let detail = if stderr.is_empty() { cause } else { stderr };
                trap("plugin-trapped").remedy(REPORT).detail(detail)
            }
            CallError::OutOfMemory { .. } => trap("plugin-out-of-memory").remedy(
                "Raise the limit with --memory-limit, or report this to the makers of the plugin",
            ),
            CallError::OutOfTime { goes_on: true, .. } => trap("plugin-out-of-time").remedy(
                "Run again: the run continues where it stopped. Or raise the limit with \
                 --time-limit",
            ),
            CallError::OutOfTime { goes_on: false, .. } => trap("plugin-out-of-time").remedy(
                "Raise the limit with --time-limit, or report this to the makers of the plugin",
            ),
            CallError::Overdue => Self::new(Case::Overdue, "run-overdue", error).remedy(
                "The next run continues where this one stopped. If it happens again, check \
                 whether the vendor is slow to answer",
            ),
            CallError::BrokeInterface { .. } => trap("plugin-broke-interface").remedy(REPORT),
        }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let explained = |case, it: &Explanation| Self {
            remedy: it.remedy.clone(),
            detail: it.detail.clone(),
            ..Self::new(case, &it.code, &it.summary)
        };
        match refusal {
            Refusal::InvalidSettings(fields) => Self {
                fields: fields.clone(),
                ..Self::new(Case::InvalidSettings, "invalid-settings", "The settings are invalid")
            },
            Refusal::Unauthorized(it) => explained(Case::Unauthorized, it),
            Refusal::PermissionMissing(it) => explained(Case::PermissionMissing, it),
            Refusal::Throttled(seconds) => {
                let wait = length::rounded_up(Duration::from_secs((*seconds).into()));
                let wait = length::in_words(wait);
                Self::new(Case::Throttled, "throttled", "The vendor asks to wait")
                    .remedy(format!("Run again in {wait}"))
            }
            Refusal::Unavailable(it) => explained(Case::Unavailable, it),
            Refusal::Unexpected(it) => explained(Case::Unexpected, it),
            Refusal::Rejected(it) => explained(Case::Rejected, it),
            Refusal::Declined(it) => explained(Case::Declined, it),
            Refusal::Unsupported(it) => explained(Case::Unsupported, it),
            Refusal::Conflict(it) => explained(Case::Conflict, it),
            Refusal::Cancelled => Self::new(Case::Cancelled, "cancelled", "The run was cancelled"),
            Refusal::Other(it) => explained(Case::Other, it),
        }
    }
}
