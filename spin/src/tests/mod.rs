//! The HTTP front end around a host and a plugin that are fakes.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod bookings;
mod fake;
mod lines;
mod notifications;
mod progress;
mod records;
mod requests;
mod settings;
mod sign_in;
