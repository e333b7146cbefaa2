//! Errors as problem details (RFC 9457).

use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use ones_records::FieldError;

use crate::answer::{self, Answer};

/// An error for the client. Its texts contain no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The closest status of HTTP.
    pub status: StatusCode,
    /// Stable code, such as `AADSTS7000222` or `invalid-settings`.
    pub code: Box<str>,
    /// Cause, in one sentence.
    pub summary: String,
    /// What the user can do about it.
    pub remedy: Option<String>,
    /// The vendor's own text.
    pub vendor: Option<String>,
    /// Every wrong setting.
    pub fields: Box<[FieldError]>,
    /// Number of seconds after which the same request can succeed.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// Returns a problem that the HTTP front end itself reports.
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

    /// Returns the problem with a remedy.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Returns the body of `application/problem+json`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut members = serde_json::json!({
            // With this type, the title is that of the status (RFC 9457); `code` is the cause.
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
        let mut answer = answer::complete(problem.status, "application/problem+json", text);
        if let Some(seconds) = problem.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
