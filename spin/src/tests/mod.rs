//! The HTTP front end around a host and a plugin that are fakes.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod fake;
mod lines;
mod progress;
mod records;
mod requests;
mod settings;
mod sign_in;
