//! Entra ID and Microsoft Graph for one invented tenant, in one process, in memory, without an account.
//!
//! It answers as Microsoft documents it, down to the error bodies, and Microsoft's own client libraries run
//! on it unchanged. Beside that it does what no real tenant does on request: it changes, fails, forgets
//! its delta tokens, tells what was asked of it, and tells the truth to compare with.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use m365_emulator::{Config, Emulator, Fault, Then};
//!
//! let emulator = Emulator::start(Config { users: 25, rooms: 4, ..Config::default() }).await?;
//! assert!(emulator.graph().starts_with("http://127.0.0.1:"));
//!
//! // The next request to /users is refused, the one after it is not.
//! let body = serde_json::json!({"error": {"code": "TooManyRequests", "message": "Please retry again later."}});
//! let headers = [("Retry-After".to_owned(), "2.128".to_owned())].into();
//! emulator.add_fault(Fault::once("/users", Then::Answer { status: 429, headers, body: Some(body) }))?;
//!
//! // A hundred people are hired, leave, marry, move.
//! emulator.mix(100)?;
//! # Ok(())
//! # }
//! ```
//!
//! The program `m365-emulator` is the same with a command line; [`Control`] is its admin side, in both.

mod admin;
mod cloud;
mod config;
mod control;
mod control_answers;
mod control_groups;
mod control_places;
mod emulator;
mod entra;
mod error;
mod fault;
mod front;
mod graph;
mod random;
mod raw;
mod request_log;
mod server;
mod state;
mod tenant;
mod tls;
mod wire;

pub use cloud::Cloud;
pub use config::Config;
pub use control::{Control, Properties, Truth};
pub use control_groups::Members;
pub use control_places::SpaceKind;
pub use emulator::Emulator;
pub use entra::certificate::RegisteredCertificate;
pub use entra::id_token_fault::IdTokenFault;
pub use entra::token_fault::TokenFault;
pub use error::{ControlError, StartError};
pub use fault::{Edit, Fault, Match, Then};
pub use graph::cursor::DeltaExpiry;
pub use graph::replica::{Lag, Read};
pub use raw::Override;
pub use request_log::LoggedRequest;
pub use state::Settings;
pub use tenant::mix::{Change, ChangeKind};
