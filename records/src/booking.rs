//! Bookings of rooms.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{Checkpoint, Error, Mode, Unreadable, change::as_object, enumeration::enumeration};

/// The largest number of bookings in a batch, and of occurrences of a series.
pub const BOOKINGS: usize = 4_000;

/// The time from `starts` (included) to `ends` (excluded), in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct TimeRange {
    pub starts: i64,
    pub ends: i64,
}

/// The days from `first` (included) to `until` (excluded), as `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct DateRange {
    pub first: String,
    pub until: String,
}

/// When a booking takes place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum BookingTime {
    #[cfg_attr(feature = "wasmtime", component(name = "hours"))]
    Hours(TimeRange),
    #[cfg_attr(feature = "wasmtime", component(name = "days"))]
    Days(DateRange),
}

/// A room whose bookings are read, and the point from which the reading continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RoomPosition {
    pub room: String,
    pub email: String,
    #[cfg_attr(feature = "wasmtime", component(name = "time-zone"))]
    pub time_zone: String,
    pub since: Option<Checkpoint>,
}

/// A user, or a person from outside the company, as a meeting names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Participant {
    pub email: Option<String>,
    pub name: Option<String>,
}

enumeration! {
    /// Whether a booking takes the room.
    #[serde(rename_all = "kebab-case")]
    Hold {
        Confirmed = "confirmed",
        Tentative = "tentative",
        Free = "free",
    }
}

/// A booking of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Booking {
    pub id: String,
    pub version: String,
    pub meeting: Option<String>,
    pub series: Option<String>,
    pub time: BookingTime,
    pub hold: Hold,
    pub private: bool,
    pub title: Option<String>,
    pub organizer: Option<Participant>,
    pub invited: u32,
}

enumeration! {
    /// Why a booking no longer exists.
    #[serde(rename_all = "kebab-case")]
    BookingEnd {
        Cancelled = "cancelled",
        Deleted = "deleted",
        Declined = "declined",
        OutsideWindow = "outside-window",
    }
}

/// A booking that no longer exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BookingGone {
    pub id: String,
    pub end: BookingEnd,
}

/// The occurrences of a series in the window, at most [`BOOKINGS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct SeriesBookings {
    pub id: String,
    pub bookings: Vec<Booking>,
}

/// A change in the bookings of a room. A booking replaces a series with the same id, and a series a
/// booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum BookingChange {
    #[cfg_attr(feature = "wasmtime", component(name = "booking"))]
    Booking(Booking),
    #[cfg_attr(feature = "wasmtime", component(name = "booking-gone"))]
    BookingGone(BookingGone),
    #[cfg_attr(feature = "wasmtime", component(name = "booking-missing"))]
    /// In JSON, an object with the id, as for the other changes.
    #[serde(serialize_with = "as_object")]
    BookingMissing(String),
    #[cfg_attr(feature = "wasmtime", component(name = "series"))]
    Series(SeriesBookings),
    #[cfg_attr(feature = "wasmtime", component(name = "series-gone"))]
    SeriesGone(BookingGone),
    #[cfg_attr(feature = "wasmtime", component(name = "booking-unreadable"))]
    BookingUnreadable(Unreadable),
}

impl BookingChange {
    /// Returns the id of the booking or series.
    pub fn id(&self) -> &str {
        match self {
            Self::Booking(booking) => &booking.id,
            Self::BookingGone(gone) | Self::SeriesGone(gone) => &gone.id,
            Self::BookingMissing(id) => id,
            Self::Series(series) => &series.id,
            Self::BookingUnreadable(unreadable) => &unreadable.id,
        }
    }

    /// Returns the bookings in the change: of a series, all its occurrences.
    pub fn bookings(&self) -> &[Booking] {
        match self {
            Self::Booking(booking) => std::slice::from_ref(booking),
            Self::Series(series) => &series.bookings,
            _ => &[],
        }
    }
}

/// Some changes in the bookings of one room, and the checkpoint after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BookingBatch {
    pub room: String,
    pub mode: Mode,
    pub changes: Vec<BookingChange>,
    pub checkpoint: Checkpoint,
}

/// A room whose bookings could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RoomFailure {
    pub room: String,
    pub error: Error,
}

/// What a sync of bookings reports of one room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum RoomUpdate {
    #[cfg_attr(feature = "wasmtime", component(name = "batch"))]
    Batch(BookingBatch),
    #[cfg_attr(feature = "wasmtime", component(name = "failed"))]
    Failed(RoomFailure),
}

/// A time at which a room is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Taken {
    pub time: TimeRange,
    pub hold: Hold,
}

/// When a room is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RoomAvailability {
    pub email: String,
    pub taken: Result<Vec<Taken>, Error>,
}
