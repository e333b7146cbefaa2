//! Microsoft Entra ID: the access token, by client credentials.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.

mod codes;
mod proof;
mod refusal;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    error::{Error, Explanation},
    host::{Request, Response},
    remedy,
    secret::Secret,
    settings::Settings,
};

pub use codes::{Asker, fields_of};
pub use proof::Proof;
pub use refusal::{Refusal, is_passing};

/// A token for Graph.
#[derive(Clone)]
pub struct AccessToken {
    bearer: Secret,
    renew_at: SystemTime,
    roles: Option<Vec<String>>,
}

impl AccessToken {
    /// What no text may repeat.
    pub fn secret(&self) -> &Secret {
        &self.bearer
    }

    /// What the Authorization header says.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.bearer.reveal())
    }

    /// Whether a new one should be asked for before the next request.
    pub fn is_stale(&self, now: SystemTime) -> bool {
        now >= self.renew_at
    }

    /// The permissions that the token names; `None` where it cannot be read. A hint as well.
    pub fn roles(&self) -> Option<&[String]> {
        self.roles.as_deref()
    }

    /// Whether the token says that the permission is granted; `None` where it cannot be read.
    /// Microsoft keeps the format of tokens for Graph to itself, so this is a hint and no proof.
    pub fn hints_at(&self, permission: &str) -> Option<bool> {
        Some(self.roles.as_ref()?.iter().any(|it| it == permission))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// Asks for a token with all that is granted.
pub fn token_request(settings: &Settings, proof: &Proof) -> Request {
    let endpoints = settings.endpoints();
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &settings.server.client_id)
        .extend_pairs(proof.fields())
        .append_pair("scope", &endpoints.scope())
        .append_pair("grant_type", "client_credentials")
        .finish();
    Request::post(endpoints.token(), "application/x-www-form-urlencoded", body.into_bytes())
        .header("accept", "application/json")
}

/// Reads what Entra ID answered to `proof`.
///
/// # Errors
/// [`Error::Unauthorized`] where it refused, with the cause and what to do about it;
/// [`Error::Unavailable`] where it has troubles of its own; [`Error::Unexpected`] where the
/// answer is not Entra ID's.
pub fn read_token(
    settings: &Settings,
    proof: &Proof,
    response: &Response,
    now: SystemTime,
) -> Result<AccessToken, Error> {
    if response.status != 200 {
        let refusal = Refusal::read(response).without(proof.secret());
        return Err(refusal.explain(settings, Asker::App));
    }
    let granted = response.json();
    let text = |name| granted.get(name).and_then(Value::as_str);
    let is_bearer = text("token_type").is_none_or(|it| it.eq_ignore_ascii_case("bearer"));
    // What cannot be a header would be refused by the host with a less helpful error.
    let token = text("access_token")
        .filter(|it| is_bearer && !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| not_entra(response))?;
    let lifetime = match granted.get("expires_in") {
        Some(Value::Number(seconds)) => seconds.as_f64(),
        // Some servers give it as text.
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    }
    .filter(|it| it.is_finite() && *it >= 0.0)
    // Microsoft documents 60 to 90 minutes.
    .unwrap_or(3600.0)
    .min(86_400.0);
    // Five minutes ahead, or earlier for a token that lives for only a few.
    let margin = (lifetime / 10.0).min(300.0);
    Ok(AccessToken {
        roles: roles(token),
        bearer: Secret::new(token),
        renew_at: now + Duration::from_secs_f64(lifetime - margin),
    })
}

fn not_entra(response: &Response) -> Error {
    Error::Unexpected(
        Explanation::new(
            "not-entra-id",
            "The sign-in server answered something that is not an answer of Entra ID",
        )
        .remedy(remedy::PROXY)
        .detail(response.outline()),
    )
}

fn roles(token: &str) -> Option<Vec<String>> {
    let payload = token.split('.').nth(1)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_str(str::from_utf8(&json).ok()?).ok()?;
    // Absent where nothing is granted.
    let roles = claims.as_object()?.get("roles").and_then(Value::as_array);
    Some(roles.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect())
}
