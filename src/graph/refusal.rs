//! Error answers of Graph, in all forms.
//!
//! Source: <https://learn.microsoft.com/graph/errors>. `innerError` can be missing, be the first
//! member, or be nested; codes have several spellings; Places puts JSON into `message`.

use serde_json::Value;

use crate::{
    error::{Error, Explanation},
    host::Response,
    permission::{CALENDARS, MEMBERS, PLACES, Permission},
    remedy,
    secret::Secret,
};

/// Second part of a remedy: most often the permission was never granted.
const GRANTED_JUST_NOW: &str =
    "If that was done within the last few minutes, wait a minute and test again";

/// An answer of Graph with another status than 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    /// HTTP status.
    pub status: u16,
    /// Graph's code, e.g. `Authorization_RequestDenied`; `http-502` where there is none.
    pub code: String,
    /// Graph's message.
    pub message: String,
    /// Whether the body has the form of Graph's errors.
    pub is_graphs: bool,
    /// Id of the event that was made before in the same transaction.
    pub existing_event: Option<String>,
    detail: String,
}

impl GraphError {
    /// Reads an answer; every part of it can be missing.
    pub fn read(response: &Response) -> Self {
        Self::read_body(response.status, &response.json(), |name| response.header(name))
            .unwrap_or_else(|| Self::foreign(response.status, response.outline()))
    }

    /// Returns the same with a credential removed that the server may have repeated.
    pub fn without(mut self, secret: &Secret) -> Self {
        for text in [&mut self.code, &mut self.message, &mut self.detail] {
            *text = secret.hidden_in(text);
        }
        self
    }

    /// Reads the answer to one request of a `$batch`.
    pub fn read_inner(status: u16, body: &Value) -> Self {
        Self::read_body(status, body, |_| None)
            .unwrap_or_else(|| Self::foreign(status, format!("HTTP {status} in a $batch")))
    }

    fn foreign(status: u16, detail: String) -> Self {
        Self {
            status,
            code: format!("http-{status}"),
            message: String::new(),
            is_graphs: false,
            existing_event: None,
            detail,
        }
    }

    fn read_body<'a>(
        status: u16,
        body: &Value,
        header: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Self> {
        let error = body.get("error").filter(|error| error.is_object())?;
        let mut code = error.get("code").and_then(text).unwrap_or_default();
        let mut message = error.get("message").and_then(text).unwrap_or_default();
        // Places: {"code":"UnknownError","message":"{\"code\":\"…\",\"message\":\"…\"}"}.
        if let Ok(inner @ Value::Object(_)) = serde_json::from_str(&message) {
            code = inner.get("code").and_then(text).unwrap_or(code);
            message = inner.get("message").and_then(text).unwrap_or(message);
        }
        if code.is_empty() {
            code = format!("http-{status}");
        }
        let inner = error.get("innerError").or_else(|| error.get("innererror"));
        let inner = |name| inner?.get(name).and_then(text);
        let header = |name| header(name).map(str::to_owned);
        let request_id =
            inner("request-id").or_else(|| inner("requestId")).or_else(|| header("request-id"));
        let date = inner("date").or_else(|| header("date"));
        let mut detail = vec![format!("HTTP {status} {code}")];
        detail.extend((!message.is_empty()).then(|| shorten(&message)));
        detail.extend(request_id.map(|id| format!("request-id {id}")));
        detail.extend(date.map(|date| format!("date {date}")));
        let existing_event = error.get("@event.existingEventId").and_then(text);
        let detail = detail.join("; ");
        Some(Self { status, code, message, is_graphs: true, existing_event, detail })
    }

    /// Returns status, code, message and ids in one line.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns whether Graph no longer knows the link, so that everything must be enumerated again.
    /// The plugin sends links unchanged, so any error in one counts as an expired link.
    pub fn is_forgotten_link(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        self.status == 410
            || self.is_graphs && matches!(self.status, 400 | 404)
            || matches!(code.as_str(), "syncstatenotfound" | "resyncrequired")
    }

    /// Returns whether the tenant has no Exchange Online, and therefore neither rooms nor
    /// calendars. Graph answers 401 although the token is valid (MicrosoftDocs/azure-docs#32957,
    /// O365/python-o365#859).
    pub fn is_without_exchange(&self) -> bool {
        self.code.eq_ignore_ascii_case("OrganizationFromTenantGuidNotFound")
            || self.message.contains("tenant for tenant guid")
                && self.message.contains("does not exist")
    }

    /// Returns whether a licence of Entra ID is missing, which Graph reports by 403 or 400
    /// (<https://learn.microsoft.com/graph/known-issues>).
    fn is_without_licence(&self) -> bool {
        let is = |it: &str| self.code.eq_ignore_ascii_case(it);
        is("Authentication_RequestFromNonPremiumTenantOrB2CTenant")
            || is("AadPremiumLicenseRequired")
    }

    /// Returns whether the token was refused. Places answers 401 for errors of its own, although
    /// the token is valid everywhere else; the same happens in a tenant without Exchange Online.
    pub fn is_about_the_token(&self) -> bool {
        if self.is_without_exchange() {
            return false;
        }
        let words = format!("{} {}", self.code, self.message).to_ascii_lowercase();
        let names_token = words.contains("token") || words.contains("claims");
        // Without a message, the status alone decides.
        self.status == 401 && (names_token || self.message.is_empty())
    }

    /// Returns whether Graph refused the property: it is unknown (400), or stored outside the
    /// directory (501).
    pub fn is_about(&self, property: &str) -> bool {
        self.status == 501 || self.status == 400 && self.message.contains(property)
    }

    /// Returns whether the object does not exist, as opposed to the path.
    pub fn is_missing_object(&self) -> bool {
        self.status == 404 && self.is_graphs
    }

    /// Returns whether Exchange does not have the event, as opposed to the mailbox.
    pub fn is_missing_event(&self) -> bool {
        self.status == 404 && (self.is("ErrorItemNotFound") || self.is("itemNotFound"))
    }

    /// Returns whether it has that code.
    pub fn is(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
    }

    /// Returns whether the message contains that id.
    pub fn names(&self, id: &str) -> bool {
        self.message.to_ascii_lowercase().contains(&id.to_ascii_lowercase())
    }

    /// Returns whether a mailbox is not in Exchange Online (on premises, deleted, without a
    /// licence), which does not show whether a permission is granted.
    pub fn is_mailbox_elsewhere(&self) -> bool {
        const CODES: [&str; 4] = [
            "MailboxNotEnabledForRESTAPI",
            "MailboxNotHostedInExchangeOnline",
            "ErrorNonExistentMailbox",
            "ErrorMissingEmailAddress",
        ];
        self.status == 404 || CODES.iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// Returns the error for a new token that Graph refused.
    pub fn unauthorized(self) -> Error {
        Error::Unauthorized(
            Explanation::new(
                self.code,
                "Microsoft Graph does not accept the token that Entra ID issued",
            )
            .remedy(
                "Check that the operator in the server settings is the one of your tenant: a token \
                    of one cloud is not valid in another",
            )
            .detail(self.detail),
        )
    }

    /// Returns whether the path does not exist.
    fn is_missing_path(&self) -> bool {
        let no_segment = self.message.contains("Resource not found for the segment");
        matches!(self.status, 404 | 405 | 501) || self.status == 400 && no_segment
    }

    /// Returns the error. `granted` says whether the token contains the permission, where that can
    /// be read.
    pub fn explain(self, needs: Permission, granted: Option<bool>, portal: &str) -> Error {
        let name = needs.name;
        if self.status >= 500 && self.status != 501 {
            return Error::Unavailable(
                Explanation::new(self.code, "Microsoft Graph reports an error of its own")
                    .remedy(
                        "Try again in a few minutes; https://status.cloud.microsoft shows outages",
                    )
                    .detail(self.detail),
            );
        }
        if !self.is_graphs {
            return not_graph(self.detail);
        }
        if self.is_without_exchange() {
            return Error::Unsupported(
                Explanation::new(
                    self.code,
                    "The tenant has no Exchange Online, and therefore no rooms and no calendars; \
                        users and groups can be synced",
                )
                .remedy(
                    "If the tenant should have Exchange Online, check in the Microsoft 365 admin \
                        center, Billing → Your products, that a subscription with Exchange Online \
                        is active. Otherwise, ONES works without rooms",
                )
                .detail(self.detail),
            );
        }
        if self.is_without_licence() {
            return Error::Unsupported(
                Explanation::new(
                    self.code,
                    "The tenant has no licence of Microsoft Entra ID that includes what ONES \
                        requested",
                )
                .remedy(
                    "Check your licences in the Microsoft 365 admin center, Billing → Licenses: \
                        Microsoft Entra ID P1 or P2 is required",
                )
                .detail(self.detail),
            );
        }
        if self.status == 401 && !self.is_about_the_token() {
            return Error::Unexpected(
                Explanation::new(
                    self.code,
                    "Microsoft 365 refused the request, although it accepts the token elsewhere",
                )
                .remedy(
                    "Try again in a few minutes. If the error remains, give the detail to \
                        Microsoft's support",
                )
                .detail(self.detail),
            );
        }
        if self.status == 403 && granted == Some(true) {
            let explanation = Explanation::new(
                self.code,
                format!("{name} is granted, but Microsoft 365 does not accept it yet"),
            );
            let wait = "A new grant can take some time: try again later";
            // Exchange provides these two.
            let exchange = "A new grant can take up to 48 hours in Exchange: try again later. If \
                the error remains, ask your Exchange administrator whether a policy limits the app \
                to some mailboxes";
            let is_exchange = needs == CALENDARS || needs == PLACES;
            return Error::PermissionMissing(
                explanation.remedy(if is_exchange { exchange } else { wait }).detail(self.detail),
            );
        }
        if self.status == 403 {
            let grant = remedy::grant(name, portal);
            let (summary, remedy) = if needs == MEMBERS {
                (
                    format!(
                        "Microsoft Graph does not show the members of a group that hides them: the \
                            permission {name} is missing or has no admin consent"
                    ),
                    format!("Choose groups with visible members, or: {grant}"),
                )
            } else {
                (format!("The permission {name} is missing or has no admin consent"), grant)
            };
            return Error::PermissionMissing(
                Explanation::new(self.code, summary)
                    .remedy(format!("{remedy}. {GRANTED_JUST_NOW}"))
                    .detail(self.detail),
            );
        }
        if self.is_missing_path() {
            return Error::Unsupported(
                Explanation::new(
                    self.code,
                    match needs == PLACES {
                        true => {
                            "This cloud or tenant has no Places: rooms cannot be synced, users can"
                        }
                        false => {
                            "Microsoft Graph does not have this service in this cloud or tenant"
                        }
                    },
                )
                .remedy(
                    "Check that the operator in the server settings is the one of your tenant; \
                        some clouds of Microsoft do not have every service",
                )
                .detail(self.detail),
            );
        }
        Error::Unexpected(
            Explanation::new(self.code, "Microsoft Graph refused the request")
                .remedy("Try again. If the error remains, give the detail to Microsoft's support")
                .detail(self.detail),
        )
    }
}

/// Returns the error where another server answered instead of Graph, or where Graph's answer is
/// damaged.
pub(super) fn not_graph(detail: String) -> Error {
    Error::Unexpected(
        Explanation::new("not-graph", "The answer does not come from Microsoft Graph")
            .remedy(remedy::PROXY)
            .detail(detail),
    )
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the text as one line of at most 300 characters.
fn shorten(text: &str) -> String {
    let line: Vec<_> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
