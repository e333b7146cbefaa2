//! Connects ONES to Office 365: reads rooms, users and groups, signs users in, and checks the
//! settings.
//!
//! Everything except `component` and `memory` is plain Rust over the traits of [`host`], so that it
//! also runs natively. ARCHITECTURE.md shows how the parts fit together.

pub mod bookings;
pub mod card_number;
pub mod choices;
pub mod cloud;
#[cfg(target_family = "wasm")]
mod component;
pub mod directory;
pub mod endpoints;
pub mod entra;
pub mod error;
pub mod expiry;
pub mod graph;
pub mod host;
#[cfg(any(target_family = "wasm", test))]
mod memory;
pub mod model;
pub mod notifications;
pub mod origin;
pub mod payload;
pub mod permission;
pub mod remedy;
pub mod reserve;
pub mod rooms;
pub mod secret;
pub mod settings;
pub mod sign_in;
#[cfg(test)]
mod tests;
pub mod validate;
pub mod zones;

/// Name of the product that the plugin connects.
pub const NAME: &str = "Office 365";
