//! Bookings that users make in ONES.
//!
//! `request.rs` checks a request, `making.rs` makes the meeting in the organizer's calendar or,
//! through `own_calendar.rs`, in a room's, and `answers.rs` reads what the rooms answered.
//! docs/reservations.md describes what is booked when.

mod answers;
mod cancel;
mod change;
mod event;
mod mailbox;
mod making;
mod meeting;
mod occupied;
mod own_calendar;
mod place;
mod problem;
mod recurrence;
mod release;
mod request;
mod ticket;

use answers::{Made, PAUSES};
use mailbox::Mailbox;
use making::Making;
use problem::Trouble;
use request::Wish;
use ticket::Ticket;

#[cfg(test)]
pub(crate) use recurrence::to_json as recurrence_json;

use crate::{
    bookings::check_on,
    error::Error,
    graph::{Graph, Patience},
    host::Host,
    model::{
        BookingCalendar, BookingEnd, BookingOutcome, BookingRequest, BookingTime, RoomPosition,
    },
    settings::Settings,
};

/// Books rooms as one meeting. `again` says that the same request was sent before, and that its
/// outcome is not clear: the meeting is looked up before one is made.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Throttled`] where the meeting may have been made; after any
/// other error, there is none.
pub async fn book<H: Host>(
    host: &H,
    settings: &Settings,
    request: &BookingRequest,
    again: bool,
) -> Result<BookingOutcome, Error> {
    check_on(settings)?;
    let wish = Wish::check(request)?;
    let graph = Graph::new(host, settings, Patience::BOOKING);
    let found = if again { making::find(&graph, &wish).await? } else { None };
    let making = match found {
        Some(making) => making,
        None => make(&graph, &wish, again).await?,
    };
    let made = match making {
        Making::Made(made) => made,
        Making::None(outcome) => return Ok(outcome),
    };
    if made.calendar == BookingCalendar::Room
        && let Some(outcome) = own_calendar::settle(&graph, &wish, &made).await?
    {
        return Ok(outcome);
    }
    Ok(follow_made(&graph, &wish, made).await)
}

/// Makes the meeting: in the organizer's calendar, or in a room's where that is not available or
/// the settings say so.
async fn make<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    again: bool,
) -> Result<Making, Error> {
    let calendar = graph.settings().bookings.calendar;
    if calendar == BookingCalendar::Organizer {
        let mailbox = Mailbox::new(graph, wish.organizer, &wish.zone);
        match making::create(&mailbox, wish, calendar, again).await {
            Err(Trouble::Closed(_)) => {}
            result => return Ok(result?),
        }
    }
    own_calendar::make(graph, wish, again).await
}

/// Waits a moment for the answers of the rooms. The meeting exists, so the host gets its ticket,
/// also where the answers cannot be read now.
async fn follow_made<H: Host>(graph: &Graph<'_, H>, wish: &Wish<'_>, made: Made) -> BookingOutcome {
    let outcome = answers::follow(graph, wish, made.clone(), None, true, &PAUSES).await;
    outcome.unwrap_or_else(|_| made.pending(wish))
}

/// Returns the current state of a request.
///
/// # Errors
/// Those of reading the calendars.
pub async fn check<H: Host>(
    host: &H,
    settings: &Settings,
    request: &BookingRequest,
    ticket: &str,
) -> Result<BookingOutcome, Error> {
    check_on(settings)?;
    let wish = Wish::known(request)?;
    let ticket = Ticket::read(ticket)?;
    let graph = Graph::new(host, settings, Patience::BOOKING);
    let mailbox = Mailbox::new(&graph, &ticket.mailbox, &wish.zone);
    let Some(meeting) = mailbox.find_ours(&ticket, &request.reference).await? else {
        return Ok(answers::ended(&wish, ticket.calendar, BookingEnd::Deleted));
    };
    if meeting.is_cancelled {
        return Ok(answers::ended(&wish, ticket.calendar, BookingEnd::Cancelled));
    }
    let Ticket { mailbox, calendar, accepted, .. } = ticket.clone();
    let made = Made { mailbox, calendar, meeting, accepted };
    answers::follow(&graph, &wish, made, None, true, &[]).await
}

/// Changes a meeting from `former` to `request`.
///
/// # Errors
/// [`Error::Conflict`] where the meeting is not as `former` says, or a room in whose own calendar
/// it is is taken at the new time; nothing was changed then.
pub async fn change<H: Host>(
    host: &H,
    settings: &Settings,
    former: &BookingRequest,
    request: &BookingRequest,
    ticket: &str,
) -> Result<BookingOutcome, Error> {
    check_on(settings)?;
    let (former, wish) = (Wish::known(former)?, Wish::known(request)?);
    // A user can have moved the series in Outlook, to a day that its pattern does not have.
    if former.is_at_another_time(&wish) {
        wish.check_series()?;
    }
    let ticket = Ticket::read(ticket)?;
    let graph = Graph::new(host, settings, Patience::BOOKING);
    change::change(&graph, &former, &wish, &ticket).await
}

/// Cancels a meeting, or one occurrence of its series. One that is gone counts as cancelled.
///
/// # Errors
/// [`Error::Conflict`] where the plugin did not make the meeting.
pub async fn cancel<H: Host>(
    host: &H,
    settings: &Settings,
    request: &BookingRequest,
    ticket: &str,
    occurrence: Option<&BookingTime>,
    comment: &str,
) -> Result<(), Error> {
    check_on(settings)?;
    let wish = Wish::known(request)?;
    let ticket = Ticket::read(ticket)?;
    let graph = Graph::new(host, settings, Patience::BOOKING);
    cancel::cancel(&graph, &wish, &ticket, occurrence, comment).await
}

/// Makes a room free again, whoever booked it. A booking that is gone counts as released.
///
/// # Errors
/// Those of the room's mailbox.
pub async fn release<H: Host>(
    host: &H,
    settings: &Settings,
    room: &RoomPosition,
    booking: &str,
    comment: &str,
) -> Result<(), Error> {
    check_on(settings)?;
    let graph = Graph::new(host, settings, Patience::BOOKING);
    release::release(&graph, room, booking, comment).await
}
