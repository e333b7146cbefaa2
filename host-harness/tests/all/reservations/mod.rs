//! Reservations: bookings that are made in ONES.

mod at_once;
mod commands;
mod follow;
mod host;
mod lane;
mod law;
mod outbox;
mod refusals;
mod vendor;
mod wishes;
