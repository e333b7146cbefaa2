//! Faults: what goes wrong on purpose.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::error::ControlError;
use crate::wire::Request;

/// A fault: which requests it concerns, and what happens to them. If several match a request, the
/// first one happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Which requests the fault concerns. Without conditions, all of them, including those inside a
    /// `$batch`.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Number of matching requests that pass before the first fault.
    #[serde(default)]
    pub skip: u32,
    /// Number of requests that the fault happens to; 1 by default. None is without limit.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What happens to the requests.
    pub then: Then,
}

/// Conditions on a request. All of them have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// The method, in upper or lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Part of the decoded path, such as `/v1.0/users/delta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Part of the decoded query, such as `$skiptoken=`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whether the request has to be inside a `$batch` (true) or outside (false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<bool>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Then {
    /// Gets this answer, and never reaches the tenant.
    Answer {
        /// HTTP status, from 200 to 599.
        status: u16,
        /// Headers. If there is no `Content-Type`, JSON bodies get theirs.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A string is sent as it is, any other value as JSON. None is an empty body.
        #[serde(default)]
        body: Option<Value>,
    },
    /// Is refused by Graph, with the text that Graph has for the status.
    Fail {
        /// HTTP status, from 400 to 599.
        status: u16,
        /// Value of `Retry-After`, in any form. If none, the header is not sent.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Is refused with `Directory_ExpiredPageToken`. Concerns only requests with a `$skiptoken`.
    ExpiredPageToken {},
    /// Is refused by Entra for this reason. Concerns only requests to the token endpoint.
    Token(TokenFault),
    /// Gets no answer: the connection is closed.
    Close {},
    /// Gets a part of its answer.
    Truncate {
        /// Number of bytes of the body that are sent; half of them by default.
        #[serde(default)]
        after: Option<usize>,
        /// Whether `Content-Length` is that of the part that is sent: the answer looks complete
        /// then, and is not valid JSON. Otherwise it is that of the full body, and the connection
        /// is closed early.
        #[serde(default)]
        clean: bool,
    },
    /// Gets an answer with an invalid ID token. Concerns only requests that redeem a code.
    IdToken(IdTokenFault),
    /// Gets its answer late.
    Delay {
        /// Length of the delay.
        milliseconds: u64,
    },
    /// Gets its answer only after the faults have been replaced or cleared.
    Hold {},
    /// Gets its answer with these members changed.
    Rewrite(Vec<Edit>),
}

/// Why the token endpoint refuses, for reasons that no setting of this tenant leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TokenFault {
    /// The tenant belongs to another cloud (AADSTS900432).
    OtherCloud,
    /// The tenant belongs to the Azure Government cloud, and the endpoint is the public one
    /// (AADSTS900439).
    GovernmentTenant,
    /// The tenant belongs to the public cloud, and the endpoint is that of Azure Government
    /// (AADSTS900440).
    PublicTenant,
    /// The secret is unknown, as it is for some seconds after it was made (AADSTS7000215).
    SecretUnknown,
    /// The application is unknown, as it is for some seconds after it was registered
    /// (AADSTS700016).
    ApplicationUnknown,
    /// The application has no service principal in the tenant yet (AADSTS7000229).
    ServicePrincipalMissing,
}

/// What is wrong with an ID token. Everything else about the token is correct, including the
/// signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IdTokenFault {
    /// Names a published key, and is signed by another.
    WrongKey,
    /// Is signed by a key that is not published, and names it.
    UnknownKid,
    /// The issuer is another tenant; `tid` is correct.
    WrongIssuer,
    /// The audience is another application.
    WrongAudience,
    /// `tid` is another tenant; the issuer is correct.
    WrongTenant,
    /// The nonce belongs to another sign-in.
    WrongNonce,
    /// There is no nonce.
    WithoutNonce,
    /// Expired an hour ago.
    Expired,
    /// Becomes valid in an hour.
    NotYetValid,
    /// Has no `oid`.
    WithoutOid,
    /// Version 1.0: the issuer and the names of claims are those of the older endpoint.
    Version1,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// `alg` is `HS256`, with the published key (PEM) as the secret.
    Hs256,
    /// The keys are rotated before the client can read them, and the key that signed the token is
    /// no longer published.
    KeysRotated,
    /// Has a claim of 20 MB.
    Huge,
}

/// One change to the JSON of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// JSON Pointer (RFC 6901) to the member, such as `/@odata.nextLink` or `/value/3/displayName`.
    /// The parent has to exist.
    pub pointer: String,
    /// New value. In strings, `{self}` stands for the URL of the request and `{graph}` for the
    /// origin of Graph. None removes the member.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Reads `null` as a value, so that it differs from a missing member.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[expect(clippy::unnecessary_wraps, reason = "serde's default has the type of the field")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    /// Returns a fault that happens once, to the next request whose path contains this text.
    #[must_use]
    pub fn once(path: &str, then: Then) -> Self {
        let matching = Match { path: Some(path.to_owned()), ..Match::default() };
        Self { matching, skip: 0, times: Some(1), then }
    }

    /// Sets the number of requests that the fault happens to; without limit if none.
    #[must_use]
    pub fn times(mut self, times: impl Into<Option<u32>>) -> Self {
        self.times = times.into();
        self
    }

    /// Sets the number of matching requests that pass first.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Limits the fault to requests whose decoded query contains this text.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.matching.query = Some(query.to_owned());
        self
    }

    /// Limits the fault to requests inside a `$batch`.
    #[must_use]
    pub fn inside_batch(mut self) -> Self {
        self.matching.inner = Some(true);
        self
    }

    fn check(&self) -> Result<(), ControlError> {
        let wrong = match &self.then {
            Then::Fail { status, .. } if !(400..600).contains(status) => {
                Some(format!("status {status} is not a failure: it has to be 400 to 599"))
            }
            Then::Fail { retry_after: Some(value), .. }
                if http::HeaderValue::from_str(value).is_err() =>
            {
                Some("HTTP does not allow this value of `Retry-After`".to_owned())
            }
            Then::Answer { status, .. } if !(200..600).contains(status) => {
                Some(format!("status {status} is not possible: it has to be 200 to 599"))
            }
            Then::Answer { headers, .. } => headers
                .iter()
                .find(|(name, value)| {
                    http::HeaderName::from_bytes(name.as_bytes()).is_err()
                        || http::HeaderValue::from_str(value).is_err()
                })
                .map(|(name, _)| format!("HTTP does not allow the header `{name}`")),
            Then::Rewrite(edits) => edits
                .iter()
                .find(|edit| !edit.pointer.starts_with('/'))
                .map(|edit| format!("`{}` is not a JSON Pointer to a member", edit.pointer)),
            _ => None,
        };
        wrong.map_or(Ok(()), |wrong| Err(ControlError::Invalid(wrong)))
    }
}

impl Then {
    /// Returns a refusal of Graph with this status.
    #[must_use]
    pub fn fail(status: u16) -> Self {
        Self::Fail { status, retry_after: None }
    }

    /// Returns a refusal of Graph because of too many requests, with this `Retry-After`.
    #[must_use]
    pub fn throttled(retry_after: &str) -> Self {
        Self::Fail { status: 429, retry_after: Some(retry_after.to_owned()) }
    }

    fn concerns(&self, request: &Request) -> bool {
        match self {
            Self::IdToken(_) => request.form().get("grant_type") == Some("authorization_code"),
            Self::Token(_) => request.path.ends_with("/oauth2/v2.0/token"),
            Self::ExpiredPageToken {} => request.query.option("skiptoken").is_some(),
            _ => true,
        }
    }
}

impl Match {
    fn fits(&self, request: &Request) -> bool {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        self.method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && self.path.as_ref().is_none_or(|path| decoded(&request.path).contains(path))
            && self.query.as_ref().is_none_or(|query| decoded(&request.query.raw).contains(query))
            && self.inner.is_none_or(|inner| inner == request.inner)
    }
}

/// The faults that are set, each with the number of requests that are left.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    /// Notified of every replacement.
    replaced: watch::Sender<()>,
}

impl Faults {
    pub(crate) fn set(&mut self, faults: Vec<Fault>) -> Result<(), ControlError> {
        faults.iter().try_for_each(Fault::check)?;
        self.faults = faults;
        self.replaced.send_replace(());
        Ok(())
    }

    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), ControlError> {
        fault.check()?;
        self.faults.push(fault);
        Ok(())
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.faults
    }

    /// Returns a receiver that is notified when the faults are replaced.
    pub(crate) fn replaced(&self) -> watch::Receiver<()> {
        self.replaced.subscribe()
    }

    /// Returns what happens to a request, and counts the request.
    pub(crate) fn strike(&mut self, request: &Request) -> Option<Then> {
        for fault in &mut self.faults {
            if fault.times == Some(0)
                || !fault.matching.fits(request)
                || !fault.then.concerns(request)
            {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            return Some(fault.then.clone());
        }
        None
    }
}
