//! The emulator through its public doors: HTTP, and the library's handle.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod batch;
mod calendar;
mod control;
mod delta;
mod entra;
mod faults;
mod groups;
mod permissions;
mod places;
mod program;
mod session;
mod tenant;
mod users;
