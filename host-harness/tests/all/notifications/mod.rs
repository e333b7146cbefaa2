//! Notifications of changes.

mod endpoint;
mod law;
mod polling;
mod shown;
mod upkeep;
pub(crate) mod vendor;
