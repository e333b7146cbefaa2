//! Phrases that the command line and the pages share.

/// Returns the count with its noun: `1 request`, `2 requests`.
pub(crate) fn counted(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
