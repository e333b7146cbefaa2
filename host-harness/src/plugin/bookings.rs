//! The door through which bookings enter the host. What is too large counts as unreadable, and a
//! private booking has neither title nor organizer after it, whatever the plugin sent.

use std::collections::HashSet;

use super::{
    CallError,
    bounds::{shorten, shorten_explanation},
    door::admit,
    texts,
};
use crate::{
    model::{
        Booking, BookingChange, BookingOutcome, BookingRequest, RoomAnswer, RoomAvailability,
        RoomUpdate, SeriesBookings, Unreadable,
    },
    secrets::Secrets,
};

#[cfg(test)]
mod tests;

/// Largest booking, in bytes of its texts.
const LARGEST_BOOKING: usize = 64 << 10;

/// Largest series, in bytes of the texts of its bookings.
const LARGEST_SERIES: usize = 4 << 20;

/// Size of the fields of a booking that are not texts, in bytes.
const FIELDS: usize = 64;

/// Lets an update of a room into the host: within bounds, without secrets and private texts.
pub(super) fn admit_update(
    secrets: &Secrets,
    mut update: RoomUpdate,
) -> Result<RoomUpdate, CallError> {
    match &mut update {
        RoomUpdate::Batch(batch) => make_fit(&mut batch.changes),
        RoomUpdate::Failed(failure) => shorten(&mut failure.error),
    }
    admit(secrets, update)
}

/// Lets the answer of `read-bookings` into the host.
pub(super) fn admit_changes(
    secrets: &Secrets,
    mut changes: Vec<BookingChange>,
) -> Result<Vec<BookingChange>, CallError> {
    make_fit(&mut changes);
    admit(secrets, changes)
}

/// Lets the answer of `availability` into the host, if it has each of the rooms once.
pub(super) fn admit_availability(
    secrets: &Secrets,
    mut answer: Vec<RoomAvailability>,
    asked: &[String],
) -> Result<Vec<RoomAvailability>, CallError> {
    let mut open: HashSet<&str> = asked.iter().map(String::as_str).collect();
    for room in &mut answer {
        if let Err(error) = &mut room.taken {
            shorten(error);
        }
        if !open.remove(room.email.as_str()) {
            return Err(CallError::broke(format!("it was not asked for {}", room.email)));
        }
    }
    match open.into_iter().next() {
        Some(email) => {
            Err(CallError::broke(format!("it was asked for {email}, and did not report it")))
        }
        None => admit(secrets, answer),
    }
}

/// Lets the outcome of a request into the host, if it has each of the rooms, in their order.
pub(super) fn admit_outcome(
    secrets: &Secrets,
    mut outcome: BookingOutcome,
    request: &BookingRequest,
) -> Result<BookingOutcome, CallError> {
    let asked = request.rooms.iter().map(|room| &room.room);
    if !asked.eq(outcome.rooms.iter().map(|answered| &answered.room)) {
        return Err(CallError::broke("the outcome of a booking has other rooms than its request"));
    }
    for answered in &mut outcome.rooms {
        match &mut answered.answer {
            RoomAnswer::Declined(why) => shorten_explanation(why),
            RoomAnswer::Conflict(bookings) => bookings.iter_mut().for_each(hide_private),
            _ => {}
        }
    }
    admit(secrets, outcome)
}

/// Replaces what is too large by a change that says so, and removes private texts.
fn make_fit(changes: &mut [BookingChange]) {
    for change in changes {
        let (most, size) = match change {
            BookingChange::Booking(booking) => (LARGEST_BOOKING, size_of(booking)),
            BookingChange::Series(SeriesBookings { bookings, .. }) => {
                let sizes: Vec<_> = bookings.iter_mut().map(size_of).collect();
                match sizes.iter().find(|size| **size > LARGEST_BOOKING) {
                    Some(size) => (LARGEST_BOOKING, *size),
                    None => (LARGEST_SERIES, sizes.iter().sum()),
                }
            }
            _ => continue,
        };
        if size > most {
            let reason = format!("It has {size} bytes, and {most} at most are stored");
            *change = BookingChange::BookingUnreadable(Unreadable::new(change.id(), reason));
            continue;
        }
        match change {
            BookingChange::Booking(booking) => hide_private(booking),
            BookingChange::Series(series) => series.bookings.iter_mut().for_each(hide_private),
            _ => {}
        }
    }
}

/// Removes the title and the organizer of a private booking.
fn hide_private(booking: &mut Booking) {
    if booking.private {
        (booking.title, booking.organizer) = (None, None);
    }
}

/// Returns the size of a booking, in bytes.
fn size_of(booking: &mut Booking) -> usize {
    FIELDS + texts::size_of(booking)
}
