//! The plugin behind HTTP routes, to try it under Spin or in any other host of WASI 0.3.
//!
//! It is a tool for developers, and does not authenticate its clients: any client that can connect
//! to it can sync the tenant of its settings. Let it listen on loopback, or put it behind a proxy
//! that authenticates.
//!
//! Only the module `component` depends on WebAssembly. All others use the traits of [`host`] and
//! [`plugin`], so that tests run them natively.

pub mod address;
pub mod answer;
pub mod bookings;
#[cfg(target_family = "wasm")]
mod component;
pub mod host;
pub mod notifications;
pub mod outcome;
pub mod plugin;
pub mod problem;
pub mod progress;
pub mod request;
pub mod routes;
pub mod settings;
pub mod sign_in;
pub mod sync;
#[cfg(test)]
mod tests;
