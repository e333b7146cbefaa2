//! Authorization codes: for one application, one person, one use.

use std::collections::HashMap;

use super::pkce::Challenge;
use super::refusal::EntraRefusal;
use super::scope::Scopes;
use crate::random::Random;

/// How long a code lives
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response>).
const LIFETIME_SECONDS: i64 = 600;

/// How long a code is known at all: after that, it is as if it had never been.
const REMEMBERED_SECONDS: i64 = 86_400;

/// What a person agreed to.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Object id of the person.
    pub(crate) person: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
}

#[derive(Debug)]
struct Issued {
    grant: Grant,
    expires: i64,
    redeemed: bool,
}

/// The codes that are out. There is one application, so each is its.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<String, Issued>);

impl Codes {
    /// A new code; times are Unix timestamps.
    pub(crate) fn issue(&mut self, grant: Grant, now: i64, random: &mut Random) -> String {
        self.0.retain(|_, issued| now < issued.expires + REMEMBERED_SECONDS);
        // Entra's are about as long: what has no room for one should fail here.
        let code = format!("1.A{}", random.opaque(600));
        let issued = Issued { grant, expires: now + LIFETIME_SECONDS, redeemed: false };
        self.0.insert(code.clone(), issued);
        code
    }

    /// What a code stands for, once. A code that is presented wrongly is not used up.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: i64,
    ) -> Result<Grant, EntraRefusal> {
        let issued = self.0.get_mut(code).ok_or_else(EntraRefusal::code_unknown)?;
        if issued.redeemed {
            return Err(EntraRefusal::code_redeemed());
        }
        if issued.expires <= now {
            return Err(EntraRefusal::code_expired());
        }
        if issued.grant.redirect_uri != redirect_uri {
            return Err(EntraRefusal::redirect_uri_other(redirect_uri, &issued.grant.redirect_uri));
        }
        match (&issued.grant.challenge, verifier) {
            (None, None) => {}
            (Some(_), None) => return Err(EntraRefusal::verifier_missing()),
            (Some(challenge), Some(verifier)) if challenge.is_answered_by(verifier) => {}
            // A verifier without a challenge is a code that somebody else asked for (RFC 9700, 2.1.1).
            (_, Some(_)) => return Err(EntraRefusal::verifier_wrong()),
        }
        issued.redeemed = true;
        Ok(issued.grant.clone())
    }

    /// All codes that are out have expired.
    pub(crate) fn expire(&mut self) {
        let now = jiff::Timestamp::now().as_second();
        for issued in self.0.values_mut() {
            issued.expires = issued.expires.min(now);
        }
    }
}
