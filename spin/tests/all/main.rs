//! Tests of the composed component with the emulated tenant, in a host that offers what Spin does.
//!
//! `cargo xtask test` builds the component first. Where it finds a `spin` that can run the
//! component, the same tests also run under Spin.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod bookings;
mod component;
mod front;
mod manifest;
mod notifications;
mod reservations;
mod routes;
mod runtime;
mod serve;
mod sign_in;
mod spin_up;
mod streaming;
mod trouble;
