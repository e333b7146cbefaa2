//! Proof Key for Code Exchange (RFC 7636): the client that redeems a code proves that it asked for
//! the code.

use super::refusal::EntraRefusal;
use crate::state::codes::Challenge;
use crate::wire::Query;

/// Reads the challenge of a request for a code. Without a method it is plain, as in the RFC.
pub(super) fn challenge(parameters: &Query) -> Result<Option<Challenge>, EntraRefusal> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return match method {
            None => Ok(None),
            Some(_) => Err(EntraRefusal::challenge_missing()),
        };
    };
    if !(43..=128).contains(&challenge.len()) {
        return Err(EntraRefusal::challenge_size());
    }
    match method {
        None | Some("plain") => Ok(Some(Challenge::Plain(challenge.to_owned()))),
        Some("S256") => Ok(Some(Challenge::S256(challenge.to_owned()))),
        Some(_) => Err(EntraRefusal::challenge_method()),
    }
}
