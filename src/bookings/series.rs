//! A series, put together from its master and its occurrences.

use super::booking::{Judged, Room};
use crate::{
    model::{
        BOOKINGS, Booking, BookingChange, BookingEnd, BookingGone, SeriesBookings, Unreadable,
    },
    payload::Event,
};

/// Returns the changes that replace a series as a whole: the occurrences that were cancelled,
/// declined or cannot be read, each alone, and then all others.
pub(super) fn compose(
    room: &Room,
    id: &str,
    master: &Event,
    occurrences: impl IntoIterator<Item = Event>,
) -> Vec<BookingChange> {
    let (mut changes, mut bookings) = (Vec::new(), Vec::<Booking>::new());
    let (mut is_unreadable, mut ended) = (false, None);
    for occurrence in occurrences {
        match room.judge(&occurrence, Some((id, master))) {
            Ok(Judged::Booking(booking)) => bookings.push(*booking),
            Ok(Judged::Ended(BookingEnd::OutsideWindow)) => {}
            Ok(Judged::Ended(end)) => {
                ended = Some(end);
                changes.push(BookingChange::BookingGone(BookingGone { id: occurrence.id, end }));
            }
            Err(reason) => {
                is_unreadable = true;
                let unreadable = Unreadable::new(occurrence.id, reason);
                changes.push(BookingChange::BookingUnreadable(unreadable));
            }
        }
    }
    let id = id.to_owned();
    let change = if bookings.len() > BOOKINGS {
        let reason = format!("the series has more than {BOOKINGS} occurrences in the window");
        BookingChange::BookingUnreadable(Unreadable::new(id, reason))
    } else if bookings.is_empty() && is_unreadable {
        BookingChange::BookingUnreadable(Unreadable::new(id, "no occurrence can be read"))
    } else if bookings.is_empty() {
        // All of it ended, so none of them need be named.
        changes.clear();
        let end = ended.unwrap_or(BookingEnd::OutsideWindow);
        BookingChange::SeriesGone(BookingGone { id, end })
    } else {
        bookings.sort_by(|one, other| one.id.cmp(&other.id));
        BookingChange::Series(SeriesBookings { id, bookings })
    };
    changes.push(change);
    changes
}
