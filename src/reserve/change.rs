//! Changes a meeting that the plugin made.

use super::{
    answers::{Made, PAUSES, follow},
    event,
    mailbox::{Mailbox, Patched},
    meeting::Meeting,
    own_calendar,
    problem::{self, Trouble},
    request::{Wish, wrong},
    ticket::{Accepted, Ticket},
};
use crate::{
    error::{Error, Explanation},
    graph::Graph,
    host::Host,
    model::{BookingCalendar, BookingOutcome},
};

/// Changes the meeting. If it changed after it was read, it is read and compared again, once.
pub(super) async fn change<H: Host>(
    graph: &Graph<'_, H>,
    former: &Wish<'_>,
    wish: &Wish<'_>,
    ticket: &Ticket,
) -> Result<BookingOutcome, Error> {
    check_alike(former, wish, ticket)?;
    if ticket.calendar == BookingCalendar::Room && former.is_at_another_time(wish) {
        own_calendar::check_end(wish)?;
    }
    let mailbox = Mailbox::new(graph, &ticket.mailbox, &wish.zone);
    for _ in 0..2 {
        let before = find_own(&mailbox, wish, ticket).await?;
        if !stands_as(&before, former, ticket) && !stands_as(&before, wish, ticket) {
            return Err(problem::changed());
        }
        let is_moved =
            before.times != wish.times || former.request.recurrence != wish.request.recurrence;
        let has_pattern = |wish| event::has_pattern(&before, wish);
        if is_moved && !has_pattern(former) && !has_pattern(wish) {
            return Err(problem::changed());
        }
        let change = event::changes(&before, former, wish, ticket.calendar);
        let meeting = match change.as_object().is_some_and(serde_json::Map::is_empty) {
            true => before.clone(),
            false => {
                if is_moved {
                    check_free(&mailbox, former, wish, &before, ticket).await?;
                }
                match mailbox.patch(&before, &change).await? {
                    Patched::Done(meeting) => *meeting,
                    Patched::ChangedMeanwhile => continue,
                    Patched::Missing => return Err(problem::gone()),
                    Patched::UnknownZone(refusal) => {
                        return Err(problem::unknown_zone(event::zone_name(wish), &refusal));
                    }
                }
            }
        };
        check_zone(&mailbox, former, wish, &meeting).await?;
        let is_wished = former.is_at_another_time(wish);
        // Also where an earlier call changed it, whose answer was lost.
        if ticket.calendar == BookingCalendar::Room && is_wished {
            settle(&mailbox, former, &meeting).await?;
        }
        let Ticket { mailbox, calendar, accepted, .. } = ticket.clone();
        // At another time, all rooms are asked again.
        let accepted = if is_wished { Accepted::NONE } else { accepted };
        let made = Made { mailbox, calendar, meeting, accepted };
        let before = is_moved.then_some(&before);
        // Without a question to a room, its answer is not news: it can have been released.
        let asks = is_wished || former.room_addresses() != wish.room_addresses();
        return follow(graph, wish, made, before, asks, &PAUSES).await;
    }
    Err(problem::changed())
}

/// Checks that two requests are about the same booking.
fn check_alike(former: &Wish<'_>, wish: &Wish<'_>, ticket: &Ticket) -> Result<(), Error> {
    if former.request.reference != wish.request.reference {
        return Err(wrong("reference", "A change keeps the reference of the booking"));
    }
    if !former.organizer.eq_ignore_ascii_case(wish.organizer) {
        return Err(wrong("organizer", "A booking cannot be given to another user: book again"));
    }
    // In a room's calendar, there is no online meeting.
    let is_online = former.request.online_meeting && ticket.calendar == BookingCalendar::Organizer;
    if is_online && !wish.request.online_meeting {
        return Err(problem::stays_online());
    }
    let home = ticket.mailbox.to_lowercase();
    if ticket.calendar == BookingCalendar::Room && !wish.room_addresses().contains(&home) {
        return Err(Error::Unsupported(
            Explanation::new(
                "room-is-organizer",
                format!("The booking is in the calendar of {home}, so this room cannot be removed"),
            )
            .remedy("Cancel the booking, and book the other room"),
        ));
    }
    Ok(())
}

/// Returns the meeting of a ticket.
///
/// # Errors
/// [`Error::Conflict`] where it is gone, or does not have the mark of this booking.
async fn find_own<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    wish: &Wish<'_>,
    ticket: &Ticket,
) -> Result<Meeting, Error> {
    let reference = &wish.request.reference;
    match mailbox.find_ours(ticket, reference).await?.filter(|meeting| !meeting.is_cancelled) {
        None => Err(problem::gone()),
        Some(meeting) if meeting.reference.as_ref() != Some(reference) => Err(problem::not_ours()),
        Some(meeting) => Ok(meeting),
    }
}

/// Returns whether a meeting has the time and the rooms of a request.
fn stands_as(meeting: &Meeting, wish: &Wish<'_>, ticket: &Ticket) -> bool {
    let mut rooms = meeting.rooms();
    if ticket.calendar == BookingCalendar::Room {
        rooms.insert(ticket.mailbox.to_lowercase());
    }
    meeting.times == wish.times
        && meeting.is_series == wish.request.recurrence.is_some()
        && rooms == wish.room_addresses()
}

/// Checks that a room in whose own calendar the meeting is, is free at the new time.
async fn check_free<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    former: &Wish<'_>,
    wish: &Wish<'_>,
    before: &Meeting,
    ticket: &Ticket,
) -> Result<(), Error> {
    if ticket.calendar != BookingCalendar::Room {
        return Ok(());
    }
    let times = Vec::from_iter(wish.times.instants(&wish.zone));
    match super::occupied::others(mailbox, &times, Some(before)).await?.is_empty() {
        true => Ok(()),
        false => Err(problem::room_taken(home_name(former, mailbox.address))),
    }
}

/// Looks again after a change in a room's own calendar. What moves has no priority over anything:
/// where another booking takes the room, the meeting gets its former time, and is withdrawn where
/// that was taken meanwhile.
async fn settle<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    former: &Wish<'_>,
    meeting: &Meeting,
) -> Result<(), Error> {
    match own_calendar::look(mailbox, meeting).await {
        Ok(held) if held.is_empty() => return Ok(()),
        Ok(_) => {}
        // The host repeats the call, which then looks again.
        Err(Trouble::Failed(error @ (Error::Unavailable(_) | Error::Throttled(_)))) => {
            return Err(error);
        }
        Err(trouble) => {
            // What cannot be looked at may be taken.
            restore(mailbox, former, meeting).await?;
            return Err(trouble.into());
        }
    }
    let restored = restore(mailbox, former, meeting).await?;
    if !own_calendar::look(mailbox, &restored).await?.is_empty() {
        own_calendar::withdraw(mailbox, &restored).await?;
        return Err(problem::gone());
    }
    Err(problem::room_taken(home_name(former, mailbox.address)))
}

/// Gives a meeting its former time.
async fn restore<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    former: &Wish<'_>,
    meeting: &Meeting,
) -> Result<Meeting, Error> {
    match mailbox.patch(meeting, &event::former_times(meeting, former)).await? {
        Patched::Done(restored) if restored.times == former.times => Ok(*restored),
        Patched::Done(_) => Err(problem::unclear("not-restored", mailbox.address)),
        // The host repeats the call, which then finds out what is there.
        Patched::ChangedMeanwhile | Patched::UnknownZone(_) => {
            Err(problem::unclear("ErrorIrresolvableConflict", mailbox.address))
        }
        Patched::Missing => Err(problem::gone()),
    }
}

/// Gives a meeting its former time where Exchange has other rules for its time zone.
async fn check_zone<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    former: &Wish<'_>,
    wish: &Wish<'_>,
    meeting: &Meeting,
) -> Result<(), Error> {
    if meeting.times == wish.times {
        return Ok(());
    }
    restore(mailbox, former, meeting).await?;
    let zone = meeting.zone.as_deref().unwrap_or_default();
    Err(Error::Unsupported(problem::zone_differs(zone, wish.times, meeting.times)))
}

fn home_name<'w>(wish: &'w Wish<'_>, address: &'w str) -> &'w str {
    let home = wish.rooms().iter().find(|room| room.email.eq_ignore_ascii_case(address));
    home.map_or(address, |room| room.name.as_str())
}
