//! Notifications of changes: where the vendor sends them, the subscriptions, and the hints.
//!
//! A subject is a room, the users, or the groups. Each subject that is watched has a row, with its
//! subscription, or with the reason why it has none. A notification of a change is a *hint*: it is
//! stored with the subject until a sync of the subject has ended that began after it.

mod address;
mod hints;
mod polled;
mod row;
mod upkeep;
mod view;

pub use address::NotificationAddress;
pub use hints::{Noted, WaitingHint};
pub use polled::Polling;
pub(super) use row::USED;
pub use row::{WatchFailure, Watched};
pub use upkeep::{NotWatched, WatchOutcome};
pub use view::{FailingSubjects, NotificationsView, WatchCounts};
