//! Lengths of time in words.

use std::time::Duration;

use crate::wording::counted;

/// Returns a length of time in the largest unit in which it is an integer, such as
/// `5 minutes`. Parts of a second are left out.
pub(crate) fn in_words(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits =
        units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit) && seconds >= *unit);
    match fits.map(|(unit, name)| (seconds / unit, name)) {
        Some((count, name)) => counted(count, name),
        None => "no time".to_owned(),
    }
}

/// Rounds a length of time up: to seconds, and from a minute on to minutes.
pub(crate) fn rounded_up(length: Duration) -> Duration {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    Duration::from_secs(seconds.next_multiple_of(if seconds < 60 { 1 } else { 60 }))
}
