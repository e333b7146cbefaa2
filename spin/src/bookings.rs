//! Books rooms, and changes and ends bookings.

use serde_json::json;

use crate::{
    answer::{self, Answer},
    host::Host,
    plugin::Plugin,
    problem::Problem,
    request::{Book, CancelBooking, ChangeBooking, CheckBooking, Release},
    settings,
};

/// Books rooms as one meeting, and returns what each room answered.
///
/// # Errors
/// Where the settings are missing, and those of the plugin.
pub async fn book<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    Book { settings, request, again }: Book,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    Ok(answer::json(&plugin.book_room(settings, request, again).await?))
}

/// Returns what each room has answered by now.
///
/// # Errors
/// Those of [`book`].
pub async fn check<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    CheckBooking { settings, request, ticket }: CheckBooking,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    Ok(answer::json(&plugin.check_booking(settings, request, ticket).await?))
}

/// Changes a meeting, and returns what each room answered.
///
/// # Errors
/// Those of [`book`].
pub async fn change<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    ChangeBooking { settings, former, request, ticket }: ChangeBooking,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    Ok(answer::json(&plugin.change_booking(settings, former, request, ticket).await?))
}

/// Cancels a meeting, or one occurrence of its series.
///
/// # Errors
/// Those of [`book`].
pub async fn cancel<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    CancelBooking { settings, request, ticket, occurrence, comment }: CancelBooking,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    plugin.cancel_booking(settings, request, ticket, occurrence, comment).await?;
    Ok(answer::json(&json!({ "cancelled": true })))
}

/// Makes a room free again.
///
/// # Errors
/// Those of [`book`].
pub async fn release<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    Release { settings, room, booking, comment }: Release,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    plugin.release_room(settings, room, booking, comment).await?;
    Ok(answer::json(&json!({ "released": true })))
}
