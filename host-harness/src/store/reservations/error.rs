//! Wishes that cannot be stored.

use crate::problem::{Case, Problem};

/// Why a wish is not stored. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ReservationError {
    /// No room was given.
    #[error("no room was chosen")]
    NoRooms,
    /// More rooms than one meeting can have.
    #[error("one booking can have {most} rooms, and {count} were chosen")]
    TooManyRooms { count: usize, most: usize },
    /// ONES does not offer the room.
    #[error("there is no room {room:?}")]
    UnknownRoom { room: String },
    /// The room was given twice.
    #[error("the room {room:?} was chosen twice")]
    RoomTwice { room: String },
    /// Days and series need one time zone.
    #[error("the rooms are in different time zones ({zones})")]
    DifferentZones { zones: String },
    /// ONES has no such user.
    #[error("there is no user {organizer:?}")]
    UnknownOrganizer { organizer: String },
    /// The vendor could not send the user an invitation.
    #[error("the user {organizer:?} has no e-mail address")]
    OrganizerWithoutEmail { organizer: String },
    /// A user has too many reservations that are open.
    #[error("the user has {most} bookings that are still to come, and no more are allowed")]
    TooManyOpen { most: usize },
    /// It does not end after it begins, or its days do not exist.
    #[error("the time is not valid: {reason}")]
    InvalidTime { reason: String },
    /// Its beginning is past.
    #[error("{time} is past")]
    Past { time: String },
    /// It begins after the days of which ONES reads the bookings.
    #[error("rooms can be booked until {last}, and the booking begins on {first}")]
    TooFarAhead { first: String, last: String },
    /// The days of a series are not valid.
    #[error("the series is not valid: {reason}")]
    InvalidRecurrence { reason: String },
    /// The title is too long.
    #[error("the title has {length} characters, {most} at most are allowed")]
    TitleTooLong { length: usize, most: usize },
    /// More participants than a meeting can have.
    #[error("{count} are invited with the rooms, {most} at most are allowed")]
    TooManyInvited { count: usize, most: usize },
    /// Who is invited needs an e-mail address.
    #[error("{address:?} is not an e-mail address")]
    InvalidAddress { address: String },
    /// The comment is too long.
    #[error("the comment has {length} characters, {most} at most are allowed")]
    CommentTooLong { length: usize, most: usize },
    /// Another reservation has the room at that time.
    #[error("{room} is reserved at that time: {time}, by the booking {reference}")]
    Overlaps { room: String, time: String, reference: String },
    /// There is no such reservation.
    #[error("there is no booking {reference:?} that was made in ONES")]
    Unknown { reference: String },
    /// It cannot be changed or cancelled any more.
    #[error("the booking {reference} is {state}")]
    NotOpen { reference: String, state: &'static str },
    /// Its end is past.
    #[error("the booking {reference} is over")]
    Over { reference: String },
    /// It is to be cancelled.
    #[error("the booking {reference} is being cancelled")]
    BeingCancelled { reference: String },
    /// It has no occurrences.
    #[error("the booking {reference} is not a series")]
    NotSeries { reference: String },
    /// The change changes nothing.
    #[error("the change changes nothing")]
    Unchanged,
    /// The room has no such booking.
    #[error("the room has no booking {booking:?}")]
    UnknownBooking { booking: String },
}

impl From<&ReservationError> for Problem {
    fn from(error: &ReservationError) -> Self {
        use ReservationError as E;
        let (code, remedy) = match error {
            E::NoRooms => ("reservation-without-room", "Choose a room"),
            E::TooManyRooms { .. } => ("reservation-rooms", "Make several bookings"),
            E::UnknownRoom { .. } => {
                ("reservation-room-unknown", "Choose a room of the list of rooms")
            }
            E::RoomTwice { .. } => ("reservation-room-twice", "Choose each room once"),
            E::DifferentZones { .. } => {
                ("reservation-zones", "Book the rooms of each time zone separately")
            }
            E::UnknownOrganizer { .. } => {
                ("reservation-organizer-unknown", "Choose a user of the list of users")
            }
            E::OrganizerWithoutEmail { .. } => (
                "reservation-organizer-address",
                "Give the user an e-mail address in the directory, or book for another user",
            ),
            E::TooManyOpen { .. } => (
                "reservation-too-many",
                "Cancel bookings that are not needed, or ask your ONES administrator to book",
            ),
            E::InvalidTime { .. } => ("reservation-time", "Correct the time"),
            E::Past { .. } => ("reservation-past", "Choose a later time"),
            E::TooFarAhead { .. } => (
                "reservation-too-far",
                "Choose an earlier day, or read bookings of more days (setting rooms/bookingDays)",
            ),
            E::InvalidRecurrence { .. } => ("reservation-recurrence", "Correct the series"),
            E::TitleTooLong { .. } => ("reservation-title", "Shorten the title"),
            E::TooManyInvited { .. } => {
                ("reservation-invited", "Invite a group, or invite fewer people")
            }
            E::InvalidAddress { .. } => ("reservation-address", "Correct the address"),
            E::CommentTooLong { .. } => ("reservation-comment", "Shorten the comment"),
            E::Overlaps { .. } => ("reservation-overlaps", "Choose another time or another room"),
            E::Unknown { .. } => {
                ("reservation-unknown", "List the bookings that were made in ONES")
            }
            E::NotOpen { .. } => ("reservation-closed", "Make a new booking"),
            E::Over { .. } => ("reservation-over", "Make a new booking"),
            E::BeingCancelled { .. } => {
                ("reservation-being-cancelled", "Wait until it is cancelled")
            }
            E::NotSeries { .. } => ("reservation-no-series", "Cancel the booking itself"),
            E::Unchanged => ("reservation-unchanged", "Change a field"),
            E::UnknownBooking { .. } => {
                ("reservation-booking-unknown", "List the bookings of the room")
            }
        };
        Self::new(Case::Reservation, code, error).remedy(remedy)
    }
}
