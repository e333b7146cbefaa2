//! Reservations: bookings that are made in ONES.

mod commands;
mod follow;
mod lane;
mod law;
mod outbox;
mod vendor;
mod wishes;
