//! Error answers of Entra ID.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>. Microsoft
//! asks programs to decide by `error` and can change the AADSTS codes. Here those codes only select
//! the explanation, the kind of error, and whether to repeat the request, as Microsoft lists them.

use serde_json::Value;

use super::codes::{Asker, Cause};
use crate::{
    error::{Error, Explanation},
    host::Response,
    remedy,
    secret::Secret,
    settings::Settings,
};

/// An error answer of Entra ID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    /// Code of OAuth 2.0 (RFC 6749, section 5.2), e.g. `invalid_client`.
    error: Option<String>,
    /// Number of Microsoft's code, e.g. 7000222.
    aadsts: Option<u32>,
    detail: String,
}

impl Refusal {
    /// Reads an answer; every part of it can be missing.
    pub fn read(response: &Response) -> Self {
        let body = response.json();
        if !body.is_object() {
            return Self { status: response.status, detail: response.outline(), ..Self::default() };
        }
        let text = |name| body.get(name).and_then(Value::as_str);
        let description = text("error_description").unwrap_or_default();
        // The other lines of the description repeat the ids.
        let sentence = description.lines().next().unwrap_or_default();
        let ids = [
            ("trace id", text("trace_id")),
            ("correlation id", text("correlation_id")),
            ("time", text("timestamp")),
        ];
        let in_list = body.pointer("/error_codes/0").and_then(Value::as_u64);
        let mut detail = vec![format!("HTTP {}", response.status)];
        detail.extend((!sentence.is_empty()).then(|| sentence.to_owned()));
        detail.extend(ids.into_iter().filter_map(|(name, id)| Some(format!("{name} {}", id?))));
        Self {
            status: response.status,
            error: text("error").map(str::to_owned),
            aadsts: code_in(description).or_else(|| in_list.and_then(|code| code.try_into().ok())),
            detail: detail.join("; "),
        }
    }

    /// Returns the error with which Entra ID sent a browser back: the same words in another form.
    pub fn in_redirect(error: &str, description: &str) -> Self {
        let lines = description.lines().map(str::trim).filter(|line| !line.is_empty());
        let detail: Vec<_> = std::iter::once(error).chain(lines).collect();
        Self {
            // The status that the token endpoint would send.
            status: 400,
            error: Some(error.to_owned()),
            aadsts: code_in(description),
            detail: detail.join("; ").chars().take(1000).collect(),
        }
    }

    /// Returns the same with a credential removed that the server may have repeated.
    pub fn without(mut self, secret: &Secret) -> Self {
        self.error = self.error.map(|code| secret.hidden_in(&code));
        self.detail = secret.hidden_in(&self.detail);
        self
    }

    /// Returns the number of Microsoft's code, where there is one.
    pub fn aadsts(&self) -> Option<u32> {
        self.aadsts
    }

    /// Returns code and detail for an explanation, with the secret removed: the server may have
    /// repeated it.
    fn code_and_detail(&self, settings: &Settings) -> (String, String) {
        let code = match (&self.aadsts, &self.error) {
            (Some(number), _) => format!("AADSTS{number}"),
            (None, Some(error)) if self.is_client_error() => error.clone(),
            _ => format!("http-{}", self.status),
        };
        match settings.server.credential.secret() {
            Some(secret) => (secret.hidden_in(&code), secret.hidden_in(&self.detail)),
            // The key of a certificate is never sent.
            None => (code, self.detail.clone()),
        }
    }

    /// Returns the error, with cause and remedy.
    pub fn explain(self, settings: &Settings, asker: Asker<'_>) -> Error {
        let (code, detail) = self.code_and_detail(settings);
        if self.status >= 500 || self.status == 429 {
            return Error::Unavailable(
                Explanation::new(code, "Entra ID cannot issue a token at the moment")
                    .remedy("Try again in a few minutes")
                    .detail(detail),
            );
        }
        if let Some(cause) = self.cause(settings, asker) {
            let explanation = Explanation::new(code, cause.summary())
                .remedy(cause.remedy(asker, settings.endpoints().portal()));
            return cause.error(explanation.detail(detail));
        }
        if self.error.is_none() && self.aadsts.is_none() {
            return Error::Unexpected(
                Explanation::new(
                    "not-entra-id",
                    "The answer of the sign-in server does not come from Entra ID",
                )
                .remedy(remedy::PROXY)
                .detail(detail),
            );
        }
        Error::Unauthorized(
            Explanation::new(code, "Entra ID refused to issue a token")
                .remedy(format!(
                    "Check tenant ID, client ID and {}. If they are right, give the detail to \
                        Microsoft's support",
                    settings.server.credential.name()
                ))
                .detail(detail),
        )
    }

    /// Returns cause and remedy by the code alone, without any text of the answer; `None` where the
    /// code is not known.
    pub fn advice(&self, settings: &Settings, asker: Asker<'_>) -> Option<(&'static str, String)> {
        let cause = self.cause(settings, asker)?;
        Some((cause.summary(), cause.remedy(asker, settings.endpoints().portal())))
    }

    fn cause(&self, settings: &Settings, asker: Asker<'_>) -> Option<&'static Cause> {
        let (error, credential) = (self.error.as_deref(), &settings.server.credential);
        Cause::find(self.aadsts, error, &self.detail, asker, credential)
    }

    /// Returns whether the same request can succeed in a moment.
    fn is_passing(&self) -> bool {
        Cause::is_passing(self.aadsts, self.error.as_deref())
    }

    fn is_client_error(&self) -> bool {
        (400..500).contains(&self.status)
    }
}

/// Returns the number at the beginning of "AADSTS65004: User declined …".
fn code_in(description: &str) -> Option<u32> {
    let digits =
        description.strip_prefix("AADSTS")?.split(|letter: char| !letter.is_ascii_digit()).next();
    digits?.parse().ok()
}

/// Returns whether an answer of the token endpoint means that the same request can succeed in a
/// moment.
pub fn is_passing(response: &Response) -> bool {
    (400..500).contains(&response.status) && Refusal::read(response).is_passing()
}
