//! Bookings of rooms.

mod calendar;
mod sync;
mod views;
