//! Who may do what: a password for the administrator, sessions for whoever signed in,
//! sign-ins under way, and patience with those who guess.
//!
//! All of it is in memory, in bounded amounts, and takes the time from its caller. The
//! password's hash alone is stored: see [`crate::store::Store::password`].

mod attempts;
mod flows;
pub mod password;
mod sessions;
mod tokens;

pub use attempts::Attempts;
pub use flows::{Flows, Pending};
pub use password::PasswordError;
pub use sessions::Sessions;
pub use tokens::Token;

/// Bytes that nobody can guess, from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("an operating system has random bytes");
    bytes
}
