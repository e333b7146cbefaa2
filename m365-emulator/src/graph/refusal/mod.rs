//! Refusals with Graph's codes and texts.
//!
//! The format is documented in <https://learn.microsoft.com/graph/errors>. The texts are those of
//! the services behind Graph, each of which has its own style.

mod exchange;
mod subscriptions;

use http::StatusCode;
use serde_json::json;

use crate::state::cursors::PageTokenError;
use crate::wire::Reply;

/// An error of Graph.
#[derive(Clone, Debug)]
pub(crate) struct GraphRefusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    headers: Vec<(&'static str, String)>,
    /// Id of the event that a refused transaction has made before.
    existing_event: Option<String>,
    /// Whether the error has `innerError`. Errors of Exchange have none.
    inner: bool,
}

impl GraphRefusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            headers: Vec::new(),
            existing_event: None,
            inner: true,
        }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>, authority: &str) -> Self {
        let mut refusal =
            Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message);
        let challenge = format!(
            "Bearer realm=\"\", authorization_uri=\"{authority}/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\""
        );
        refusal.headers.push(("www-authenticate", challenge));
        refusal
    }

    pub(crate) fn directory_permission() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// Refuses for lack of a permission, with JSON inside the message, as Places does.
    pub(crate) fn places_permission(needed: &str, roles: &[String]) -> Self {
        let inside = json!({
            "code": "invalid_permissions",
            "message": format!(
                "{needed} is needed to read places; roles given: {} IsAppOnly:True",
                roles.join(" ")
            ),
        });
        Self::new(StatusCode::FORBIDDEN, "UnknownError", inside.to_string())
    }

    /// Refuses as Places does for a tenant that it has not set up yet
    /// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/7532>).
    pub(crate) fn places_not_provisioned(asked: &str) -> Self {
        let inside = json!({
            "code": "invalid_place",
            "message": format!("place in /locations/odata/api/v2.0/places/$/{asked} not found"),
        });
        Self::new(StatusCode::NOT_FOUND, "UnknownError", inside.to_string())
    }

    /// Refuses with a status alone. `key` is the id in the path, if there is one.
    pub(crate) fn failing(status: StatusCode, retry_after: Option<&str>, key: &str) -> Self {
        let (code, message) = match status.as_u16() {
            404 => return Self::no_resource(key),
            403 => return Self::directory_permission(),
            408 => ("RequestTimeout", "The request timed out."),
            429 => ("TooManyRequests", "Too many requests. Please retry again later."),
            500 => ("InternalServerError", "An internal server error occurred."),
            502 => ("BadGateway", "The server received an invalid response."),
            503 => ("ServiceUnavailable", "The service is temporarily unavailable."),
            504 => ("GatewayTimeout", "The server did not respond in time."),
            509 => ("BandwidthLimitExceeded", "The bandwidth limit has been exceeded."),
            _ => ("UnknownError", ""),
        };
        let mut refusal = Self::new(status, code, message);
        refusal.headers.extend(retry_after.map(|after| ("retry-after", after.to_owned())));
        refusal
    }

    pub(crate) fn audit_log_permission() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authentication_MSGraphPermissionMissing",
            "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All \
             to call this API. For more information about Microsoft Graph permissions, please \
             visit https://learn.microsoft.com/graph/permissions-reference.",
        )
    }

    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::bad("BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn not_for_applications() -> Self {
        Self::bad("BadRequest", "/me request is only valid with delegated authentication flow.")
    }

    pub(crate) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub(crate) fn no_resource(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects \
                 are not present."
            ),
        )
    }

    pub(crate) fn no_property(name: &str, kind: &str) -> Self {
        Self::bad(
            "BadRequest",
            format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' \
                 on type 'microsoft.graph.{kind}'."
            ),
        )
    }

    /// Refuses a property that another service stores.
    pub(crate) fn not_implemented() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "This operation target is not yet supported.",
        )
    }

    pub(crate) fn page_size(given: &str, most: usize) -> Self {
        Self::bad(
            "Request_UnsupportedQuery",
            format!(
                "Invalid page size specified: '{given}'. Must be between 1 and {most} inclusive."
            ),
        )
    }

    pub(crate) fn not_a_number(option: &str, given: &str) -> Self {
        Self::bad(
            "BadRequest",
            format!(
                "Invalid value '{given}' for ${option} query option found. The ${option} \
             query option requires a non-negative integer value."
            ),
        )
    }

    pub(crate) fn option(name: &str) -> Self {
        Self::bad("Request_BadRequest", format!("'${name}' is not supported by the service."))
    }

    pub(crate) fn sorting() -> Self {
        Self::bad("Request_UnsupportedQuery", "Sorting not supported for current query.")
    }

    pub(crate) fn expand(property: &str) -> Self {
        Self::bad(
            "ExpandNotSupported",
            format!(
                "Expand is not allowed for property '{property}' according to the entity schema."
            ),
        )
    }

    pub(crate) fn search_without_header() -> Self {
        Self::bad(
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph \
             with a special request header: 'ConsistencyLevel: eventual'",
        )
    }

    pub(crate) fn count_segment() -> Self {
        Self::bad("Request_BadRequest", "$count is not currently supported.")
    }

    pub(crate) fn filter_syntax(why: &str) -> Self {
        Self::bad("BadRequest", format!("Invalid filter clause: {why}"))
    }

    pub(crate) fn reference_filter() -> Self {
        Self::bad(
            "Request_UnsupportedQuery",
            "The specified filter to the reference property query is currently not supported.",
        )
    }

    /// Refuses a filter on a property. `kind` is `user` or `group`.
    pub(crate) fn filter_property(property: &str, kind: &str) -> Self {
        let (first, rest) = kind.split_at(1.min(kind.len()));
        Self::bad(
            "Request_UnsupportedQuery",
            format!(
                "Unsupported or invalid query filter clause specified for property '{property}' of \
                 resource '{}{rest}'.",
                first.to_uppercase()
            ),
        )
    }

    /// Refuses a cast without an advanced query
    /// (<https://learn.microsoft.com/graph/aad-advanced-queries>). The text is a guess.
    pub(crate) fn cast_without_header() -> Self {
        Self::bad(
            "Request_UnsupportedQuery",
            "An OData cast only works with the query parameter '$count=true' and the request \
             header 'ConsistencyLevel: eventual'.",
        )
    }

    /// Refuses more than 20 groups, which is the documented maximum
    /// (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>). The text is a
    /// guess.
    pub(crate) fn too_many_groups(given: usize) -> Self {
        Self::bad(
            "Request_BadRequest",
            format!("'groupIds' has {given} elements, the maximum is 20."),
        )
    }

    pub(crate) fn body(what: &str) -> Self {
        Self::bad("BadRequest", format!("Unable to read JSON request payload. {what}"))
    }

    pub(crate) fn page_token_expired() -> Self {
        Self::bad(
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be \
             included in your request.",
        )
    }

    pub(crate) fn page_token_malformed() -> Self {
        Self::bad("Request_BadRequest", "Badly formed token.")
    }

    /// Refuses a delta token: "a 40X-series error with error codes such as syncStateNotFound"
    /// (<https://learn.microsoft.com/graph/delta-query-overview#token-duration>).
    pub(crate) fn sync_state(status: StatusCode, code: &'static str) -> Self {
        Self::new(
            status,
            code,
            "Sync state generation missing; a full read of the resource is required.",
        )
    }

    /// Refuses `/places` without a kind of place.
    pub(crate) fn places_without_kind() -> Self {
        Self::bad("UnknownError", "")
    }

    pub(crate) fn no_place(key: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("The place '{key}' was not found."),
        )
    }

    pub(crate) fn batch(message: impl Into<String>) -> Self {
        Self::bad("BadRequest", message)
    }

    pub(crate) fn batch_too_long() -> Self {
        Self::bad(
            "MaximumValueExceeded",
            "Number of batch request steps exceeds the maximum value of 20.",
        )
    }

    pub(crate) fn failed_dependency() -> Self {
        Self::new(
            StatusCode::FAILED_DEPENDENCY,
            "FailedDependency",
            "A request that this one depends on failed.",
        )
    }

    /// Returns the answer. `client_request_id` is the client's own id of the request, or
    /// `request_id` if the client sent none.
    pub(crate) fn reply(&self, request_id: &str, client_request_id: &str) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(id) = &self.existing_event {
            error["@event.existingEventId"] = id.as_str().into();
        }
        if self.inner {
            error["innerError"] = json!({
                "date": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                "request-id": request_id,
                "client-request-id": client_request_id,
            });
        }
        let body = json!({"error": error}).to_string();
        let mut reply =
            Reply::new(self.status).with("content-type", "application/json").with_body(body);
        for (name, value) in &self.headers {
            reply.set(name, value);
        }
        reply
    }
}

impl From<PageTokenError> for GraphRefusal {
    fn from(error: PageTokenError) -> Self {
        match error {
            PageTokenError::Expired => Self::page_token_expired(),
            PageTokenError::Malformed => Self::page_token_malformed(),
        }
    }
}
