//! Refusals of client assertions, and of the certificates behind them.

use super::EntraRefusal;
use crate::state::certificate::{Certificate, hexadecimal};

/// The link at the end of these refusals.
const DOCUMENTATION: &str = "Review the documentation at \
    https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

impl EntraRefusal {
    /// Refuses two credentials in one request, which RFC 6749, section 2.3, forbids. Code and text
    /// are a guess.
    pub(crate) fn two_credentials() -> Self {
        Self::bad(
            "invalid_request",
            90023,
            "The request must not contain both 'client_assertion' and 'client_secret'.",
        )
    }

    pub(crate) fn assertion_type() -> Self {
        Self::bad("invalid_request", 90011, "Unexpected client assertion type.")
    }

    pub(crate) fn assertion_malformed() -> Self {
        Self::bad("invalid_request", 50027, "JWT token is invalid or malformed.")
    }

    pub(crate) fn thumbprint_missing() -> Self {
        Self::bad(
            "invalid_request",
            50027,
            "Invalid JWT token. No certificate thumbprint specified in token header.",
        )
    }

    pub(crate) fn assertion_algorithm() -> Self {
        Self::bad(
            "invalid_request",
            5_002_730,
            "Invalid JWT token. Unsupported key for the signing algorithm.",
        )
    }

    pub(crate) fn assertion_subject() -> Self {
        Self::credential(50048, "Subject must match the issuer claim in the client assertion.")
    }

    pub(crate) fn assertion_client() -> Self {
        Self::credential(
            700_021,
            format!(
                "Client assertion application identifier doesn't match 'client_id' parameter. \
                 {DOCUMENTATION}"
            ),
        )
    }

    pub(crate) fn assertion_audience() -> Self {
        Self::credential(
            700_023,
            format!("Client assertion audience claim does not match Realm issuer. {DOCUMENTATION}"),
        )
    }

    /// Refuses an assertion that is not valid now. `from` and `until` are seconds since 1970.
    pub(crate) fn assertion_time(now: jiff::Timestamp, from: i64, until: i64) -> Self {
        let time = |seconds: i64| {
            jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), ticks)
        };
        Self::credential(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion \
                 valid from {}, expiry time of assertion {}. {DOCUMENTATION}",
                ticks(now),
                time(from),
                time(until)
            ),
        )
    }

    /// Refuses an unknown certificate. The text has no thumbprint if that in the header is
    /// malformed.
    pub(crate) fn certificate_unknown(client: &str, thumbprint: Option<&[u8]>) -> Self {
        let used =
            thumbprint.filter(|thumbprint| matches!(thumbprint.len(), 20 | 32)).map(|thumbprint| {
                format!("Thumbprint of key used by client: '{}', ", hexadecimal(thumbprint))
            });
        Self::credential(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not \
                 registered on application. [Reason - The key was not found., {}{}]",
                used.unwrap_or_default(),
                configured(client)
            ),
        )
    }

    /// Refuses a certificate that has expired, or is not valid yet.
    pub(crate) fn certificate_expired(client: &str, certificate: &Certificate) -> Self {
        Self::credential(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is expired on \
                 application. [Reason - The key used is expired., {}, {}]",
                found(certificate),
                configured(client)
            ),
        )
    }

    pub(crate) fn assertion_signature(client: &str, certificate: &Certificate) -> Self {
        Self::credential(
            700_027,
            format!(
                "Client assertion failed signature validation. [Reason - The provided signature \
                 value did not match the expected signature value., {}, {}]",
                found(certificate),
                configured(client)
            ),
        )
    }
}

fn configured(client: &str) -> String {
    format!(
        "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured \
         keys for app Id '{client}'. Review the documentation at \
         https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service \
         endpoint and \
         https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http \
         to build a query request URL, such as \
         'https://graph.microsoft.com/beta/applications/{client}'."
    )
}

fn found(certificate: &Certificate) -> String {
    let time = |time: jiff::Timestamp| time.strftime("%m/%d/%Y %H:%M:%S").to_string();
    format!(
        "Thumbprint of key used by client: '{}', Found key 'Start={}, End={}'",
        certificate.thumbprint(),
        time(certificate.start),
        time(certificate.end)
    )
}

/// Returns a time as .NET writes it, with seven decimal places.
fn ticks(time: jiff::Timestamp) -> String {
    format!("{time:.7}")
}
