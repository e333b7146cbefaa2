//! Refusals of subscriptions. Where no source is named, the text is a guess.

use http::StatusCode;

use super::GraphRefusal;

impl GraphRefusal {
    /// Refuses because an address did not answer in time
    /// (<https://github.com/mattermost/mattermost-plugin-mscalendar/issues/444>).
    pub(crate) fn address_timed_out() -> Self {
        Self::bad("ValidationError", "Subscription validation request timed out.")
    }

    /// Refuses because an address did not repeat the text.
    pub(crate) fn address_failed() -> Self {
        Self::bad(
            "ValidationError",
            "Subscription validation request failed. Notification endpoint must respond with 200 \
             OK to validation request.",
        )
    }

    pub(crate) fn invalid_subscription(message: &str) -> Self {
        Self::bad("InvalidRequest", message)
    }

    pub(crate) fn expiry_in_the_past() -> Self {
        Self::bad("InvalidRequest", "Subscription expiration has to be in the future.")
    }

    pub(crate) fn expiry_too_far(operation: &str, minutes: i64) -> Self {
        Self::bad(
            "InvalidRequest",
            format!("Subscription expiration can only be {minutes} minutes in the future."),
        )
        .of_extension(operation)
    }

    pub(crate) fn no_subscription(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("The object was not found. Subscription '{id}'."),
        )
    }

    pub(crate) fn too_many_subscriptions() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ErrorQuotaExceeded",
            "The maximum number of subscriptions for this mailbox was reached.",
        )
        .of_extension("Create")
    }

    /// Returns the refusal of the service behind Graph as Graph reports it for subscriptions
    /// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/6869>).
    pub(crate) fn of_extension(self, operation: &str) -> Self {
        let status = match self.status {
            StatusCode::BAD_REQUEST => "BadRequest",
            StatusCode::UNAUTHORIZED => "Unauthorized",
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::NOT_FOUND => "NotFound",
            _ => "InternalServerError",
        };
        let message = format!(
            "Operation: {operation}; Exception: [Status Code: {status}; Reason: {}]",
            self.message
        );
        Self::new(self.status, "ExtensionError", message)
    }
}
