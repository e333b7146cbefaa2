//! Notifications of changes: subscriptions that Microsoft Graph sends them for, and what a
//! notification says. A notification is a hint which subject to sync, never the change itself.
//!
//! Source: <https://learn.microsoft.com/graph/change-notifications-overview>.

mod failure;
mod handle;
mod requests;
mod subject;
mod watch;

pub use handle::handle;
pub use watch::{Wanted, unwatch, watch};
