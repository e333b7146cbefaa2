//! Bookings of rooms.
//!
//! Each room has a calendar, with a checkpoint of its own. A calendar has items: what the vendor
//! reports under one id, which is a booking or a series. An item has bookings: one, or the
//! occurrences of the series. A booking that ended stays for some days, for its history, and so
//! does one that is over: see [`KEPT_DAYS`].

mod calendars;
mod conflicts;
mod forget;
mod missing;
mod put;
mod removals;
mod room;
mod row;
mod view;

pub use calendars::RoomFailing;
pub(crate) use calendars::{Calendar, RoomZone};
pub use conflicts::{ConflictRow, LISTED as CONFLICTS};
pub use forget::KEPT_DAYS;
pub(crate) use put::{NOT_IN_SERIES, Reporting, Stored};
pub(crate) use removals::WaitingItems;
pub(super) use removals::{HELD, held};
pub use room::BookableRoom;
pub use row::{BookingRow, Gone, History, ListedBooking};
pub(super) use row::{as_text, as_text_if_any};
pub(super) use view::USED;
pub use view::{BookingPage, RoomBookings};
