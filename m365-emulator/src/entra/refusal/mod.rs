//! Refusals with Entra's codes and texts.
//!
//! Source of the codes and texts:
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, and answers of real
//! tenants where that page has a short form only.

mod assertion;

use http::StatusCode;
use serde_json::json;

use crate::wire::Reply;

/// An error of any endpoint: JSON, a page, or sent to the redirect URI.
#[derive(Clone, Debug)]
pub(crate) struct EntraRefusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

/// Ids and time of a request, by which it is found in the logs.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) correlation_id: String,
    /// Time of the answer, in the format of Entra.
    pub(crate) timestamp: String,
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
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID \
                 and are signing into the correct cloud. Check with your subscription \
                 administrator, this may happen if there are no active subscriptions for the \
                 tenant."
            ),
        )
    }

    pub(crate) fn tenant_malformed(tenant: &str) -> Self {
        Self::bad(
            "invalid_request",
            900_023,
            format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid \
                 external domain."
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
                "Application with identifier '{client}' was not found in the directory \
                 '{directory}'. This can happen if the application has not been installed by the \
                 administrator of the tenant or consented to by any user in the tenant. You may \
                 have sent your authentication request to the wrong tenant."
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
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{client}'."
            ),
        )
    }

    pub(crate) fn secret_expired(client: &str) -> Self {
        Self::credential(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure \
                 portal to create new keys for your app: https://aka.ms/NewClientSecret, or \
                 consider using certificate credentials for added security: \
                 https://aka.ms/certCreds."
            ),
        )
    }

    /// <https://github.com/psignoret/aad-sso-wordpress/issues/244>.
    pub(crate) fn cross_cloud() -> Self {
        Self::bad(
            "invalid_request",
            900_432,
            "Confidential Client is not supported in Cross Cloud request.",
        )
    }

    /// <https://github.com/jgraph/drawio/issues/1066>.
    pub(crate) fn government_tenant() -> Self {
        Self::bad(
            "invalid_request",
            900_439,
            "Confidential Client requests are not supported on the public endpoint \
             (login.microsoftonline.com) for tenants in the Azure Government cloud. Send your \
             login requests to https://login.microsoftonline.us instead. Please see \
             https://devblogs.microsoft.com/azuregov/azure-government-aad-authority-endpoint-update/\
             \x20for more details",
        )
    }

    /// <https://github.com/Microsoft365DSC/Microsoft365DSC/issues/1041>.
    pub(crate) fn public_tenant() -> Self {
        Self::bad(
            "invalid_request",
            900_440,
            "Requests to tenants hosted in the public cloud are not supported on USGov endpoints. \
             This user must sign into https://login.microsoftonline.com instead of \
             https://login.microsoftonline.us. The application must send the user to the right \
             login endpoint, usually by hosting two versions of the site (e.g. portal.azure.us and \
             portal.azure.com)",
        )
    }

    /// <https://github.com/Azure/azure-sdk-for-net/issues/46762>.
    pub(crate) fn service_principal_missing(client: &str, tenant: &str) -> Self {
        Self::credential(
            7_000_229,
            format!(
                "The client application {client} is missing service principal in the tenant \
                 {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
            ),
        )
    }

    pub(crate) fn scope_without_default(scope: &str) -> Self {
        Self::bad(
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must \
                 have a scope value with /.default suffixed to the resource identifier \
                 (application ID URI)."
            ),
        )
    }

    pub(crate) fn scope_invalid(scope: &str) -> Self {
        Self::bad(
            "invalid_scope",
            70011,
            format!(
                "The provided value for the input parameter 'scope' is not valid. The scope \
                 {scope} is not valid."
            ),
        )
    }

    pub(crate) fn resource_not_found(resource: &str, directory: &str) -> Self {
        Self::bad(
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named \
                 {directory}. This can happen if the application has not been installed by the \
                 administrator of the tenant or consented to by any user in the tenant. You might \
                 have sent your authentication request to the wrong tenant."
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

    pub(crate) fn credential_missing() -> Self {
        Self::credential(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or \
             'client_secret'.",
        )
    }

    // ---- signing in ----

    pub(crate) fn not_multi_tenant(client: &str, name: &str) -> Self {
        Self::bad(
            "invalid_request",
            50194,
            format!(
                "Application '{client}'({name}) is not configured as a multi-tenant application. \
                 Usage of the /common endpoint is not supported for such applications created \
                 after '10/15/2018'. Use a tenant-specific endpoint or configure the application \
                 to be multi-tenant."
            ),
        )
    }

    pub(crate) fn redirect_uri_missing() -> Self {
        Self::bad("invalid_request", 900_971, "No reply address provided.")
    }

    pub(crate) fn redirect_uri_unknown(uri: &str, client: &str) -> Self {
        Self::bad(
            "invalid_request",
            50011,
            format!(
                "The redirect URI '{uri}' specified in the request does not match the redirect \
                 URIs configured for the application '{client}'. Make sure the redirect URI sent \
                 in the request matches one added to your application in the Azure portal. \
                 Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to \
                 fix this."
            ),
        )
    }

    pub(crate) fn response_type_disabled(kind: &str) -> Self {
        let code = if kind.contains("id_token") { 700_054 } else { 70005 };
        Self::bad(
            "unsupported_response_type",
            code,
            format!("response_type '{kind}' is not enabled for the application."),
        )
    }

    pub(crate) fn response_mode_unsupported(mode: &str) -> Self {
        Self::bad(
            "invalid_request",
            70007,
            format!(
                "'{mode}' is not a supported value of 'response_mode' when requesting a token."
            ),
        )
    }

    pub(crate) fn prompt_unsupported() -> Self {
        Self::bad("invalid_request", 90023, "Unsupported 'prompt' value.")
    }

    pub(crate) fn scope_unknown(application: &str, scope: &str, resource: &str) -> Self {
        Self::bad(
            "invalid_client",
            650_053,
            format!(
                "The application '{application}' asked for scope '{scope}' that doesn't exist on \
                 the resource '{resource}'. Contact the app vendor."
            ),
        )
    }

    pub(crate) fn challenge_missing() -> Self {
        Self::bad(
            "invalid_request",
            50147,
            "The size of the code challenge parameter is not valid.",
        )
    }

    pub(crate) fn challenge_method() -> Self {
        Self::bad("invalid_request", 50149, "Invalid Code_Challenge_method parameter.")
    }

    pub(crate) fn challenge_size() -> Self {
        Self::bad("invalid_request", 501_491, "Invalid size of Code_Challenge parameter.")
    }

    pub(crate) fn not_signed_in() -> Self {
        Self::bad(
            "login_required",
            50058,
            "A silent sign-in request was sent but no user is signed in.",
        )
    }

    /// Refuses after a cancellation. `error` is `access_denied` if a user cancels, and
    /// `consent_required` if an administrator does.
    pub(crate) fn declined(error: &'static str) -> Self {
        Self::bad(error, 65004, "User declined to consent to access the app.")
    }

    pub(crate) fn account_unknown(directory: &str) -> Self {
        Self::bad(
            "invalid_grant",
            50034,
            format!(
                "The user account {{EmailHidden}} does not exist in the {directory} directory. To \
                 sign into this application, the account must be added to the directory."
            ),
        )
    }

    pub(crate) fn account_disabled() -> Self {
        Self::bad("invalid_grant", 50057, "The user account is disabled.")
    }

    pub(crate) fn code_unknown() -> Self {
        Self::bad("invalid_grant", 70000, "Provided grant is invalid or malformed.")
    }

    pub(crate) fn code_expired() -> Self {
        Self::bad(
            "invalid_grant",
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send \
             a new interactive authorization request for this user and resource.",
        )
    }

    pub(crate) fn code_redeemed() -> Self {
        Self::bad(
            "invalid_grant",
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or \
             use an existing refresh token.",
        )
    }

    pub(crate) fn verifier_missing() -> Self {
        Self::bad(
            "invalid_grant",
            50148,
            "The code_verifier does not match the code_challenge supplied in the authorization \
             request for PKCE.",
        )
    }

    pub(crate) fn verifier_wrong() -> Self {
        Self::bad(
            "invalid_grant",
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization \
             request.",
        )
    }

    pub(crate) fn redirect_uri_other(given: &str, asked: &str) -> Self {
        Self::credential(
            500_112,
            format!(
                "The reply address '{given}' does not match the reply address '{asked}' provided \
                 when requesting Authorization code."
            ),
        )
    }

    // ---- how a refusal is sent ----

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns code and text, without the ids of the request.
    pub(crate) fn line(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    fn description(&self, trace: &Trace) -> String {
        format!(
            "{}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            self.line(),
            trace.trace_id,
            trace.correlation_id,
            trace.timestamp
        )
    }

    fn uri(&self, trace: &Trace) -> String {
        format!("{}/error?code={}", trace.authority, self.code)
    }

    /// Returns the parameters that the redirect URI gets.
    pub(crate) fn members(&self, trace: &Trace) -> Vec<(&'static str, String)> {
        vec![
            ("error", self.error.to_owned()),
            ("error_description", self.description(trace)),
            ("error_uri", self.uri(trace)),
        ]
    }

    /// Returns the refusal as JSON.
    pub(crate) fn reply(&self, trace: &Trace) -> Reply {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(trace),
            "error_codes": [self.code],
            "timestamp": trace.timestamp,
            "trace_id": trace.trace_id,
            "correlation_id": trace.correlation_id,
        });
        // Some answers of Entra have no `error_uri`, among them 90002 and 90010.
        if !matches!(self.code, 90002 | 90010) {
            body["error_uri"] = self.uri(trace).into();
        }
        Reply::json(self.status, &body)
    }
}
