//! Times as Graph writes them.

use jiff::{Timestamp, civil::DateTime};

use crate::zones::Zone;

/// Reads a wall-clock time (`2027-05-11T09:00:00.0000000`) in `zone`, or a time with an offset.
/// Returns the seconds since 1970, and what the wall clock shows; `None` for anything else, and for
/// a time without offset where no zone is known.
pub(super) fn wall_clock(text: &str, zone: Option<&Zone>) -> Option<(i64, DateTime)> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        let instant = instant.as_second();
        return Some((instant, zone.unwrap_or(&Zone::UTC).wall(instant)?));
    }
    let wall: DateTime = text.parse().ok()?;
    Some((zone?.instant(wall)?, wall))
}
