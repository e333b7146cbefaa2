//! Reservations: bookings that were made in ONES.
//!
//! What a user wants is a *wish*: to book, to change, to cancel. It is stored before it is sent,
//! and stays until the vendor has answered, so that it survives the end of the process at any
//! moment. The number of attempts is stored before each of them: a wish that was attempted is
//! repeated as such, since the vendor may have carried it out.
//!
//! A reservation has what the vendor answered last, for each room, and a history. Its link to the
//! synced bookings is the id of the booking in each room. What users do with the meeting at the
//! vendor comes back through these bookings: see `follow.rs`.

mod answer;
mod attempts;
mod error;
mod follow;
mod forget;
mod history;
mod list;
mod outbox;
mod recurrence;
mod release;
mod row;
mod valid;
mod wishes;

pub use error::ReservationError;
pub use history::HistoryEntry;
pub(super) use list::USED;
pub use list::{ReservationFilter, ReservationPage};
pub(crate) use outbox::{Due, Work};
pub use release::{ReleaseRow, ReleaseState};
pub use row::{
    Actor, Reservation, ReservationState, ReservedRoom, RoomState, Waiting, Wish, WishedChange,
};
pub(crate) use valid::is_address;
pub use valid::{LATE, MOST_INVITED, TITLE};
pub use wishes::{NewReservation, ReservationChange};
