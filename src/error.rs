//! What can go wrong, told so that an administrator knows what to do.

/// A failed call. A host acts on the case; the texts are for people.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Wrong fields of the settings, all of them.
    InvalidSettings(Vec<FieldError>),
    /// Entra ID or Graph refused the credentials.
    Unauthorized(Explanation),
    /// An administrator of the tenant has to grant something.
    PermissionMissing(Explanation),
    /// Microsoft asks to come back after so many seconds.
    Throttled(u32),
    /// The network or Microsoft's side: the same call can succeed later.
    Unavailable(Explanation),
    /// An answer that should never have come.
    Unexpected(Explanation),
    /// A callback that is forged, replayed, expired, or meant for another.
    Rejected(Explanation),
    /// The person may not or would not sign in, or is not selected by the settings.
    Declined(Explanation),
    /// The cloud or the tenant has no such thing.
    Unsupported(Explanation),
    /// The host dropped the stream.
    Cancelled,
}

impl Error {
    /// What there is to tell, where the case has an explanation of its own.
    pub fn explanation(&self) -> Option<&Explanation> {
        match self {
            Self::Unauthorized(it)
            | Self::PermissionMissing(it)
            | Self::Unavailable(it)
            | Self::Unexpected(it)
            | Self::Rejected(it)
            | Self::Declined(it)
            | Self::Unsupported(it) => Some(it),
            Self::InvalidSettings(_) | Self::Throttled(_) | Self::Cancelled => None,
        }
    }

    /// Whether an answer was larger than [`LARGEST_ANSWER`](crate::host::LARGEST_ANSWER): the same
    /// asked for in smaller parts can succeed.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Unexpected(it) if it.code == "answer-too-large")
    }

    /// One wrong field that only the vendor could find.
    pub fn wrong_field(field: &str, message: impl Into<String>) -> Self {
        Self::InvalidSettings(vec![FieldError::new(field, message)])
    }
}

/// A wrong setting.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the settings.
    pub field: String,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl FieldError {
    /// A message about the field that `field` points to.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A cause, what to do about it, and what the vendor said.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Stable: the vendor's code where it gave one (`AADSTS7000222`,
    /// `Authorization_RequestDenied`), else one of ours in kebab case.
    pub code: String,
    /// One sentence for a person.
    pub summary: String,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
    /// The vendor's own words and ids, for a support ticket.
    pub detail: Option<String>,
}

impl Explanation {
    /// A cause without remedy or detail.
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
