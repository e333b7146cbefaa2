//! Asks a room a second time that declined because of a meeting that was cancelled at the same
//! moment: Exchange had not processed the cancellation yet.

use jiff::Timestamp;
use serde_json::json;

use super::{
    mailbox::{Mailbox, Patched},
    meeting::{Attendee, Meeting},
    occupied::was_freed,
    outcome::Made,
    problem::Trouble,
    request::Wish,
};
use crate::{
    error::Error,
    graph::Graph,
    host::{Host, unix_seconds},
    model::{RoomAnswer, WantedRoom},
};

/// Time after the answer of a room in which a cancellation can explain it, in seconds.
const PROCESSED_WITHIN: i64 = 120;

/// Maximum number of bookings in the way whose organizers are asked.
const MOST_IN_THE_WAY: usize = 3;

/// What to do about a room that declined.
enum Next {
    /// Its answer counts.
    Keep,
    /// It has to process a cancellation first.
    Wait,
    Ask,
}

/// Replaces the answer of a room that declined by [`RoomAnswer::Pending`] where a cancelled meeting
/// explains it, and asks the room again when it is free. Each room is asked again once.
///
/// # Errors
/// Those of writing the meeting.
pub(super) async fn follow<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    made: &mut Made,
    room: &WantedRoom,
    answer: &mut RoomAnswer,
) -> Result<(), Error> {
    let Some(attendee) = made.meeting.attendee(&room.email).cloned() else { return Ok(()) };
    let is_ours = made.meeting.reference.as_ref() == Some(&wish.request.reference);
    let is_over = made.asked_again.contains(&room.email);
    if is_over || !is_ours || !is_recent(graph.host(), &attendee) {
        return Ok(());
    }
    match decide(graph, wish, made, room, &attendee, answer).await {
        Next::Keep => {}
        Next::Wait => {
            made.waits.add(&room.email);
            *answer = RoomAnswer::Pending;
        }
        Next::Ask => {
            made.asked_again.add(&room.email);
            if let Some(meeting) = ask(graph, wish, made, &attendee).await? {
                made.meeting = meeting;
                *answer = RoomAnswer::Pending;
            }
        }
    }
    Ok(())
}

/// Returns whether a room answered a moment ago.
fn is_recent(host: &impl Host, attendee: &Attendee) -> bool {
    let now = i64::try_from(unix_seconds(host.now())).unwrap_or(i64::MAX);
    let answered: Option<Timestamp> = attendee.answered.parse().ok();
    answered.is_some_and(|time| now.saturating_sub(time.as_second()) <= PROCESSED_WITHIN)
}

/// Decides about a room that declined. What cannot be read explains nothing.
async fn decide<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    made: &Made,
    room: &WantedRoom,
    attendee: &Attendee,
    answer: &RoomAnswer,
) -> Next {
    match answer {
        RoomAnswer::Declined(_) if made.waits.contains(&room.email) => Next::Ask,
        RoomAnswer::Declined(_) => {
            let mailbox = Mailbox::new(graph, &room.email, &wish.zone);
            let times = Vec::from_iter(made.meeting.times.instants(&wish.zone));
            let is_single = !made.meeting.is_series;
            match was_freed(&mailbox, &times, &attendee.answered).await {
                Ok(true) if is_single => Next::Ask,
                _ => Next::Keep,
            }
        }
        RoomAnswer::Conflict(bookings) if bookings.len() <= MOST_IN_THE_WAY => {
            for booking in bookings {
                let organizer = booking.organizer.as_ref().and_then(|one| one.email.as_deref());
                let (Some(organizer), Some(uid)) = (organizer, booking.meeting.as_deref()) else {
                    return Next::Keep;
                };
                let organizers = Mailbox::new(graph, organizer, &wish.zone);
                match organizers.copy_of(uid).await {
                    Ok(None) => {}
                    Ok(Some(_)) | Err(_) => return Next::Keep,
                }
            }
            Next::Wait
        }
        _ => Next::Keep,
    }
}

/// Invites a room anew. Exchange asks no room again that stays invited.
async fn ask<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    made: &Made,
    room: &Attendee,
) -> Result<Option<Meeting>, Trouble> {
    let mailbox = Mailbox::new(graph, &made.mailbox, &wish.zone);
    let attendees = &made.meeting.attendees;
    let others: Vec<_> = attendees.iter().filter(|one| *one != room).collect();
    let mut meeting = made.meeting.clone();
    for invited in [others, attendees.iter().collect()] {
        let written: Vec<_> = invited.iter().map(|attendee| &attendee.written).collect();
        match mailbox.patch(&meeting, &json!({"attendees": written})).await? {
            Patched::Done(changed) => meeting = *changed,
            // A user changed it, or Exchange does something else than was asked: what is there
            // counts.
            Patched::ChangedMeanwhile | Patched::Missing | Patched::UnknownZone(_) => {
                return mailbox.read(&meeting.id).await;
            }
        }
    }
    Ok(Some(meeting))
}
