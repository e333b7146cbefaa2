//! The pages of bookings, for the administrator and for users.
//!
//! - [`mod@day`]: all rooms on one day. [`mod@week`]: one room in a week.
//! - [`mod@booking`]: one booking, with its [`mod@history`].
//! - [`mod@conflicts`]: bookings that overlap.
//! - [`viewer`]: who sees a page, and what it may show of a booking.
//! - [`timeline`]: bookings drawn at their time. [`sheet`]: the style sheet for that.
//! - [`dates`], [`words`]: days in addresses, and times as text.

mod booking;
mod conflicts;
pub(super) mod dates;
mod day;
mod history;
mod places;
mod sheet;
pub(super) mod timeline;
pub(super) mod track;
mod viewer;
mod week;
pub(super) mod words;

pub(super) use booking::show as booking;
pub(super) use conflicts::show as conflicts;
pub(super) use day::{Asked, show as day};
pub(super) use history::{HistoryView, history};
pub(super) use sheet::SHEET;
pub(super) use viewer::Viewer;
pub(super) use week::show as week;
