//! The records of the interface, once for the host, the plugin and the HTTP front end.
//!
//! Each type here is the Rust form of the type with the same name in `wit/types.wit`, which
//! documents it field by field. The three programs pass this crate to their binding generators
//! (`with:`), so that none of them has types of its own for the interface. A compiler error or a
//! failing size check of the generators says when a type no longer fits its WIT.
//!
//! In JSON, fields have the names of the interface in camelCase. This is how the host stores
//! records, and how the host and the HTTP front end print them.
#![expect(missing_docs, reason = "documented in wit/types.wit, field by field")]

mod booking;
mod booking_request;
mod change;
mod enumeration;
mod error;
mod notification;
mod policy;
mod recurrence;
mod room;
mod set_up;
mod sign_in;
mod sync;
#[cfg(test)]
mod tests;
mod text;
mod user;

/// Settings as JSON text.
pub type Settings = String;

/// A place from which a later run can continue.
pub type Checkpoint = String;

pub use self::{
    booking::{
        BOOKINGS, Booking, BookingBatch, BookingChange, BookingEnd, BookingGone, BookingTime,
        DateRange, Hold, Participant, RoomAvailability, RoomFailure, RoomPosition, RoomUpdate,
        SeriesBookings, Taken, TimeRange,
    },
    booking_request::{
        AnsweredRoom, BookingCalendar, BookingOutcome, BookingRequest, PartlyAccepted, ROOMS,
        RoomAnswer, Ticket, WantedRoom,
    },
    change::{Removal, Removed, RoomChange, Unreadable, UserChange},
    error::{Error, Explanation, FieldError},
    notification::{
        Hint, Notification, NotificationHint, NotificationRequest, Subscription, WatchRequest,
        WatchResult, WatchSubject,
    },
    policy::{BookingPolicy, Script},
    recurrence::{
        Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays, RelativeYearlyDays, WeekIndex,
        Weekday, WeeklyPattern, YearlyDay,
    },
    room::{Address, Coordinates, Room, RoomField},
    set_up::{Check, Choice, Manifest, Outcome, Permission, Report},
    sign_in::{Callback, CallbackOutcome, Purpose, Redirect},
    sync::{BATCH, Mode, Owed, Part, RoomBatch, Subject, Summary, UserBatch},
    text::TextUse,
    user::{Group, Membership, User, UserField},
};
