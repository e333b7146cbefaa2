//! The errors of calls that book, and what to do about them.

use jiff::civil::Date;

use crate::{
    bookings::{Times, WITHOUT_MAILBOX, time_text},
    error::{Error, Explanation},
    graph::{Graph, GraphError},
    host::Host,
    payload::day_text,
    permission::CALENDARS,
};

/// Why a request to a mailbox had no result.
#[derive(Debug)]
pub(super) enum Trouble {
    /// ONES cannot use the mailbox: there is none in Exchange Online, or a policy keeps the app
    /// out.
    Closed(Error),
    /// Any other error.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        let (Trouble::Closed(error) | Trouble::Failed(error)) = trouble;
        error
    }
}

/// Returns the error for a refusal of a request to the mailbox. `changes` says whether the request
/// changes something.
pub(super) fn refused<H: Host>(
    graph: &Graph<'_, H>,
    mailbox: &str,
    changes: bool,
    refusal: GraphError,
) -> Trouble {
    if refusal.is_about_the_token() {
        return refusal.unauthorized().into();
    }
    let explanation = |summary: String, remedy: &str| {
        Explanation::new(refusal.code.as_str(), summary)
            .remedy(remedy)
            .detail(refusal.detail().to_owned())
    };
    if refusal.is("ErrorQuotaExceeded") {
        return Trouble::Failed(Error::Other(explanation(
            format!("The mailbox of {mailbox} is full"),
            "Ask your Exchange administrator to delete old items of this mailbox or to raise its \
                limit",
        )));
    }
    if changes && is_unclear(&refusal) {
        return unclear(refusal.code.as_str(), refusal.detail()).into();
    }
    if refusal.is_graphs && refusal.status == 403 {
        return Trouble::Closed(Error::PermissionMissing(explanation(
            format!("Microsoft 365 does not let ONES use the calendar of {mailbox}"),
            "Check that Calendars.ReadWrite is granted, and ask your Exchange administrator to add \
                this mailbox to those that the app may use: the application access policy, or the \
                scope of its role assignments. A change can take some hours",
        )));
    }
    let is_without = WITHOUT_MAILBOX.iter().any(|code| refusal.is(code));
    if refusal.is_graphs && (is_without || refusal.status == 404) {
        return Trouble::Closed(Error::Unsupported(explanation(
            format!("{mailbox} has no mailbox in Exchange Online"),
            "Check in the Exchange admin center that the mailbox exists, is not on premises, and \
                has this address",
        )));
    }
    if refusal.is("ErrorOccurrenceCrossingBoundary") {
        return Trouble::Failed(Error::Other(explanation(
            "Exchange does not move an occurrence to or past the day of the one before or after it"
                .to_owned(),
            "Choose another day, or cancel the occurrence and book the other day",
        )));
    }
    graph.explain(refusal, CALENDARS).into()
}

/// Returns whether the server can have done what it was asked, although it reports an error.
fn is_unclear(refusal: &GraphError) -> bool {
    refusal.status == 408
        || refusal.status >= 500 && !matches!(refusal.status, 501 | 507)
        || !refusal.is_graphs && refusal.status != 401
}

/// Returns the error where it is not known whether the server did what it was asked.
pub(super) fn unclear(code: &str, detail: &str) -> Error {
    Error::Unavailable(
        Explanation::new(
            code,
            "Microsoft 365 did not answer clearly: the booking can have been made or changed",
        )
        .remedy("Repeat the request: ONES looks for the booking before it sends anything again")
        .detail(detail),
    )
}

/// Returns the error where Exchange does not know the time zone.
pub(super) fn unknown_zone(zone: &str, refusal: &GraphError) -> Error {
    Error::Unsupported(
        Explanation::new(
            refusal.code.as_str(),
            format!("Exchange does not know the time zone {zone}; nothing was booked"),
        )
        .remedy("Give the room a time zone that Exchange knows, and sync the rooms again")
        .detail(refusal.detail().to_owned()),
    )
}

/// Returns the explanation where Exchange and the plugin do not agree on a time zone.
pub(super) fn zone_differs(zone: &str, wanted: Times, made: Times) -> Explanation {
    let text = |times| match times {
        Times::Hours(starts, ends) => format!("{} to {}", time_text(starts), time_text(ends)),
        Times::Days(first, until) => format!("{} to {}", day_text(first), day_text(until)),
    };
    let (wanted, made) = (text(wanted), text(made));
    Explanation::new(
        "time-zone-differs",
        format!(
            "Exchange has other rules for the time zone {zone} than ONES: it would have booked \
                {made} instead of {wanted}, in universal time. Nothing was booked"
        ),
    )
    .remedy("Book the room in Outlook, and report this time zone to the developers of ONES")
}

/// Returns the error where a meeting that is online is to be no longer: Microsoft 365 ignores that.
///
/// Source: <https://learn.microsoft.com/graph/api/event-update>.
pub(super) fn stays_online() -> Error {
    Error::Other(
        Explanation::new(
            "request.online-meeting",
            "Microsoft 365 does not turn an online meeting into one that is not online",
        )
        .remedy(
            "Leave the meeting online, or cancel it and book the room again. Nothing was changed",
        ),
    )
}

/// Returns the error for a series in a room's own calendar that does not end by `latest`. It is
/// compared with the other bookings of the room for that number of days.
pub(super) fn series_too_long(latest: Date, days: i64) -> Error {
    let latest = day_text(latest);
    Error::Unsupported(
        Explanation::new(
            "series-too-long",
            format!(
                "ONES compares a series in a room's own calendar with the other bookings of the \
                    room for {days} days, and this series does not end by {latest}"
            ),
        )
        .remedy(format!("Let the series end by {latest}, and book a new one after that")),
    )
}

/// Returns the error where the meeting is not as the host knows it.
pub(super) fn changed() -> Error {
    Error::Conflict(
        Explanation::new("booking-changed", "The booking was changed in Outlook meanwhile")
            .remedy("Look at the booking as it is now, then change it again"),
    )
}

/// Returns the error where the meeting does not exist any more.
pub(super) fn gone() -> Error {
    Error::Conflict(
        Explanation::new("booking-gone", "The booking no longer exists in Microsoft 365")
            .remedy("Book the room again"),
    )
}

/// Returns the error where the meeting does not have the mark of this booking.
pub(super) fn not_ours() -> Error {
    Error::Conflict(
        Explanation::new(
            "not-ours",
            "The meeting in Microsoft 365 does not have the mark of this booking of ONES, so ONES \
                does not change it",
        )
        .remedy("Change or cancel the meeting in Outlook"),
    )
}

/// Returns the error where a room is taken at the time to which its booking should move.
pub(super) fn room_taken(room: &str) -> Error {
    Error::Conflict(
        Explanation::new("room-taken", format!("{room} is not free at the new time"))
            .remedy("Choose another time. The booking is as it was"),
    )
}

/// Returns the error where an event that decides cannot be read. The reason contains neither title
/// nor names.
pub(super) fn unreadable(mailbox: &str, reason: &str) -> Error {
    Error::Unexpected(
        Explanation::new(
            "unreadable-event",
            format!("An event in the calendar of {mailbox} cannot be read"),
        )
        .remedy("Look at the calendar in Outlook, and delete or repair the event")
        .detail(reason),
    )
}
