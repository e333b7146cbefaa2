//! Makes a room free again.

use std::time::Duration;

use super::{mailbox::Mailbox, meeting::Meeting};
use crate::{
    error::{Error, Explanation},
    graph::Graph,
    host::Host,
    model::RoomPosition,
    payload::Answer,
    zones::Zone,
};

/// Pauses between looks whether the booking is gone: Exchange processes the answer after it took
/// it.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

/// Declines a meeting in the room's name, so that it continues without the room, and its organizer
/// receives the comment. Cancels a meeting that is in the room's own calendar.
pub(super) async fn release<H: Host>(
    graph: &Graph<'_, H>,
    room: &RoomPosition,
    booking: &str,
    comment: &str,
) -> Result<(), Error> {
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let mailbox = Mailbox::new(graph, &room.email, &zone);
    let Some(meeting) = mailbox.read(booking).await?.filter(takes_room) else { return Ok(()) };
    match meeting.is_organizer {
        true => mailbox.cancel(booking, !meeting.attendees.is_empty(), comment).await?,
        false => mailbox.decline(booking, comment).await?,
    }
    for pause in PAUSES {
        if !pause.is_zero() {
            graph.host().sleep(pause).await;
        }
        if mailbox.read(booking).await?.filter(takes_room).is_none() {
            return Ok(());
        }
    }
    Err(Error::Unavailable(
        Explanation::new(
            "not-released",
            format!("Exchange has not removed the booking from the calendar of {} yet", room.email),
        )
        .remedy("Try again in a minute"),
    ))
}

fn takes_room(meeting: &Meeting) -> bool {
    !meeting.is_cancelled && meeting.answer != Answer::Declined
}
