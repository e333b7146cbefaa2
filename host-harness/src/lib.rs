//! A stand-in for ONES: loads an integration plugin and stores the records that it returns.
//!
//! - [`plugin::Plugin`]: a component of the world `ones:integration/plugin`. Each call runs in a
//!   new instance with limited memory and time.
//! - [`store::Store`]: the database of users, rooms and groups.
//! - [`sync::Sync`]: copies the records of a plugin to the store.
//! - [`reservations::Outbox`]: sends the bookings that users make in ONES to the vendor.
//! - [`runner::Runner`]: runs syncs in the background, on schedule.
//! - [`notifications::Notifications`]: has the vendor report changes, and syncs what changed.
//! - [`serve::Server`]: the pages for administrators and end users.
//! - [`cli`]: the program `ones-host`.
//!
//! This crate contains no text about any vendor: all such texts come from the plugin.

pub mod access;
pub mod budget;
pub mod cli;
mod error;
pub mod form;
mod length;
pub mod model;
pub mod notifications;
mod pace;
pub mod plugin;
mod pointer;
mod problem;
mod random;
pub mod reservations;
pub mod runner;
pub mod schedule;
pub mod schema;
pub mod secrets;
pub mod serve;
pub mod settings;
pub mod store;
pub mod sync;
pub mod when;
mod wording;
pub mod zones;

pub use error::Error;
pub use problem::{Case, Problem};
