//! Why a call failed: the errors of the interface.

pub use ones_records::{Error, Explanation, FieldError};

/// Code of an answer that is larger than [`LARGEST_ANSWER`](crate::host::LARGEST_ANSWER).
pub(crate) const ANSWER_TOO_LARGE: &str = "answer-too-large";

/// Returns whether an answer was larger than [`LARGEST_ANSWER`](crate::host::LARGEST_ANSWER): a
/// request for a smaller part of it can succeed.
pub(crate) fn is_too_large(error: &Error) -> bool {
    matches!(error, Error::Unexpected(explanation) if explanation.code == ANSWER_TOO_LARGE)
}
