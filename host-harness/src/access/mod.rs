//! Who may do what: a password for the administrator, sessions for whoever signed in,
//! sign-ins under way, turns of clients without a session, and limits on guesses.
//!
//! All of it is in memory, in bounded amounts, and takes the time from its caller; sign-ins under
//! way are in the browsers. The password's hash alone is stored.

mod attempts;
pub mod flows;
mod network;
pub mod password;
mod sessions;
pub mod slots;
mod tokens;

pub use attempts::Attempts;
pub use flows::{Begun, FlowTooLarge, Flows, Pending};
pub use network::{Network, NotANetwork, household};
pub use password::PasswordError;
pub use sessions::Sessions;
pub use slots::{Turn, Turns};
pub use tokens::Token;
pub(crate) use tokens::same;
