//! The door through which bookings enter the host. What is too large counts as unreadable, and a
//! private booking has neither title nor organizer after it, whatever the plugin sent.

use std::collections::HashSet;

use super::{CallError, door::admit};
use crate::{
    model::{
        Booking, BookingChange, BookingTime, DateRange, Participant, RoomAvailability, RoomUpdate,
        SeriesBookings, Unreadable,
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
        RoomUpdate::Failed(failure) => super::bounds::shorten(&mut failure.error),
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
            super::bounds::shorten(error);
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

/// Replaces what is too large by a change that says so, and removes private texts.
fn make_fit(changes: &mut [BookingChange]) {
    for change in changes {
        let (most, size) = match &*change {
            BookingChange::Booking(booking) => (LARGEST_BOOKING, size_of(booking)),
            BookingChange::Series(SeriesBookings { bookings, .. }) => {
                let size = bookings.iter().map(size_of).sum();
                match bookings.iter().map(size_of).find(|size| *size > LARGEST_BOOKING) {
                    Some(size) => (LARGEST_BOOKING, size),
                    None => (LARGEST_SERIES, size),
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
fn size_of(booking: &Booking) -> usize {
    let Booking {
        id,
        version,
        meeting,
        series,
        time,
        hold: _,
        private: _,
        title,
        organizer,
        invited: _,
    } = booking;
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let organizer = organizer
        .as_ref()
        .map_or(0, |Participant { email, name }| optional(email) + optional(name));
    let days = match time {
        BookingTime::Hours(_) => 0,
        BookingTime::Days(DateRange { first, until }) => first.len() + until.len(),
    };
    let texts = optional(meeting) + optional(series) + optional(title) + organizer + days;
    FIELDS + id.len() + version.len() + texts
}
