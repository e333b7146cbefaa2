//! All tests that go through the public door, in one binary.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod admission;
mod booking_pages;
mod bookings;
mod browser;
mod component;
mod connections;
mod fake;
mod group_laws;
mod groups;
mod hostile;
mod kept;
mod lag_laws;
mod laws;
mod layers;
mod leaking;
mod leavers;
mod load;
mod log;
mod migration;
mod missing;
mod nested_groups;
mod notifications;
mod owed;
mod pages;
mod program;
mod quota;
mod read_only;
mod removals;
mod reservation_pages;
mod reservations;
mod rooms;
mod runner;
mod schedule;
mod secrets;
mod serve;
mod served;
mod settings;
mod signing_in;
mod store;
mod strangers;
mod users;
mod wizard;
