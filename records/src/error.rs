//! Why a call failed.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// Why a call failed. Code acts on the case; the texts are for users and administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Error {
    #[cfg_attr(feature = "wasmtime", component(name = "invalid-settings"))]
    InvalidSettings(Vec<FieldError>),
    #[cfg_attr(feature = "wasmtime", component(name = "unauthorized"))]
    Unauthorized(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "permission-missing"))]
    PermissionMissing(Explanation),
    /// The number of seconds after which to try again.
    #[cfg_attr(feature = "wasmtime", component(name = "throttled"))]
    Throttled(u32),
    #[cfg_attr(feature = "wasmtime", component(name = "unavailable"))]
    Unavailable(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "unexpected"))]
    Unexpected(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "rejected"))]
    Rejected(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "declined"))]
    Declined(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "unsupported"))]
    Unsupported(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "conflict"))]
    Conflict(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "cancelled"))]
    Cancelled,
    #[cfg_attr(feature = "wasmtime", component(name = "other"))]
    Other(Explanation),
}

impl Error {
    /// Returns the explanation, for the cases that have one.
    pub fn explanation(&self) -> Option<&Explanation> {
        match self {
            Self::Unauthorized(it)
            | Self::PermissionMissing(it)
            | Self::Unavailable(it)
            | Self::Unexpected(it)
            | Self::Rejected(it)
            | Self::Declined(it)
            | Self::Unsupported(it)
            | Self::Conflict(it)
            | Self::Other(it) => Some(it),
            Self::InvalidSettings(_) | Self::Throttled(_) | Self::Cancelled => None,
        }
    }

    /// Returns the explanation for a change of its texts, for the cases that have one.
    pub fn explanation_mut(&mut self) -> Option<&mut Explanation> {
        match self {
            Self::Unauthorized(it)
            | Self::PermissionMissing(it)
            | Self::Unavailable(it)
            | Self::Unexpected(it)
            | Self::Rejected(it)
            | Self::Declined(it)
            | Self::Unsupported(it)
            | Self::Conflict(it)
            | Self::Other(it) => Some(it),
            Self::InvalidSettings(_) | Self::Throttled(_) | Self::Cancelled => None,
        }
    }

    /// Returns an error about one field of the settings.
    pub fn wrong_field(field: &str, message: impl Into<String>) -> Self {
        Self::InvalidSettings(vec![FieldError::new(field, message)])
    }
}

/// What is wrong with one field of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the settings.
    pub field: String,
    pub message: String,
}

impl FieldError {
    /// Returns a message about the field to which the JSON Pointer `field` leads.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// The cause of an error, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Explanation {
    pub code: String,
    pub summary: String,
    pub remedy: Option<String>,
    pub detail: Option<String>,
}

impl Explanation {
    /// Returns an explanation without a remedy and without a detail.
    pub fn new(code: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { code: code.into(), summary: summary.into(), remedy: None, detail: None }
    }

    /// Adds what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the vendor's own words.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
