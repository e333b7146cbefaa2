//! Refusals in Entra's words.
//!
//! Codes and texts: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, as real
//! tenants answer them where the page has the short form only.

use http::StatusCode;
use serde_json::json;

use crate::wire::Reply;

/// An error of the token endpoint or of discovery.
#[derive(Clone, Debug)]
pub(crate) struct EntraRefusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

/// What each answer of Entra carries, so that it can be found in the logs.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) correlation_id: String,
    pub(crate) authority: String,
}

impl EntraRefusal {
    fn new(status: StatusCode, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status, error, code, text: text.into() }
    }

    fn bad(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, code, text)
    }

    fn credential(code: u32, text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", code, text)
    }

    /// `error` is `invalid_request` at the token endpoint and `invalid_tenant` at discovery.
    pub(crate) fn tenant_not_found(tenant: &str, error: &'static str) -> Self {
        Self::bad(
            error,
            90002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
             the correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
            ),
        )
    }

    pub(crate) fn tenant_malformed(tenant: &str) -> Self {
        Self::bad(
            "invalid_request",
            900_023,
            format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
            ),
        )
    }

    pub(crate) fn not_over_common() -> Self {
        Self::bad(
            "invalid_request",
            90010,
            "The grant type is not supported over the /common or /consumers \
             endpoints. Please use the /organizations or tenant-specific endpoint.",
        )
    }

    pub(crate) fn no_tenant_information() -> Self {
        Self::bad(
            "invalid_request",
            50059,
            "No tenant-identifying information found in either the request or \
             implied by any provided credentials.",
        )
    }

    pub(crate) fn parameter_missing(name: &str) -> Self {
        Self::bad(
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{name}'."),
        )
    }

    pub(crate) fn only_post(method: &str) -> Self {
        Self::bad(
            "invalid_request",
            900_561,
            format!("The endpoint only accepts POST requests. Received a {method} request."),
        )
    }

    pub(crate) fn unsupported_grant(grant: &str) -> Self {
        Self::bad(
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{grant}'."),
        )
    }

    pub(crate) fn client_not_a_guid() -> Self {
        Self::bad("invalid_request", 90112, "Application identifier is expected to be a GUID.")
    }

    pub(crate) fn client_not_found(client: &str, directory: &str) -> Self {
        Self::bad(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{directory}'. This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(crate) fn client_disabled(client: &str, name: &str) -> Self {
        Self::bad(
            "unauthorized_client",
            7_000_112,
            format!("Application '{client}'({name}) is disabled."),
        )
    }

    pub(crate) fn secret_missing() -> Self {
        Self::credential(
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the \
             'client_credentials' grant type.",
        )
    }

    pub(crate) fn secret_wrong(client: &str) -> Self {
        Self::credential(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
             value, not the client secret ID, for a secret added to app '{client}'."
            ),
        )
    }

    pub(crate) fn secret_expired(client: &str) -> Self {
        Self::credential(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new \
             keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
             added security: https://aka.ms/certCreds."
            ),
        )
    }

    /// The application has no certificate, so an assertion is signed with one that is not registered.
    pub(crate) fn certificate_unknown(client: &str) -> Self {
        Self::credential(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. \
             [Reason - The key was not found., Please visit the Azure Portal, Graph Explorer or directly use MS \
             Graph to see configured keys for app Id '{client}'.]"
            ),
        )
    }

    pub(crate) fn scope_without_default(scope: &str) -> Self {
        Self::bad(
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
             with /.default suffixed to the resource identifier (application ID URI)."
            ),
        )
    }

    pub(crate) fn scope_invalid(scope: &str) -> Self {
        Self::bad(
            "invalid_scope",
            70011,
            format!(
                "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        )
    }

    pub(crate) fn resource_not_found(resource: &str, directory: &str) -> Self {
        Self::bad(
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {directory}. This can \
             happen if the application has not been installed by the administrator of the tenant or consented to \
             by any user in the tenant. You might have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(crate) fn temporarily_unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            90033,
            "A transient error has \
             occurred. Please try again.",
        )
    }

    pub(crate) fn reply(&self, trace: &Trace) -> Reply {
        let timestamp = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {timestamp}",
            self.code, self.text, trace.trace_id, trace.correlation_id
        );
        let mut body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace.trace_id,
            "correlation_id": trace.correlation_id,
        });
        // Some answers of Entra have none: among them 90002 and 90010.
        if !matches!(self.code, 90002 | 90010) {
            body["error_uri"] = format!("{}/error?code={}", trace.authority, self.code).into();
        }
        Reply::json(self.status, &body)
    }
}
