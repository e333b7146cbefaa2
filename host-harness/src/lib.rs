//! Stands in for ONES: loads an integration plugin and stores what it reports.
//!
//! [`plugin::Plugin`] is a component of the world `ones:integration/plugin`, called in fresh,
//! limited instances. [`store::Store`] is the database. [`sync::Sync`] stores what a plugin
//! reports, and [`runner::Runner`] does so in the background. The program `ones-host` is [`cli`].
//!
//! The host knows no vendor: every text about one comes from the plugin.

pub mod access;
pub mod budget;
pub mod cli;
mod error;
pub mod form;
mod length;
pub mod model;
mod pace;
pub mod plugin;
mod pointer;
mod problem;
mod random;
pub mod runner;
pub mod schedule;
pub mod schema;
pub mod secrets;
pub mod serve;
pub mod settings;
pub mod store;
pub mod sync;

pub use error::Error;
pub use problem::{Case, Problem};
