//! Makes a meeting in a calendar, once.

use std::time::Duration;

use super::{
    answers::{Made, ended, none_left},
    event,
    mailbox::{Created, Mailbox},
    meeting::Meeting,
    problem::{self, Trouble},
    request::Wish,
    ticket::Accepted,
};
use crate::{
    bookings::Times,
    error::Error,
    graph::Graph,
    host::Host,
    model::{BookingCalendar, BookingEnd, BookingOutcome, RoomAnswer},
};

/// The comment on a meeting at another time than was asked for.
const WRONG_TIME: &str = "ONES withdrew this meeting: it was made at the wrong time.";

/// What a call that makes a meeting led to.
pub(super) enum Making {
    Made(Made),
    /// No meeting was made, or none is left.
    None(BookingOutcome),
}

/// Finds the meeting that an earlier call with the same request made. Its outcome was not clear, so
/// the meeting can be in the organizer's calendar or, where that was not available then, in that of
/// a room.
pub(super) async fn find<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
) -> Result<Option<Making>, Error> {
    let rooms = wish.rooms().iter().map(|room| (BookingCalendar::Room, room.email.as_str()));
    let calendars = std::iter::once((BookingCalendar::Organizer, wish.organizer)).chain(rooms);
    for (calendar, address) in calendars {
        let mailbox = Mailbox::new(graph, address, &wish.zone);
        match mailbox.find(&wish.request.reference).await {
            Ok(Some(meeting)) => {
                return Ok(Some(checked(&mailbox, wish, calendar, meeting, false).await?));
            }
            // Most likely it was not available then either.
            Ok(None) | Err(Trouble::Closed(_)) => {}
            Err(Trouble::Failed(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Makes the meeting in a mailbox.
pub(super) async fn create<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    calendar: BookingCalendar,
    again: bool,
) -> Result<Making, Trouble> {
    let reference = &wish.request.reference;
    let event = event::new_event(wish, calendar, mailbox.address);
    let (meeting, is_new) = match mailbox.create(&event).await? {
        Created::Made(meeting) => {
            // The answer has no named properties.
            (Some(Meeting { reference: Some(reference.clone()), ..*meeting }), true)
        }
        Created::Exists(id) => (find_existing(mailbox, reference, id, again).await?, false),
        Created::UnknownZone(refusal) => {
            return Err(problem::unknown_zone(event::zone_name(wish), &refusal).into());
        }
    };
    let Some(meeting) = meeting else {
        return Ok(Making::None(ended(wish, calendar, BookingEnd::Cancelled)));
    };
    checked(mailbox, wish, calendar, meeting, is_new).await
}

/// Returns the meeting that was made before in the same transaction; `None` where it has ended.
///
/// # Errors
/// [`Error::Unavailable`] where it is not there at the first call: the replica of Exchange that
/// answers may not have it yet.
async fn find_existing<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    reference: &String,
    id: Option<String>,
    again: bool,
) -> Result<Option<Meeting>, Trouble> {
    for pause in [Duration::ZERO, Duration::from_secs(1)] {
        mailbox.wait(pause).await;
        let read = match &id {
            Some(id) => mailbox.read(id).await?,
            None => None,
        };
        match read {
            Some(meeting) if meeting.is_cancelled => return mailbox.find(reference).await,
            Some(meeting) if meeting.reference.as_ref() == Some(reference) => {
                return Ok(Some(meeting));
            }
            Some(_) => return Err(problem::not_ours().into()),
            None => {}
        }
        if let Some(meeting) = mailbox.find(reference).await? {
            return Ok(Some(meeting));
        }
    }
    match again {
        true => Ok(None),
        false => Err(problem::unclear("ErrorDuplicateTransactionId", mailbox.address).into()),
    }
}

/// Returns a meeting that was made. One whose time differs from the one that was requested because
/// Exchange has other rules for the time zone is withdrawn. One that a user changed in Outlook
/// stays.
async fn checked<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    calendar: BookingCalendar,
    meeting: Meeting,
    is_new: bool,
) -> Result<Making, Trouble> {
    if meeting.times == wish.times || !is_new && !is_by_zone(mailbox, wish, &meeting).await? {
        let mailbox = mailbox.address.to_owned();
        let accepted = Accepted::NONE;
        return Ok(Making::Made(Made { mailbox, calendar, meeting, accepted }));
    }
    mailbox.cancel(&meeting.id, !meeting.attendees.is_empty(), WRONG_TIME).await?;
    let reason = problem::zone_differs(event::zone_name(wish), wish.times, meeting.times);
    let answers = wish.rooms().iter().map(|_| RoomAnswer::Declined(reason.clone()));
    Ok(Making::None(none_left(wish, calendar, answers.collect())))
}

/// Returns whether a meeting that was found is at another time because of its time zone: both its
/// start and its end are, and on the wall clock of Exchange it starts when it was to start.
async fn is_by_zone<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    meeting: &Meeting,
) -> Result<bool, Trouble> {
    let (Times::Hours(starts, ends), Times::Hours(made, until)) = (wish.times, meeting.times)
    else {
        return Ok(false);
    };
    if made - starts != until - ends {
        return Ok(false);
    }
    let wanted = event::wall_clock(&wish.zone, starts);
    let there = mailbox.wall_clock(&meeting.id, event::zone_name(wish)).await?;
    Ok(there.starts_with(&wanted))
}
