//! What went wrong, as problem details (RFC 9457).

use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use ones_records::FieldError;

use crate::answer::{self, Answer};

/// An error for whoever asked. Its texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What of HTTP comes nearest.
    pub status: StatusCode,
    /// Stable, e.g. `AADSTS7000222`, `invalid-settings`.
    pub code: Box<str>,
    /// One sentence for a person.
    pub summary: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What the vendor answered.
    pub vendor: Option<String>,
    /// The settings that it concerns.
    pub fields: Box<[FieldError]>,
    /// After so many seconds the same request can succeed.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// One of the front's own.
    pub fn new(status: StatusCode, code: &str, summary: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            summary: summary.into(),
            remedy: None,
            vendor: None,
            fields: Box::default(),
            retry_after: None,
        }
    }

    /// The same, with what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The members of `application/problem+json`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut members = serde_json::json!({
            // Then the title is that of the status, and `code` tells problems apart.
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.summary,
            "code": self.code,
        });
        if let Some(remedy) = &self.remedy {
            members["remedy"] = remedy.as_str().into();
        }
        if let Some(vendor) = &self.vendor {
            members["vendor"] = vendor.as_str().into();
        }
        if !self.fields.is_empty() {
            members["fields"] = serde_json::json!(self.fields);
        }
        members
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let text = problem.to_json().to_string();
        let mut answer = answer::whole(problem.status, "application/problem+json", text);
        if let Some(seconds) = problem.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
