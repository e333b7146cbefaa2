//! All tests that go through the public door, in one binary.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fake;
mod laws;
mod load;
mod program;
mod removals;
mod rooms;
mod secrets;
mod settings;
mod store;
mod users;
