//! Books a room in its own calendar, where the organizer's is not available.
//!
//! Exchange lets a client write there whatever else is in the calendar, and does not ask the room,
//! which answers invitations only. So the plugin looks, writes, and looks again. docs/decisions/034
//! has the rule by which two hosts decide which of their bookings stays.

use jiff::Span;

use super::{
    answers::{MOST_CONFLICTS, Made, none_left},
    mailbox::{HORIZON_DAYS, Mailbox},
    making::{self, Making},
    meeting::Meeting,
    occupied::{Held, others},
    problem::{self, Trouble},
    recurrence,
    request::Wish,
};
use crate::{
    error::{Error, Explanation},
    graph::Graph,
    host::Host,
    model::{BookingCalendar, BookingOutcome, RoomAnswer, WantedRoom},
};

/// The comment on a booking that the plugin withdraws.
const TAKEN: &str = "The room was taken at the same moment, so ONES withdrew this booking.";

/// Looks, and writes the meeting into the calendar of the first room that is free. The others are
/// invited, and answer by themselves.
pub(super) async fn make<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    again: bool,
) -> Result<Making, Error> {
    check_end(wish)?;
    let mut answers = Vec::new();
    let mut refused = None;
    for room in wish.rooms() {
        match make_in(graph, wish, room, again).await {
            Ok(Attempt::Over(making)) => return Ok(making),
            Ok(Attempt::Taken(held)) => answers.push(conflict(held)),
            Err(Trouble::Closed(error)) => {
                answers.push(RoomAnswer::Declined(reason(&error, room)));
                refused.get_or_insert(error);
            }
            Err(Trouble::Failed(error)) => return Err(error),
        }
    }
    let is_taken = |answer: &RoomAnswer| matches!(answer, RoomAnswer::Conflict(_));
    match refused {
        // No room can be used at all: that concerns the settings, not this booking.
        Some(error) if !answers.iter().any(is_taken) => Err(error),
        _ => Ok(Making::None(none_left(wish, BookingCalendar::Room, answers))),
    }
}

/// Checks that a series ends while its occurrences are compared with the other bookings of a room.
///
/// # Errors
/// [`Error::Unsupported`] where it does not.
pub(super) fn check_end(wish: &Wish<'_>) -> Result<(), Error> {
    let series = wish.request.recurrence.as_ref().zip(wish.first_day(&wish.zone));
    let Some((recurrence, first)) = series else { return Ok(()) };
    // The last hours of the last day may not be read.
    let latest = first.saturating_add(Span::new().days(HORIZON_DAYS - 1));
    match recurrence::ends_by(recurrence, first, latest) {
        true => Ok(()),
        false => Err(problem::series_too_long(latest, HORIZON_DAYS)),
    }
}

enum Attempt {
    Over(Making),
    Taken(Vec<Held>),
}

async fn make_in<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    room: &WantedRoom,
    again: bool,
) -> Result<Attempt, Trouble> {
    let mailbox = Mailbox::new(graph, &room.email, &wish.zone);
    let times = Vec::from_iter(wish.times.instants(&wish.zone));
    let held = others(&mailbox, &times, None).await?;
    if !held.is_empty() {
        return Ok(Attempt::Taken(held));
    }
    let making = making::create(&mailbox, wish, BookingCalendar::Room, again).await?;
    Ok(Attempt::Over(making))
}

/// Looks again at a meeting that was written into a room's calendar, and withdraws it where another
/// booking wins. Returns the outcome then.
pub(super) async fn settle<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    made: &Made,
) -> Result<Option<BookingOutcome>, Error> {
    let mailbox = Mailbox::new(graph, &made.mailbox, &wish.zone);
    let held = match look(&mailbox, &made.meeting).await {
        Ok(held) => held,
        // The host repeats the call, which then looks again.
        Err(Trouble::Failed(error @ (Error::Unavailable(_) | Error::Throttled(_)))) => {
            return Err(error);
        }
        Err(trouble) => {
            // What cannot be looked at may be taken. No meeting is left, so this is no error, after
            // which the host may book again.
            withdraw(&mailbox, &made.meeting).await?;
            let error = Error::from(trouble);
            let answers = wish.rooms().iter();
            let answers = answers.map(|room| RoomAnswer::Declined(reason(&error, room)));
            return Ok(Some(none_left(wish, BookingCalendar::Room, answers.collect())));
        }
    };
    if !held.iter().any(|other| wins(other, &made.meeting)) {
        return Ok(None);
    }
    withdraw(&mailbox, &made.meeting).await?;
    let mut held = Some(held);
    let answers =
        wish.rooms().iter().map(|room| match room.email.eq_ignore_ascii_case(&made.mailbox) {
            true => conflict(held.take().unwrap_or_default()),
            false => RoomAnswer::Declined(withdrawn(room)),
        });
    Ok(Some(none_left(wish, BookingCalendar::Room, answers.collect())))
}

/// Returns what else takes the room while the meeting takes place.
///
/// # Errors
/// [`Error::Unavailable`] where the occurrences of a series are not listed: another replica of
/// Exchange may not have them yet.
pub(super) async fn look<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    meeting: &Meeting,
) -> Result<Vec<Held>, Trouble> {
    let times: Vec<_> = match meeting.is_series {
        false => meeting.times.instants(mailbox.zone).into_iter().collect(),
        true => {
            let occurrences = mailbox.occurrences(meeting).await?.unwrap_or_default();
            if occurrences.is_empty() {
                return Err(problem::unclear("series-not-listed", mailbox.address).into());
            }
            let occurrences = occurrences.into_iter().filter(|occurrence| !occurrence.is_gone);
            occurrences.filter_map(|one| one.times.instants(mailbox.zone)).collect()
        }
    };
    others(mailbox, &times, Some(meeting)).await
}

/// Returns whether another booking has priority over ours: an invitation, on which the room
/// decides, always; of bookings that were written into the calendar, the one that was made first.
fn wins(other: &Held, own: &Meeting) -> bool {
    let uid = own.uid.as_deref().unwrap_or_default();
    !other.is_direct || (other.created.as_str(), other.uid.as_str()) < (own.created.as_str(), uid)
}

/// Cancels a meeting in a room's calendar.
pub(super) async fn withdraw<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    meeting: &Meeting,
) -> Result<(), Trouble> {
    mailbox.cancel(&meeting.id, !meeting.attendees.is_empty(), TAKEN).await
}

fn conflict(held: Vec<Held>) -> RoomAnswer {
    RoomAnswer::Conflict(held.into_iter().take(MOST_CONFLICTS).map(|held| held.booking).collect())
}

fn reason(error: &Error, room: &WantedRoom) -> Explanation {
    let unknown =
        || Explanation::new("room-unavailable", format!("{} is not available", room.name));
    error.explanation().cloned().unwrap_or_else(unknown)
}

fn withdrawn(room: &WantedRoom) -> Explanation {
    let summary =
        format!("{} was not booked, because another room of the booking is taken", room.name);
    Explanation::new("withdrawn", summary).remedy("Book the rooms that are free")
}
