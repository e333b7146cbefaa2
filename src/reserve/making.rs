//! Makes a meeting, once: in the organizer's calendar, or in a room's.

use super::{
    answers::{Made, ended},
    event,
    mailbox::{Created, Mailbox},
    meeting::Meeting,
    own_calendar,
    problem::{self, Trouble},
    request::Wish,
};
use crate::{
    bookings::{Times, time_text},
    error::Error,
    graph::Graph,
    host::Host,
    model::{BookingCalendar, BookingEnd, BookingOutcome},
    payload::day_text,
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
) -> Result<Option<Made>, Error> {
    let rooms = wish.rooms().iter().map(|room| (BookingCalendar::Room, room.email.as_str()));
    let calendars = std::iter::once((BookingCalendar::Organizer, wish.organizer)).chain(rooms);
    for (calendar, address) in calendars {
        let mailbox = Mailbox::new(graph, address, &wish.zone);
        match mailbox.find(&wish.request.reference).await {
            Ok(Some(meeting)) => {
                check_zone(&mailbox, wish, &meeting, false).await?;
                return Ok(Some(Made { mailbox: address.to_owned(), calendar, meeting }));
            }
            // Most likely it was not available then either.
            Ok(None) | Err(Trouble::Closed(_)) => {}
            Err(Trouble::Failed(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Makes the meeting: in the organizer's calendar, or in a room's where that is not available or
/// the settings say so.
pub(super) async fn make<H: Host>(graph: &Graph<'_, H>, wish: &Wish<'_>) -> Result<Making, Error> {
    let calendar = graph.settings().bookings.calendar;
    if calendar == BookingCalendar::Organizer {
        let mailbox = Mailbox::new(graph, wish.organizer, &wish.zone);
        match create(&mailbox, wish, calendar).await {
            Err(Trouble::Closed(_)) => {}
            result => return Ok(result?),
        }
    }
    own_calendar::make(graph, wish).await
}

/// Makes the meeting in a mailbox.
pub(super) async fn create<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    calendar: BookingCalendar,
) -> Result<Making, Trouble> {
    let reference = &wish.request.reference;
    let event = event::new_event(wish, calendar, mailbox.address);
    let (meeting, is_new) = match mailbox.create(&event).await? {
        Created::Made(meeting) => {
            // The answer has no named properties.
            (Some(Meeting { reference: Some(reference.clone()), ..*meeting }), true)
        }
        Created::Exists(id) => (find_existing(mailbox, reference, id).await?, false),
        Created::UnknownZone(refusal) => {
            return Err(problem::unknown_zone(event::zone_name(wish), &refusal).into());
        }
    };
    let Some(meeting) = meeting else {
        return Ok(Making::None(ended(wish, calendar, BookingEnd::Cancelled)));
    };
    check_zone(mailbox, wish, &meeting, is_new).await?;
    Ok(Making::Made(Made { mailbox: mailbox.address.to_owned(), calendar, meeting }))
}

/// Returns the meeting that was made before in the same transaction; `None` where it has ended.
async fn find_existing<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    reference: &String,
    id: Option<String>,
) -> Result<Option<Meeting>, Trouble> {
    let found = match id {
        Some(id) => mailbox.read(&id).await?,
        None => None,
    };
    match found.filter(|meeting| !meeting.is_cancelled) {
        Some(meeting) if meeting.reference.as_ref() == Some(reference) => Ok(Some(meeting)),
        Some(_) => Err(problem::not_ours().into()),
        None => mailbox.find(reference).await,
    }
}

/// Withdraws a meeting whose time differs from the one that was requested because Exchange has
/// other rules for the time zone. One that a user moved in Outlook stays.
///
/// # Errors
/// [`Error::Unsupported`] where it was withdrawn.
async fn check_zone<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    meeting: &Meeting,
    is_new: bool,
) -> Result<(), Trouble> {
    if meeting.times == wish.times {
        return Ok(());
    }
    let zone = event::zone_name(wish);
    if !is_new {
        // On the wall clock of Exchange, it is at the time that was written.
        let wanted = match wish.times {
            Times::Hours(starts, _) => event::wall_clock(&wish.zone, starts),
            Times::Days(first, _) => format!("{}T00:00:00", day_text(first)),
        };
        if !mailbox.wall_clock(&meeting.id, zone).await?.starts_with(&wanted) {
            return Ok(());
        }
    }
    mailbox.cancel(&meeting.id, !meeting.attendees.is_empty(), WRONG_TIME).await?;
    Err(problem::zone_differs(zone, &text(wish.times), &text(meeting.times)).into())
}

fn text(times: Times) -> String {
    match times {
        Times::Hours(starts, _) => time_text(starts),
        Times::Days(first, _) => day_text(first),
    }
}
