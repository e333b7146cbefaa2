//! Authorization codes: each is for one application, one user and one use.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;

/// Lifetime of a code
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response>).
const LIFETIME_SECONDS: i64 = 600;

/// How long after its end a code is refused as expired. Later it is refused as unknown.
const REMEMBERED_SECONDS: i64 = 86_400;

/// What a user agreed to.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Object id of the user.
    pub(crate) user: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
}

/// The scopes of a sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    pub(crate) fn new(scopes: Vec<String>) -> Self {
        Self(scopes)
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope)
    }

    /// Returns the granted scopes as the token endpoint lists them: without `offline_access`.
    pub(crate) fn granted(&self) -> String {
        let granted: Vec<&str> =
            self.0.iter().map(String::as_str).filter(|scope| *scope != "offline_access").collect();
        granted.join(" ")
    }
}

/// Challenge of PKCE (RFC 7636), sent with the request for a code.
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// SHA-256 of the verifier, base64url.
    S256(String),
}

impl Challenge {
    fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
                *challenge == URL_SAFE_NO_PAD.encode(digest)
            }
        }
    }
}

#[derive(Debug)]
struct Issued {
    grant: Grant,
    expires: i64,
    redeemed: bool,
}

/// Why a code cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodeError {
    Unknown,
    Redeemed,
    Expired,
    /// The redirect URI is not that of the request for the code, which is given here.
    OtherRedirectUri(String),
    VerifierMissing,
    VerifierWrong,
}

/// The codes that were issued. All belong to the one registered application.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<String, Issued>);

impl Codes {
    /// Returns a new code. `now` is a Unix timestamp.
    pub(crate) fn issue(&mut self, grant: Grant, now: i64, random: &mut Random) -> String {
        self.0.retain(|_, issued| now < issued.expires + REMEMBERED_SECONDS);
        // About as long as Entra's: a client without room for such a code fails in tests already.
        let code = format!("1.A{}", random.opaque(600));
        let issued = Issued { grant, expires: now + LIFETIME_SECONDS, redeemed: false };
        self.0.insert(code.clone(), issued);
        code
    }

    /// Returns the grant of a code, once. A code is not used up by a request that is refused.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: i64,
    ) -> Result<Grant, CodeError> {
        let issued = self.0.get_mut(code).ok_or(CodeError::Unknown)?;
        if issued.redeemed {
            return Err(CodeError::Redeemed);
        }
        if issued.expires <= now {
            return Err(CodeError::Expired);
        }
        if issued.grant.redirect_uri != redirect_uri {
            return Err(CodeError::OtherRedirectUri(issued.grant.redirect_uri.clone()));
        }
        match (&issued.grant.challenge, verifier) {
            (None, None) => {}
            (Some(_), None) => return Err(CodeError::VerifierMissing),
            (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => {}
            // With a verifier but no challenge, another client asked for the code
            // (RFC 9700, section 2.1.1).
            (_, Some(_)) => return Err(CodeError::VerifierWrong),
        }
        issued.redeemed = true;
        Ok(issued.grant.clone())
    }

    /// Makes all codes expire that were issued so far.
    pub(crate) fn expire(&mut self) {
        let now = jiff::Timestamp::now().as_second();
        for issued in self.0.values_mut() {
            issued.expires = issued.expires.min(now);
        }
    }
}
