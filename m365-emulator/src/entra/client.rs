//! Whether the application is who it says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::refusal::EntraRefusal;
use crate::random::is_guid;
use crate::state::State;
use crate::wire::{Query, Request};

/// What a request to the token endpoint says of the application.
pub(super) struct Credentials {
    pub(super) client: String,
    secret: Option<String>,
    has_assertion: bool,
}

impl Credentials {
    /// From the form, or by HTTP Basic with both parts form-encoded (RFC 6749, section 2.3.1).
    pub(super) fn of(request: &Request, form: &Query) -> Result<Self, EntraRefusal> {
        let has_assertion = form.get("client_assertion").is_some();
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
            return Ok(Self { client: decode(client), secret, has_assertion });
        }
        let client =
            form.get("client_id").ok_or_else(|| EntraRefusal::parameter_missing("client_id"))?;
        let secret = form.get("client_secret").map(str::to_owned);
        Ok(Self { client: client.to_owned(), secret, has_assertion })
    }

    /// `missing` is what this grant calls a secret that is not there.
    pub(super) fn check_secret(
        &self,
        state: &State,
        missing: impl FnOnce() -> EntraRefusal,
    ) -> Result<(), EntraRefusal> {
        match self.secret.as_deref() {
            None if self.has_assertion => Err(EntraRefusal::certificate_unknown(&self.client)),
            None => Err(missing()),
            Some(secret) if secret != state.registration.secret.secret() => {
                Err(EntraRefusal::secret_wrong(&self.client))
            }
            Some(_) if state.settings.secret_expired => {
                Err(EntraRefusal::secret_expired(&self.client))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Whether there is such an application.
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
