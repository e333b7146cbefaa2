//! The composed component in a host that gives it what Spin would, against the emulated tenant.
//!
//! `cargo xtask test` builds the component first, and where a `spin` that can run it is on the
//! `PATH`, the same tests run under it as well.

#![expect(clippy::unwrap_used, reason = "in a test, what should not happen ends it")]

mod component;
mod front;
mod manifest;
mod routes;
mod runtime;
mod serve;
mod sign_in;
mod spin_up;
mod streaming;
mod trouble;
