//! The pages of bookings, for the administrator and for users.
//!
//! - [`mod@day`]: all rooms on one day. [`mod@week`]: one room in a week.
//! - [`mod@booking`]: one booking. [`mod@conflicts`]: bookings that overlap.
//! - [`viewer`]: who sees a page, and what it may show of a booking.
//! - [`timeline`]: bookings drawn at their time. [`sheet`]: the style sheet for that.
//! - [`dates`], [`words`]: days in addresses, and times as text.

mod booking;
mod conflicts;
mod dates;
mod day;
mod places;
mod sheet;
mod timeline;
mod track;
mod viewer;
mod week;
mod words;

pub(super) use booking::show as booking;
pub(super) use conflicts::show as conflicts;
pub(super) use day::{Asked, show as day};
pub(super) use sheet::SHEET;
pub(super) use viewer::Viewer;
pub(super) use week::show as week;
