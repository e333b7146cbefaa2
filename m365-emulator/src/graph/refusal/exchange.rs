//! Refusals of Exchange, which stores the mailboxes and their calendars.

use http::StatusCode;

use super::GraphRefusal;

impl GraphRefusal {
    /// Refuses a second event of the same transaction, and names the first one.
    pub(crate) fn duplicate_transaction(existing: &str) -> Self {
        let mut refusal = Self::bad(
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has \
             already been used to create a different event.",
        );
        refusal.inner = false;
        refusal.existing_event = Some(existing.to_owned());
        refusal
    }

    /// Refuses a change of an event that has changed meanwhile.
    pub(crate) fn changed_meanwhile() -> Self {
        let mut refusal = Self::new(
            StatusCode::PRECONDITION_FAILED,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in \
             the request does not match the current change key for the item.",
        );
        refusal.inner = false;
        refusal
    }

    pub(crate) fn not_organizer() -> Self {
        Self::bad(
            "ErrorInvalidRequest",
            "Your request can't be completed. You need to be an organizer to cancel a meeting.",
        )
    }

    pub(crate) fn is_organizer() -> Self {
        Self::bad(
            "ErrorInvalidRequest",
            "Your request can't be completed. You can't respond to this meeting because you're the \
             meeting organizer.",
        )
    }

    pub(crate) fn occurrence_crosses() -> Self {
        Self::bad(
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )
    }

    pub(crate) fn property_required(names: &str) -> Self {
        Self::bad("ErrorInvalidRequest", format!("{names} are required."))
    }

    pub(crate) fn invalid_event(message: &str) -> Self {
        Self::bad("ErrorInvalidRequest", message)
    }

    /// Refuses as the services of Exchange Online do for a tenant without Exchange Online
    /// (<https://github.com/MicrosoftDocs/azure-docs/issues/32957>,
    /// <https://github.com/O365/python-o365/issues/765>).
    pub(crate) fn no_exchange_online(tenant: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "OrganizationFromTenantGuidNotFound",
            format!("The tenant for tenant guid '{tenant}' does not exist."),
        )
    }

    /// Refuses with a status alone, as Exchange does.
    pub(crate) fn exchange_failing(status: StatusCode, retry_after: Option<&str>) -> Self {
        let mut refusal = match status.as_u16() {
            404 => Self::no_item(),
            403 => Self::mailbox_permission(),
            429 => Self::mailbox_concurrency(),
            500 => Self::exchange_failure(),
            _ => return Self::failing(status, retry_after, ""),
        };
        refusal.headers.extend(retry_after.map(|after| ("retry-after", after.to_owned())));
        refusal
    }

    pub(crate) fn mailbox_permission() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
        )
    }

    pub(crate) fn exchange_filter() -> Self {
        Self::bad(
            "ErrorInvalidUrlQueryFilter",
            "The query filter contains one or more invalid nodes.",
        )
    }

    pub(crate) fn no_mailbox_user(key: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ErrorInvalidUser",
            format!("The requested user '{key}' is invalid."),
        )
    }

    pub(crate) fn mailbox_not_enabled() -> Self {
        let mut refusal = Self::new(
            StatusCode::NOT_FOUND,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        );
        refusal.inner = false;
        refusal
    }

    /// Refuses as Exchange does for a mailbox that an application access policy excludes.
    pub(crate) fn access_policy() -> Self {
        let mut refusal = Self::new(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly \
             AccessPolicy settings.",
        );
        refusal.inner = false;
        refusal
    }

    /// Refuses the calendar of a new room, which is not shared yet
    /// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/5522>).
    pub(crate) fn calendar_not_shared() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "DelegatedCalendarAccessDenied",
            "Access is denied. Check credentials and try again.",
        )
    }

    pub(crate) fn no_item() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ErrorItemNotFound",
            "The specified object was not found in the store.",
        )
    }

    /// Refuses more than four requests to one mailbox at a time.
    pub(crate) fn mailbox_concurrency() -> Self {
        let mut refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
        );
        refusal.inner = false;
        refusal
    }

    pub(crate) fn no_time_zone(name: &str) -> Self {
        Self::bad(
            "TimeZoneNotSupportedException",
            format!(
                "A valid TimeZone value must be specified. The TimeZone '{name}' is not valid."
            ),
        )
    }

    /// Refuses as Exchange does for a query that it cannot handle.
    pub(crate) fn exchange_failure() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ErrorInternalServerError",
            "An internal server error occurred. The operation failed.",
        )
    }

    pub(crate) fn calendar_delta_option() -> Self {
        Self::bad(
            "ErrorInvalidUrlQuery",
            "The following parameters are not supported with change tracking over the \
             'CalendarView' resource: '$orderby, $filter, $select, $expand, $search'.",
        )
    }

    /// Refuses a delta token of a calendar, as Exchange does.
    pub(crate) fn calendar_sync_state(status: StatusCode, resync_required: bool) -> Self {
        let code = if resync_required { "resyncRequired" } else { "SyncStateNotFound" };
        Self::new(
            status,
            code,
            "Sync state generation missing; generation=12;[highest=20][20][18][19].",
        )
    }

    pub(crate) fn too_many_schedules(given: usize, allowed: usize) -> Self {
        Self::bad(
            "ErrorMailboxDataArrayTooBig",
            format!(
                "There are too many target users in the EmailAddress array. The allowed size = \
                 {allowed}; the actual size = {given}."
            ),
        )
    }

    pub(crate) fn schedule_too_long(days: i64) -> Self {
        Self::bad(
            "ErrorTimeIntervalTooBig",
            format!("The requested time duration is too long. The allowed limit = {days} days."),
        )
    }

    pub(crate) fn schedule_interval() -> Self {
        Self::bad(
            "ErrorInvalidMergedFreeBusyInterval",
            "The interval specified in the MergedFreeBusyIntervalInMinutes parameter is not valid.",
        )
    }

    pub(crate) fn no_time_window() -> Self {
        Self::bad(
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string \
             parameters StartDateTime and EndDateTime.",
        )
    }

    pub(crate) fn time_window(name: &str, value: &str) -> Self {
        Self::bad(
            "ErrorInvalidParameter",
            format!("The value '{value}' of parameter '{name}' is invalid."),
        )
    }

    pub(crate) fn window_too_long() -> Self {
        Self::bad(
            "ErrorInvalidParameter",
            "Your request can't be completed. The range between the start and end \
             dates is greater than the allowed range. Maximum number of days: 1825",
        )
    }
}
