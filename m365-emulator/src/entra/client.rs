//! Authentication of the application.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::assertion::{self, JWT_BEARER};
use super::refusal::EntraRefusal;
use crate::random::is_guid;
use crate::state::State;
use crate::wire::{Query, Request};

/// The kind of credential that an application authenticated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Secret,
    Certificate,
}

impl Proof {
    /// Returns the claim `appidacr` of access tokens.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Secret => "1",
            Self::Certificate => "2",
        }
    }
}

/// The client id and the credentials in a request to the token endpoint.
pub(super) struct Credentials {
    pub(super) client: String,
    secret: Option<String>,
    assertion: Option<Assertion>,
}

/// A token that was signed with a certificate, and its declared type.
struct Assertion {
    jwt: String,
    kind: Option<String>,
}

impl Credentials {
    /// Reads the credentials from the form, or from HTTP Basic with both parts form-encoded (RFC
    /// 6749, section 2.3.1).
    pub(super) fn read(request: &Request, form: &Query) -> Result<Self, EntraRefusal> {
        let assertion = form.get("client_assertion").map(|jwt| Assertion {
            jwt: jwt.to_owned(),
            kind: form.get("client_assertion_type").map(str::to_owned),
        });
        let basic = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
            .and_then(|pair| String::from_utf8(pair).ok());
        if let Some((client, secret)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
            let decode = |text: &str| {
                let text = text.replace('+', " ");
                percent_decode_str(&text).decode_utf8_lossy().into_owned()
            };
            let secret = Some(decode(secret)).filter(|secret| !secret.is_empty());
            return Ok(Self { client: decode(client), secret, assertion });
        }
        let client =
            form.get("client_id").ok_or_else(|| EntraRefusal::parameter_missing("client_id"))?;
        let secret = form.get("client_secret").map(str::to_owned);
        Ok(Self { client: client.to_owned(), secret, assertion })
    }

    /// Checks the credentials. `missing` returns the refusal of this grant if there are none.
    pub(super) fn check(
        &self,
        state: &State,
        missing: impl FnOnce() -> EntraRefusal,
    ) -> Result<Proof, EntraRefusal> {
        match (&self.secret, &self.assertion) {
            (None, None) => Err(missing()),
            (Some(_), Some(_)) => Err(EntraRefusal::two_credentials()),
            (Some(secret), None) => self.check_secret(state, secret).map(|()| Proof::Secret),
            (None, Some(assertion)) => {
                match assertion.kind.as_deref() {
                    None => return Err(EntraRefusal::parameter_missing("client_assertion_type")),
                    Some(JWT_BEARER) => {}
                    Some(_) => return Err(EntraRefusal::assertion_type()),
                }
                assertion::check(state, &self.client, &assertion.jwt, jiff::Timestamp::now())?;
                Ok(Proof::Certificate)
            }
        }
    }

    fn check_secret(&self, state: &State, secret: &str) -> Result<(), EntraRefusal> {
        if secret != state.registration.secret.secret() {
            return Err(EntraRefusal::secret_wrong(&self.client));
        }
        if state.settings.secret_expired {
            return Err(EntraRefusal::secret_expired(&self.client));
        }
        Ok(())
    }
}

/// Checks that the application is registered and enabled.
pub(super) fn check(state: &State, client: &str) -> Result<(), EntraRefusal> {
    if !is_guid(client) {
        return Err(EntraRefusal::client_not_a_guid());
    }
    if !client.eq_ignore_ascii_case(&state.registration.client_id) {
        return Err(EntraRefusal::client_not_found(client, &state.tenant.name));
    }
    if state.settings.application_disabled {
        return Err(EntraRefusal::client_disabled(client, &state.registration.name));
    }
    Ok(())
}
