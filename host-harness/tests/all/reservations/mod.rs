//! Reservations: bookings that are made in ONES.

mod at_once;
mod commands;
mod follow;
mod host;
mod kept;
mod lane;
mod law;
mod listed;
mod outbox;
mod refusals;
mod vendor;
mod wishes;
