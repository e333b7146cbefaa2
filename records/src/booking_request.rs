//! Bookings that users make in ONES.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{
    Booking, BookingEnd, BookingTime, Explanation, Participant, Recurrence,
    enumeration::enumeration,
};

/// The largest number of rooms in a request.
pub const ROOMS: usize = 20;

/// What a plugin needs to find a meeting again that it made.
pub type Ticket = String;

/// A room to book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct WantedRoom {
    pub room: String,
    pub email: String,
    pub name: String,
}

/// A booking that a user makes in ONES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BookingRequest {
    pub reference: String,
    pub rooms: Vec<WantedRoom>,
    pub time: BookingTime,
    #[cfg_attr(feature = "wasmtime", component(name = "time-zone"))]
    pub time_zone: String,
    pub recurrence: Option<Recurrence>,
    pub organizer: Participant,
    pub invite: Vec<Participant>,
    pub title: String,
    pub private: bool,
    #[cfg_attr(feature = "wasmtime", component(name = "online-meeting"))]
    pub online_meeting: bool,
}

enumeration! {
    /// Whose calendar a meeting was made in.
    #[serde(rename_all = "kebab-case")]
    BookingCalendar {
        Organizer = "organizer",
        Room = "room",
    }
}

/// A series of which a room accepted a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct PartlyAccepted {
    pub id: String,
    pub declined: Vec<BookingTime>,
}

/// What a room answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum RoomAnswer {
    #[cfg_attr(feature = "wasmtime", component(name = "pending"))]
    Pending,
    #[cfg_attr(feature = "wasmtime", component(name = "accepted"))]
    Accepted(String),
    #[cfg_attr(feature = "wasmtime", component(name = "partly"))]
    Partly(PartlyAccepted),
    #[cfg_attr(feature = "wasmtime", component(name = "declined"))]
    Declined(Explanation),
    #[cfg_attr(feature = "wasmtime", component(name = "conflict"))]
    Conflict(Vec<Booking>),
    #[cfg_attr(feature = "wasmtime", component(name = "ended"))]
    Ended(BookingEnd),
}

/// What one room of a request answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct AnsweredRoom {
    pub room: String,
    pub answer: RoomAnswer,
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BookingOutcome {
    pub ticket: Option<Ticket>,
    pub calendar: BookingCalendar,
    pub time: Option<BookingTime>,
    pub rooms: Vec<AnsweredRoom>,
}
