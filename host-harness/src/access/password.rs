//! The administrator's password: Argon2id (RFC 9106).
//!
//! Hashing takes time and memory on purpose. It must not run on a thread that serves other clients.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};

use crate::random;

/// Length of the shortest password, in characters.
pub const SHORTEST: usize = 12;

/// Length of the longest password, in bytes, since hashing longer ones takes longer.
pub const LONGEST: usize = 1_024;

/// Memory, in KiB. Source: OWASP's Password Storage Cheat Sheet, "Argon2id".
const MEMORY: u32 = 19 * 1_024;
/// Number of passes. Same source.
const ITERATIONS: u32 = 2;
/// Number of lanes. Same source.
const LANES: u32 = 1;

/// A password that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is easy to guess.
    #[error("The password is shorter than {SHORTEST} characters")]
    TooShort,
    /// It is longer than users type.
    #[error("The password is longer than {LONGEST} bytes")]
    TooLong,
}

/// Returns the hash to be stored, as a PHC string, with a salt of its own.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    let salt = SaltString::encode_b64(&random::bytes::<16>()).expect("16 bytes are a salt");
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    Ok(hash.expect("the parameters are in range").to_string())
}

/// Returns whether it is the password of that hash. A text that is no hash fits no password.
pub fn verify(password: &str, phc: &str) -> bool {
    let fits = |hash| argon2().verify_password(password.as_bytes(), &hash).is_ok();
    password.len() <= LONGEST && PasswordHash::new(phc).is_ok_and(fits)
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, ITERATIONS, LANES, None).expect("they are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
