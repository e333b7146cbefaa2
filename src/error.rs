//! Errors of the plugin, with what an administrator can do about them.

/// Why a call failed. A host decides by the variant; the texts are for administrators and users.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The settings are wrong: every wrong field.
    InvalidSettings(Vec<FieldError>),
    /// Entra ID or Graph refused the credentials.
    Unauthorized(Explanation),
    /// A permission is missing that an administrator of the tenant has to grant.
    PermissionMissing(Explanation),
    /// Microsoft limits the requests: number of seconds to wait before the next call.
    Throttled(u32),
    /// The network or a server of Microsoft's failed: the same call can succeed later.
    Unavailable(Explanation),
    /// A server answered something that no documented server would.
    Unexpected(Explanation),
    /// A callback is forged, replayed, expired, or belongs to another sign-in.
    Rejected(Explanation),
    /// The user is not allowed to sign in, refused to, or is not selected by the settings.
    Declined(Explanation),
    /// The cloud or the tenant does not have the service.
    Unsupported(Explanation),
    /// The host dropped the stream.
    Cancelled,
}

impl Error {
    /// Returns the explanation, where the variant has one.
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

    /// Returns whether an answer was larger than [`LARGEST_ANSWER`](crate::host::LARGEST_ANSWER):
    /// smaller pages can succeed.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Unexpected(it) if it.code == "answer-too-large")
    }

    /// Returns an error about one wrong field, which only a request could find.
    pub fn wrong_field(field: &str, message: impl Into<String>) -> Self {
        Self::InvalidSettings(vec![FieldError::new(field, message)])
    }
}

/// A wrong setting.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the settings.
    pub field: String,
    /// One sentence that says what is wrong.
    pub message: String,
}

impl FieldError {
    /// Returns a message about the field that `field` points to.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// The cause of an error, its remedy, and the words of the vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Stable code: the vendor's where there is one (`AADSTS7000222`,
    /// `Authorization_RequestDenied`), else one of the plugin's in kebab case.
    pub code: String,
    /// One sentence that states the cause.
    pub summary: String,
    /// What an administrator or user can do, where there is something.
    pub remedy: Option<String>,
    /// Words and ids of the vendor, for a support ticket.
    pub detail: Option<String>,
}

impl Explanation {
    /// Returns a cause without remedy and detail.
    pub fn new(code: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { code: code.into(), summary: summary.into(), remedy: None, detail: None }
    }

    /// Adds the remedy.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the words of the vendor.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
