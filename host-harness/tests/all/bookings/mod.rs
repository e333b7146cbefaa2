//! Bookings of rooms.

pub(crate) mod calendar;
mod commands;
mod conflicts;
mod held;
pub(crate) mod law;
mod missing;
mod schedule;
mod sync;
mod time;
mod verify;
mod views;
