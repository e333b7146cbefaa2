//! Proof Key for Code Exchange (RFC 7636): whoever redeems a code shows that he asked for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::refusal::EntraRefusal;
use crate::wire::Query;

/// What the request for a code promised.
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// Its SHA-256, base64url.
    S256(String),
}

impl Challenge {
    /// Without a method it is plain, as the RFC has it.
    pub(crate) fn of(parameters: &Query) -> Result<Option<Self>, EntraRefusal> {
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
            None | Some("plain") => Ok(Some(Self::Plain(challenge.to_owned()))),
            Some("S256") => Ok(Some(Self::S256(challenge.to_owned()))),
            Some(_) => Err(EntraRefusal::challenge_method()),
        }
    }

    pub(crate) fn is_answered_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
                *challenge == URL_SAFE_NO_PAD.encode(digest)
            }
        }
    }
}
