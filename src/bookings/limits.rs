//! The limits of one round of a room, and the errors where they are exceeded.

use crate::error::{Error, Explanation};

/// Maximum number of times that a room is listed in one run, where Exchange loses its state.
pub(super) const MOST_LISTINGS: u32 = 3;

/// Maximum number of pages of one round, or of one list.
pub(crate) const MOST_PAGES: u32 = 2_000;

/// Maximum number of events of one round, or of one list: the occurrences of series wait for its
/// end.
pub(crate) const MOST_EVENTS: usize = 50_000;

pub(super) fn state_lost() -> Error {
    Error::Unavailable(
        Explanation::new(
            "state-lost",
            format!("Exchange lost the state of the reading {MOST_LISTINGS} times in a row"),
        )
        .remedy("Try again later"),
    )
}

/// Returns the error for a calendar with more than [`MOST_EVENTS`] events at the time that is read.
pub(crate) fn too_many_events(mailbox: &str) -> Error {
    Error::Unexpected(
        Explanation::new(
            "too-many-events",
            format!(
                "The calendar of {mailbox} has more than {MOST_EVENTS} events at the time that is \
                    read"
            ),
        )
        .remedy(
            "Remove events of this calendar, enter fewer days ahead in the room settings, or book \
                a shorter series",
        ),
    )
}

/// Returns the error for a calendar with more than [`MOST_PAGES`] pages, none of which came twice.
pub(crate) fn endless(mailbox: &str) -> Error {
    Error::Unexpected(
        Explanation::new(
            "endless-delta",
            format!("Microsoft Graph's pages of the calendar of {mailbox} do not end"),
        )
        .remedy("Try again later"),
    )
}

pub(super) fn no_link() -> Error {
    Error::Unexpected(
        Explanation::new(
            "no-delta-link",
            "Microsoft Graph ended a calendar without a link to later changes",
        )
        .remedy("Try again later. The other rooms are read"),
    )
}
