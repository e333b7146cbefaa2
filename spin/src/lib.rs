//! The plugin behind HTTP routes, to try it under Spin or in any other host of WASI 0.3.
//!
//! It is a tool for developers: whoever reaches it can sync the tenant of its settings, so it belongs
//! on loopback, or behind something that knows who asks.
//!
//! All but `component.rs` is plain Rust over the traits of [`host`] and [`plugin`], so that it runs
//! natively too.

pub mod answer;
#[cfg(target_family = "wasm")]
mod component;
pub mod host;
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
