//! Bookings that users make in ONES.

use crate::{
    error::{Error, Explanation},
    host::Host,
    model::{BookingOutcome, BookingRequest, BookingTime, RoomPosition},
    settings::Settings,
};

fn not_yet<T>() -> Result<T, Error> {
    Err(Error::Unsupported(Explanation::new("not-yet", "Not yet")))
}

/// Books rooms as one meeting.
pub async fn book<H: Host>(
    _host: &H,
    _settings: &Settings,
    _request: &BookingRequest,
    _again: bool,
) -> Result<BookingOutcome, Error> {
    not_yet()
}

/// Returns what became of a request.
pub async fn check<H: Host>(
    _host: &H,
    _settings: &Settings,
    _request: &BookingRequest,
    _ticket: &str,
) -> Result<BookingOutcome, Error> {
    not_yet()
}

/// Changes a meeting from `former` to `request`.
pub async fn change<H: Host>(
    _host: &H,
    _settings: &Settings,
    _former: &BookingRequest,
    _request: &BookingRequest,
    _ticket: &str,
) -> Result<BookingOutcome, Error> {
    not_yet()
}

/// Cancels a meeting, or one occurrence of its series.
pub async fn cancel<H: Host>(
    _host: &H,
    _settings: &Settings,
    _request: &BookingRequest,
    _ticket: &str,
    _occurrence: Option<&BookingTime>,
    _comment: &str,
) -> Result<(), Error> {
    not_yet()
}

/// Makes a room free again.
pub async fn release<H: Host>(
    _host: &H,
    _settings: &Settings,
    _room: &RoomPosition,
    _booking: &str,
    _comment: &str,
) -> Result<(), Error> {
    not_yet()
}
