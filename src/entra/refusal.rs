//! Why Entra ID refused, and what the administrator can do about it.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
//! Microsoft asks programs to branch on `error` and may change the AADSTS codes; here they
//! choose words, whom they are for, and whether to try again, as Microsoft lists the codes.

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
    /// OAuth 2.0's code (RFC 6749, section 5.2), e.g. `invalid_client`.
    error: Option<String>,
    /// Microsoft's code, e.g. 7000222.
    aadsts: Option<u32>,
    detail: String,
}

impl Refusal {
    /// Reads it, whatever of it is there.
    pub fn read(response: &Response) -> Self {
        let body = response.json();
        if !body.is_object() {
            return Self { status: response.status, detail: response.outline(), ..Self::default() };
        }
        let text = |name| body.get(name).and_then(Value::as_str);
        let description = text("error_description").unwrap_or_default();
        // The ids are in the description too, on lines of their own.
        let sentence = description.lines().next().unwrap_or_default();
        let ids = [
            ("trace id", text("trace_id")),
            ("correlation id", text("correlation_id")),
            ("time", text("timestamp")),
        ];
        let in_list = body.pointer("/error_codes/0").and_then(Value::as_u64);
        let mut detail = vec![format!("HTTP {}", response.status)];
        detail.extend((!sentence.is_empty()).then(|| sentence.to_owned()));
        detail.extend(ids.into_iter().filter_map(|(name, it)| Some(format!("{name} {}", it?))));
        Self {
            status: response.status,
            error: text("error").map(str::to_owned),
            aadsts: code_in(description).or_else(|| in_list.and_then(|it| it.try_into().ok())),
            detail: detail.join("; "),
        }
    }

    /// What a browser was sent back with: the same words, but for the form.
    pub fn told(error: &str, description: &str) -> Self {
        let lines = description.lines().map(str::trim).filter(|it| !it.is_empty());
        let detail: Vec<_> = std::iter::once(error).chain(lines).collect();
        Self {
            // As the token endpoint would have put it.
            status: 400,
            error: Some(error.to_owned()),
            aadsts: code_in(description),
            detail: detail.join("; ").chars().take(1000).collect(),
        }
    }

    /// The same without a credential that the server may have repeated.
    pub fn without(mut self, secret: &Secret) -> Self {
        self.error = self.error.map(|it| secret.hidden_in(&it));
        self.detail = secret.hidden_in(&self.detail);
        self
    }

    /// Microsoft's code, where there is one.
    pub fn aadsts(&self) -> Option<u32> {
        self.aadsts
    }

    /// For an explanation, without the secret, should the server have repeated what it was sent.
    fn code_and_detail(&self, settings: &Settings) -> (String, String) {
        let code = match (&self.aadsts, &self.error) {
            (Some(number), _) => format!("AADSTS{number}"),
            (None, Some(error)) if self.is_client_error() => error.clone(),
            _ => format!("http-{}", self.status),
        };
        match settings.server.credential.secret() {
            Some(secret) => (secret.hidden_in(&code), secret.hidden_in(&self.detail)),
            // Its key is never sent.
            None => (code, self.detail.clone()),
        }
    }

    /// Words for it, and the case that a host acts on.
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
                    "The sign-in server answered something that is not an answer of Entra ID",
                )
                .remedy(remedy::PROXY)
                .detail(detail),
            );
        }
        Error::Unauthorized(
            Explanation::new(code, "Entra ID refused to issue a token")
                .remedy(format!(
                    "Check tenant ID, client ID and {}; the detail is what Microsoft's support asks for",
                    settings.server.credential.name()
                ))
                .detail(detail),
        )
    }

    /// What its code means and what to do about it, without anything that came with the code;
    /// `None` where no code is known.
    pub fn advice(&self, settings: &Settings, asker: Asker<'_>) -> Option<(&'static str, String)> {
        let cause = self.cause(settings, asker)?;
        Some((cause.summary(), cause.remedy(asker, settings.endpoints().portal())))
    }

    fn cause(&self, settings: &Settings, asker: Asker<'_>) -> Option<&'static Cause> {
        let (error, credential) = (self.error.as_deref(), &settings.server.credential);
        Cause::find(self.aadsts, error, &self.detail, asker, credential)
    }

    /// Whether it asks to come back rather than refuses.
    fn is_passing(&self) -> bool {
        Cause::is_passing(self.aadsts, self.error.as_deref())
    }

    fn is_client_error(&self) -> bool {
        (400..500).contains(&self.status)
    }
}

/// "AADSTS65004: User declined …" begins with it.
fn code_in(description: &str) -> Option<u32> {
    let digits = description.strip_prefix("AADSTS")?.split(|it: char| !it.is_ascii_digit()).next();
    digits?.parse().ok()
}

/// Whether the answer of the token endpoint asks to come back rather than refuses.
pub fn is_passing(response: &Response) -> bool {
    (400..500).contains(&response.status) && Refusal::read(response).is_passing()
}
