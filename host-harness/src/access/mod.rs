//! Access: a password for the administrator, sessions, sign-ins under way, turns of clients without
//! a session, and limits on guesses.
//!
//! All of it is in memory, in limited amounts, and gets the time from its caller. Sign-ins under
//! way are in the browsers. Only the password's hash is stored.

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
pub(crate) use slots::Slots;
pub use slots::{Turn, Turns};
pub use tokens::Token;
pub(crate) use tokens::same;
