//! Entra ID and Microsoft Graph for one invented tenant, in one process, in memory, without an
//! account.
//!
//! Its answers follow Microsoft's documentation, including error bodies, and Microsoft's own client
//! libraries run on it unchanged. In addition, a test can change the tenant, make requests fail and
//! tokens expire, and read the requests and the contents of the tenant.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use m365_emulator::{Config, Emulator, Fault, Then};
//!
//! let emulator = Emulator::start(Config { users: 25, rooms: 4, ..Config::default() }).await?;
//! assert!(emulator.graph().starts_with("http://127.0.0.1:"));
//!
//! // The next request to /users is refused, the following one is answered.
//! let message = "Please retry again later.";
//! let error = serde_json::json!({"code": "TooManyRequests", "message": message});
//! let body = Some(serde_json::json!({"error": error}));
//! let headers = [("Retry-After".to_owned(), "2.128".to_owned())].into();
//! emulator.add_fault(Fault::once("/users", Then::Answer { status: 429, headers, body }))?;
//!
//! // A hundred users join, leave, or change their name or department.
//! emulator.mix(100)?;
//! # Ok(())
//! # }
//! ```
//!
//! The program `m365-emulator` has the same functions: its command line sets a [`Config`], and its
//! admin API calls [`Control`].

mod cloud;
mod config;
mod control;
mod emulator;
mod entra;
mod error;
mod front;
mod graph;
mod notifier;
mod outgoing;
mod random;
mod server;
mod state;
mod tenant;
mod tls;
mod wire;

pub use cloud::Cloud;
pub use config::Config;
pub use control::{
    Control, ForgedNotification, Members, Properties, SpaceKind, SubscriptionEntry, Truth,
};
pub use emulator::Emulator;
pub use error::{ControlError, StartError};
pub use state::certificate::RegisteredCertificate;
pub use state::cursors::DeltaExpiry;
pub use state::fault::{Edit, Fault, IdTokenFault, Match, Then, TokenFault};
pub use state::overrides::Override;
pub use state::replicas::{Lag, Read};
pub use state::request_log::LoggedRequest;
pub use state::settings::{Notifications, Settings};
pub use state::subscriptions::LifecycleEvent;
pub use state::subscriptions::queue::{NotificationBrief, NotificationDelivery, NotificationStep};
pub use tenant::calendar::policy::{Access, AutomateProcessing, DeclineReason, Policy};
pub use tenant::calendar::recurrence::{
    Day, Index, Pattern, PatternKind, Range, RangeKind, Recurrence,
};
pub use tenant::calendar::values::{Response, Sensitivity, ShowAs};
pub use tenant::change::mix::{Change, ChangeKind};
pub use tenant::outlook::booking::{
    BookedMeeting, BookedRoom, Booking, CalendarEntry, Mailbox, Revision,
};
pub use tenant::outlook::mix::{MeetingChange, MeetingChangeKind};
