//! Batches within the limits of the interface.

use crate::model::{BATCH, BOOKINGS, BookingChange};

/// Number of bookings in a change; one for any other change.
pub(super) fn weight(change: &BookingChange) -> usize {
    change.bookings().len().max(1)
}

/// Splits changes into batches within the limits of the interface.
pub(super) fn split(changes: Vec<BookingChange>) -> Vec<Vec<BookingChange>> {
    let mut batches: Vec<Vec<BookingChange>> = Vec::new();
    let mut bookings = 0;
    for change in changes {
        let more = weight(&change);
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bookings + more <= BOOKINGS => {
                bookings += more;
                batch.push(change);
            }
            _ => {
                bookings = more;
                batches.push(vec![change]);
            }
        }
    }
    batches
}
