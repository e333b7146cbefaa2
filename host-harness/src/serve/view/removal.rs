//! Reasons of removals.

/// Returns the reason of a removal in words; `code` is the stored reason.
pub(in crate::serve) fn reason(code: &str) -> &'static str {
    match code {
        "soft" => "Deleted, but can be restored",
        "permanent" => "Permanently deleted",
        "out-of-scope" => "No longer selected",
        _ => "No longer found",
    }
}
