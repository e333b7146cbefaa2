//! Microsoft Entra ID: access tokens by client credentials, and the meaning of its errors.
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

pub use codes::{Asker, fields_to_blame};
pub use proof::Proof;
pub use refusal::{Refusal, is_passing};

/// An access token for Graph.
#[derive(Clone)]
pub struct AccessToken {
    bearer: Secret,
    renew_at: SystemTime,
    roles: Option<Vec<String>>,
}

impl AccessToken {
    /// Returns the token itself, which no text may repeat.
    pub fn secret(&self) -> &Secret {
        &self.bearer
    }

    /// Returns the value of the Authorization header.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.bearer.reveal())
    }

    /// Returns whether a new token is needed before the next request.
    pub fn is_stale(&self, now: SystemTime) -> bool {
        now >= self.renew_at
    }

    /// Returns the permissions in the token; `None` where they cannot be read. A hint only, as
    /// [`Self::hints_at`].
    pub fn roles(&self) -> Option<&[String]> {
        self.roles.as_deref()
    }

    /// Returns whether the token contains the permission; `None` where it cannot be read. Microsoft
    /// does not document the format of tokens for Graph, so this is a hint and no proof.
    pub fn hints_at(&self, permission: &str) -> Option<bool> {
        Some(self.roles.as_ref()?.iter().any(|role| role == permission))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// Returns the request for a token with all permissions that are granted.
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

/// Reads the answer of Entra ID to `proof`.
///
/// # Errors
/// [`Error::Unauthorized`] where Entra ID refused, with cause and remedy; [`Error::Unavailable`]
/// where it reports an error of its own; [`Error::Unexpected`] where another server answered.
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
    let is_bearer = text("token_type").is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    // The host would refuse a value that is not allowed in a header, with a less helpful error.
    let token = text("access_token")
        .filter(|token| {
            is_bearer && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .ok_or_else(|| not_entra(response))?;
    let lifetime = match granted.get("expires_in") {
        Some(Value::Number(seconds)) => seconds.as_f64(),
        // Some servers send it as text.
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    }
    .filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
    // Microsoft documents 60 to 90 minutes.
    .unwrap_or(3600.0)
    .min(86_400.0);
    // Renewed five minutes before its end, or later where it is valid for a short time only.
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
            "The answer of the sign-in server does not come from Entra ID",
        )
        .remedy(remedy::PROXY)
        .detail(response.outline()),
    )
}

fn roles(token: &str) -> Option<Vec<String>> {
    let payload = token.split('.').nth(1)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_str(str::from_utf8(&json).ok()?).ok()?;
    // Absent where no permission is granted.
    let roles = claims.as_object()?.get("roles").and_then(Value::as_array);
    Some(roles.into_iter().flatten().filter_map(|role| role.as_str().map(str::to_owned)).collect())
}
