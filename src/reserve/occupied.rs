//! What else is in a room's calendar at the time of a meeting.

use serde_json::{Value, value::RawValue};

use super::{
    mailbox::{DAY, Mailbox},
    meeting::{Meeting, in_order},
    problem::{self, Trouble},
};
use crate::{
    bookings::{Judged, Range, Room, Times},
    error::Error,
    host::Host,
    model::{Booking, Hold},
    payload::{EventItem, read_event},
};

/// A booking that takes a room.
#[derive(Debug)]
pub(super) struct Held {
    /// The booking, without what is private.
    pub(super) booking: Booking,
    /// Whether it was written into the room's calendar, so that the room was not asked.
    pub(super) is_direct: bool,
    /// When it was made, in a form whose order is that of time.
    pub(super) created: String,
    /// Id of the meeting in all calendars.
    pub(super) uid: String,
}

/// Returns the bookings that take a room at one of these times, without those of the meeting `own`.
///
/// # Errors
/// [`Error::Unexpected`] where an event cannot be read: the room may be taken by it.
pub(super) async fn others<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    times: &[(i64, i64)],
    own: Option<&Meeting>,
) -> Result<Vec<Held>, Trouble> {
    let from = times.iter().map(|(starts, _)| *starts).min().unwrap_or_default();
    let until = times.iter().map(|(_, ends)| *ends).max().unwrap_or_default();
    let room = Room::new(mailbox.address, mailbox.zone.clone(), Range { from, until });
    let mut held = Vec::new();
    // All-day events are days of the room, which Exchange counts in universal time.
    let view = mailbox.view((from - DAY, until + DAY));
    mailbox
        .pages(view, |raw| {
            let other = read_other(raw, &room, times, own);
            held.extend(other.map_err(|reason| problem::unreadable(mailbox.address, &reason))?);
            Ok::<_, Error>(true)
        })
        .await?;
    Ok(held)
}

/// Reads an event; `None` where it does not take the room at these times.
fn read_other(
    raw: &RawValue,
    room: &Room,
    times: &[(i64, i64)],
    own: Option<&Meeting>,
) -> Result<Option<Held>, String> {
    let event = match read_event(raw) {
        EventItem::Event(event) => event,
        EventItem::Removed(_) => return Ok(None),
        EventItem::Unreadable(unreadable) => return Err(unreadable.reason),
    };
    let uid = event.facts.as_ref().and_then(|facts| facts.meeting.clone()).unwrap_or_default();
    let is_own = own.is_some_and(|own| {
        event.id == own.id
            || event.master.as_ref() == Some(&own.id)
            || own.uid.as_ref() == Some(&uid)
    });
    if is_own {
        return Ok(None);
    }
    let overlaps = |(starts, ends): (i64, i64)| {
        times.iter().any(|(from, until)| starts < *until && *from < ends)
    };
    // At another time, it does not matter what else cannot be read.
    let all_day = event.facts.as_ref().and_then(|facts| facts.all_day).unwrap_or_default();
    let read = Times::read(&event, all_day, &room.zone).ok();
    if read.and_then(|times| times.instants(&room.zone)).is_some_and(|read| !overlaps(read)) {
        return Ok(None);
    }
    let Judged::Booking(booking) = room.judge(&event, None)? else { return Ok(None) };
    let mut booking = *booking;
    if let Some(master) = event.master {
        booking.series = Some(master);
        // The id of an occurrence in all calendars is known with its master only.
        booking.meeting = None;
    }
    if booking.hold == Hold::Free {
        return Ok(None);
    }
    read.and_then(|times| times.instants(&room.zone)).ok_or("its time is out of range")?;
    let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    Ok(Some(Held {
        booking,
        is_direct: value["isOrganizer"] == true,
        created: in_order(value["createdDateTime"].as_str().unwrap_or_default()),
        uid,
    }))
}
