//! A series, put together from its master and its occurrences.

use super::{
    booking::{Judged, Room},
    reads::too_many_occurrences,
};
use crate::{
    model::{
        BOOKINGS, Booking, BookingChange, BookingEnd, BookingGone, SeriesBookings, Unreadable,
    },
    payload::Event,
};

/// The changes that replace a series as a whole.
#[derive(Debug)]
pub(super) struct Composed {
    /// The occurrences that were cancelled, declined or cannot be read, each alone.
    pub(super) apart: Vec<BookingChange>,
    /// The change of the series itself, with all other occurrences. It comes last.
    pub(super) series: BookingChange,
}

/// Puts a series together from its master and its occurrences in the range.
pub(super) fn compose(
    room: &Room,
    id: &str,
    master: &Event,
    occurrences: impl IntoIterator<Item = Event>,
) -> Composed {
    let (mut apart, mut bookings) = (Vec::new(), Vec::<Booking>::new());
    let (mut is_unreadable, mut ended) = (false, None);
    for occurrence in occurrences {
        match room.judge(&occurrence, Some((id, master))) {
            Ok(Judged::Booking(booking)) => bookings.push(*booking),
            Ok(Judged::Ended(BookingEnd::OutsideWindow)) => {}
            Ok(Judged::Ended(end)) => {
                ended = Some(end);
                apart.push(BookingChange::BookingGone(BookingGone { id: occurrence.id, end }));
            }
            Err(reason) => {
                is_unreadable = true;
                let unreadable = Unreadable::new(occurrence.id, reason);
                apart.push(BookingChange::BookingUnreadable(unreadable));
            }
        }
    }
    let id = id.to_owned();
    let series = if bookings.len() > BOOKINGS {
        BookingChange::BookingUnreadable(Unreadable::new(id, too_many_occurrences()))
    } else if bookings.is_empty() && is_unreadable {
        BookingChange::BookingUnreadable(Unreadable::new(id, "no occurrence can be read"))
    } else if bookings.is_empty() {
        // All of it ended, so none of them need be named.
        apart.clear();
        let end = ended.unwrap_or(BookingEnd::OutsideWindow);
        BookingChange::SeriesGone(BookingGone { id, end })
    } else {
        bookings.sort_by(|one, other| one.id.cmp(&other.id));
        BookingChange::Series(SeriesBookings { id, bookings })
    };
    Composed { apart, series }
}
