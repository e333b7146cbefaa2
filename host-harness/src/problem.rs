//! A problem as it is shown: in words, in JSON and on pages. Each module turns its own errors into
//! this type, next to the error.

use serde::{Deserialize, Serialize};

use crate::model::FieldError;

/// An error, in words and in JSON. It is also stored with the run that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Kind of error.
    pub case: Case,
    /// Name of the error, which stays the same across versions.
    pub code: String,
    /// Cause, in one sentence.
    pub summary: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The vendor's own words, for a support ticket.
    pub detail: Option<String>,
    /// Settings that are wrong.
    pub fields: Vec<FieldError>,
}

/// Kind of a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// The interface's case of the same name, as all up to [`Self::Cancelled`].
    InvalidSettings,
    #[expect(missing_docs, reason = "documented in the interface")]
    Unauthorized,
    #[expect(missing_docs, reason = "documented in the interface")]
    PermissionMissing,
    #[expect(missing_docs, reason = "documented in the interface")]
    Throttled,
    #[expect(missing_docs, reason = "documented in the interface")]
    Unavailable,
    #[expect(missing_docs, reason = "documented in the interface")]
    Unexpected,
    #[expect(missing_docs, reason = "documented in the interface")]
    Rejected,
    #[expect(missing_docs, reason = "documented in the interface")]
    Declined,
    #[expect(missing_docs, reason = "documented in the interface")]
    Unsupported,
    #[expect(missing_docs, reason = "documented in the interface")]
    Conflict,
    #[expect(missing_docs, reason = "documented in the interface")]
    Cancelled,
    /// The plugin cannot be loaded.
    Plugin,
    /// The plugin crashed, exceeded a limit, or broke the interface.
    Trap,
    /// The run was ended because other runs waited.
    Overdue,
    /// The data folder cannot be used as asked.
    Store,
    /// The settings cannot be passed to a plugin.
    Settings,
    /// A booking cannot be made, changed or cancelled as it was wished.
    Reservation,
    /// The server cannot start.
    Serve,
    /// A browser's request was refused.
    Request,
    /// The interface's case `other`, and cases of other versions of this program.
    #[serde(other)]
    Other,
}

impl Problem {
    /// Returns whether the work was only cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.case == Case::Cancelled
    }

    /// Returns whether the vendor does not offer what was asked for. Nothing is broken then, and
    /// trying again does not help.
    pub fn is_unsupported(&self) -> bool {
        self.case == Case::Unsupported
    }

    /// Returns whether the other problem has the same cause and the same remedy.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.code == other.code && self.summary == other.summary && self.remedy == other.remedy
    }

    /// Returns a problem without remedy, detail and fields.
    pub(crate) fn new(case: Case, code: &str, summary: impl ToString) -> Self {
        Self {
            case,
            code: code.to_owned(),
            summary: summary.to_string(),
            remedy: None,
            detail: None,
            fields: Vec::new(),
        }
    }

    /// Returns the problem of a request that a browser sent.
    pub(crate) fn request(
        code: &str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Case::Request, code, summary.into()).remedy(remedy)
    }

    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// Adds a detail, unless it is empty.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { detail: Some(detail).filter(|text| !text.is_empty()), ..self }
    }
}
