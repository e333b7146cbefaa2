//! The time for which a room's calendar is read.

use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::times::Times;
use crate::{
    error::{Error, Explanation},
    host::rfc3339,
    model::TimeRange,
    zones::Zone,
};

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Time that is read beyond the end of the window. The token of a delta query cannot be moved to
/// another window: with spare days, a room need not be listed again every day.
const SPARE: i64 = 30 * DAY;

/// Rooms are listed again when the spare time falls below a limit. The limits of rooms are spread
/// over this time, so that not all rooms are listed again on one day.
const SPREAD: i64 = 20 * DAY;

/// Length of the longest window. Exchange refuses views of more than two years.
const LONGEST: i64 = 600 * DAY;

/// Last second of the year 2199, after which nothing is read.
const LATEST: i64 = 7_258_118_399;

/// The time for which a room's bookings are reported: those that overlap it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// Begin, in seconds since 1970.
    pub(crate) from: i64,
    /// End, in seconds since 1970.
    pub(crate) until: i64,
}

impl Range {
    /// Returns the range for a window: with spare time after it.
    pub(crate) fn of_window(window: TimeRange) -> Self {
        Self { from: window.starts, until: window.ends.saturating_add(SPARE) }
    }

    /// Returns whether the range still serves a window for this room.
    pub(crate) fn serves(self, window: TimeRange, room: &str) -> bool {
        self.from <= window.starts && window.ends.saturating_add(least_spare(room)) <= self.until
    }

    /// Returns the times between which the calendar is requested, as RFC 3339: a day more on both
    /// sides, since all-day events are days of the room's time zone, and Exchange counts them in
    /// universal time.
    pub(crate) fn requested(self) -> (String, String) {
        (text(self.from - DAY), text(self.until + DAY))
    }

    /// Returns whether a booking overlaps the range. One without length overlaps it where it lies
    /// within. `zone` is the room's.
    pub(crate) fn overlaps(self, times: Times, zone: &Zone) -> bool {
        let Some((starts, ends)) = times.instants(zone) else {
            return false;
        };
        starts < self.until && (ends > self.from || starts == ends && starts >= self.from)
    }
}

/// Checks the window of a call.
///
/// # Errors
/// [`Error::Unexpected`] where it is empty, too long, or outside the years 1970 to 2199.
pub(crate) fn check_window(window: TimeRange) -> Result<(), Error> {
    let TimeRange { starts, ends } = window;
    if DAY <= starts && starts < ends && ends <= LATEST - SPARE - DAY && ends - starts <= LONGEST {
        return Ok(());
    }
    let summary = format!(
        "The window from {starts} to {ends} is empty, longer than {} days, or not within the \
            years 1970 to 2199",
        LONGEST / DAY
    );
    Err(Error::Unexpected(Explanation::new("wrong-window", summary)))
}

/// Returns the spare time below which a room is listed again, by a hash of its id.
fn least_spare(room: &str) -> i64 {
    let hash = Sha256::digest(room.as_bytes());
    let number = hash.iter().take(4).fold(0, |number, byte| number << 8 | i64::from(*byte));
    number % SPREAD
}

/// Returns an instant of the years 1970 to 2200 as RFC 3339.
pub(crate) fn text(instant: i64) -> String {
    let since = Duration::from_secs(u64::try_from(instant).unwrap_or_default());
    rfc3339(SystemTime::UNIX_EPOCH + since)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: TimeRange = TimeRange { starts: 1_800_000_000, ends: 1_800_000_000 + 180 * DAY };

    fn later(days: i64) -> TimeRange {
        TimeRange { starts: WINDOW.starts + days * DAY, ends: WINDOW.ends + days * DAY }
    }

    #[test]
    fn a_room_is_listed_again_before_the_spare_days_are_used_up_and_not_all_on_one_day() {
        let range = Range::of_window(WINDOW);
        let mut renewals = [0_u32; 32];
        for number in 0..1_000 {
            let room = format!("room-{number}");
            let day = (0..32).find(|day| !range.serves(later(*day), &room)).expect("a day");
            renewals[usize::try_from(day).expect("a day")] += 1;
        }
        assert!(renewals[..11].iter().all(|rooms| *rooms == 0), "{renewals:?}");
        assert!(renewals[11..31].iter().all(|rooms| (20..90).contains(rooms)), "{renewals:?}");
        assert_eq!(renewals.iter().sum::<u32>(), 1_000);
    }

    #[test]
    fn an_earlier_or_longer_window_needs_a_new_list() {
        let range = Range::of_window(WINDOW);
        assert!(range.serves(WINDOW, "a"));
        assert!(!range.serves(TimeRange { starts: WINDOW.starts - 1, ..WINDOW }, "a"));
        assert!(!range.serves(TimeRange { ends: WINDOW.ends + 31 * DAY, ..WINDOW }, "a"));
        assert!(range.serves(TimeRange { ends: WINDOW.ends - 100 * DAY, ..WINDOW }, "a"));
    }

    #[test]
    fn windows_that_cannot_be_read_are_refused() {
        let check = |starts, ends| check_window(TimeRange { starts, ends }).is_ok();
        assert!(check(WINDOW.starts, WINDOW.ends));
        for (starts, ends) in [
            (WINDOW.ends, WINDOW.starts),
            (WINDOW.starts, WINDOW.starts),
            (WINDOW.starts, WINDOW.starts + LONGEST + 1),
            (i64::MIN, i64::MAX),
            (i64::MAX - 1, i64::MAX),
            (-5, 5),
        ] {
            assert!(!check(starts, ends), "{starts} to {ends}");
        }
    }
}
