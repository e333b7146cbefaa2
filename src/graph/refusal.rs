//! Graph's error answers, in all the forms they come in.
//!
//! Source: <https://learn.microsoft.com/graph/errors>. `innerError` can be missing, come first,
//! or be nested; codes come in several spellings; Places puts JSON into `message`.

use serde_json::Value;

use crate::{
    error::{Error, Explanation},
    host::Response,
    permission::{CALENDARS, MEMBERS, PLACES, Permission},
    remedy,
    secret::Secret,
};

/// Behind a remedy, since a permission that was never granted is what is wrong most often.
const GRANTED_JUST_NOW: &str =
    "If that was done within the last minutes, wait a minute and test again";

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    /// HTTP status.
    pub status: u16,
    /// E.g. `Authorization_RequestDenied`; `http-502` where there is none.
    pub code: String,
    /// Graph's own words.
    pub message: String,
    /// Whether the body had the form of Graph's errors.
    pub is_graphs: bool,
    detail: String,
}

impl GraphError {
    /// Reads it, whatever of it is there.
    pub fn read(response: &Response) -> Self {
        Self::of(response.status, &response.json(), |name| response.header(name))
            .unwrap_or_else(|| Self::foreign(response.status, response.outline()))
    }

    /// The same without a credential that the server may have repeated.
    pub fn without(mut self, secret: &Secret) -> Self {
        for text in [&mut self.code, &mut self.message, &mut self.detail] {
            *text = secret.hidden_in(text);
        }
        self
    }

    /// Reads the answer to one request of a `$batch`.
    pub fn read_inner(status: u16, body: &Value) -> Self {
        Self::of(status, body, |_| None)
            .unwrap_or_else(|| Self::foreign(status, format!("HTTP {status} in a $batch")))
    }

    fn foreign(status: u16, detail: String) -> Self {
        Self {
            status,
            code: format!("http-{status}"),
            message: String::new(),
            is_graphs: false,
            detail,
        }
    }

    fn of<'a>(status: u16, body: &Value, header: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let error = body.get("error").filter(|it| it.is_object())?;
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
        detail.extend(request_id.map(|it| format!("request-id {it}")));
        detail.extend(date.map(|it| format!("date {it}")));
        Some(Self { status, code, message, is_graphs: true, detail: detail.join("; ") })
    }

    /// Status, code, Graph's words and ids in one line.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Whether Graph no longer knows the link it gave: all must be enumerated anew. A link
    /// is opaque, so whatever Graph finds wrong with it is Graph's to mend.
    pub fn is_forgotten_link(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        self.status == 410
            || self.is_graphs && matches!(self.status, 400 | 404)
            || matches!(code.as_str(), "syncstatenotfound" | "resyncrequired")
    }

    /// Whether the tenant has no Exchange Online, and with it neither rooms nor calendars. Graph
    /// answers 401 while the token is good (MicrosoftDocs/azure-docs#32957, O365/python-o365#859).
    pub fn is_without_exchange(&self) -> bool {
        self.code.eq_ignore_ascii_case("OrganizationFromTenantGuidNotFound")
            || self.message.contains("tenant for tenant guid")
                && self.message.contains("does not exist")
    }

    /// Whether a licence of Entra ID is missing, which Graph answers by 403 or 400
    /// (<https://learn.microsoft.com/graph/known-issues>).
    fn is_without_licence(&self) -> bool {
        let is = |it: &str| self.code.eq_ignore_ascii_case(it);
        is("Authentication_RequestFromNonPremiumTenantOrB2CTenant")
            || is("AadPremiumLicenseRequired")
    }

    /// Whether the token is what was refused. Places answers 401 for troubles of its own, while
    /// the token is good everywhere else, and so does a tenant without Exchange Online.
    pub fn is_about_the_token(&self) -> bool {
        if self.is_without_exchange() {
            return false;
        }
        let words = format!("{} {}", self.code, self.message).to_ascii_lowercase();
        let is_said = words.contains("token") || words.contains("claims");
        // Without a word, there is nothing else to go by.
        self.status == 401 && (is_said || self.message.is_empty())
    }

    /// Whether it is the attribute that the settings name which cannot be told: unknown (400),
    /// or kept outside the directory (501).
    pub fn is_about(&self, property: &str) -> bool {
        self.status == 501 || self.status == 400 && self.message.contains(property)
    }

    /// Whether the thing asked for is not there, rather than the path.
    pub fn is_missing_object(&self) -> bool {
        self.status == 404 && self.is_graphs
    }

    /// Whether the words name the thing with that id.
    pub fn names(&self, id: &str) -> bool {
        self.message.to_ascii_lowercase().contains(&id.to_ascii_lowercase())
    }

    /// Whether a mailbox is not in Exchange Online (on premises, deleted, without a licence), which
    /// says nothing of permissions.
    pub fn is_mailbox_elsewhere(&self) -> bool {
        const CODES: [&str; 4] = [
            "MailboxNotEnabledForRESTAPI",
            "MailboxNotHostedInExchangeOnline",
            "ErrorNonExistentMailbox",
            "ErrorMissingEmailAddress",
        ];
        self.status == 404 || CODES.iter().any(|it| self.code.eq_ignore_ascii_case(it))
    }

    /// A fresh token was refused.
    pub fn unauthorized(self) -> Error {
        Error::Unauthorized(
            Explanation::new(self.code, "Microsoft Graph does not accept the token that Entra ID issued")
                .remedy("Check that the operator in the server settings is the one of your tenant: tokens of one cloud are worth nothing in another")
                .detail(self.detail),
        )
    }

    /// Whether Graph, in its way, says that there is no such path.
    fn is_missing_path(&self) -> bool {
        let no_segment = self.message.contains("Resource not found for the segment");
        matches!(self.status, 404 | 405 | 501) || self.status == 400 && no_segment
    }

    /// Words for it, and the case that a host acts on. `granted` is what the token hints at.
    pub fn explain(self, needs: Permission, granted: Option<bool>, portal: &str) -> Error {
        let name = needs.name;
        if self.status >= 500 && self.status != 501 {
            return Error::Unavailable(
                Explanation::new(self.code, "Microsoft Graph has troubles of its own")
                    .remedy("Try again in a few minutes; https://status.cloud.microsoft tells of outages")
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
                    "The tenant has no Exchange Online: there are no rooms and no calendars, while \
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
                    "The tenant has no licence of Microsoft Entra ID that includes what was asked \
                        for",
                )
                .remedy(
                    "Check your licences in the Microsoft 365 admin center, Billing → Licenses: \
                        Microsoft Entra ID P1 or P2 is needed",
                )
                .detail(self.detail),
            );
        }
        if self.status == 401 && !self.is_about_the_token() {
            return Error::Unexpected(
                Explanation::new(
                    self.code,
                    "Microsoft 365 refused the request, though it accepts the token elsewhere",
                )
                .remedy(
                    "Try again in a few minutes; if it stays so, the detail is what \
                    Microsoft's support asks for",
                )
                .detail(self.detail),
            );
        }
        if self.status == 403 && granted == Some(true) {
            let explanation = Explanation::new(
                self.code,
                format!("{name} is granted, but Microsoft 365 does not honour it yet"),
            );
            let wait = "A fresh grant can take a while: try again later";
            // These two are served by Exchange.
            let exchange = format!(
                "{wait}, up to 48 hours where Exchange is concerned; if it stays so, ask your Exchange administrator whether a policy limits the app to some mailboxes"
            );
            let is_exchange = needs == CALENDARS || needs == PLACES;
            return Error::PermissionMissing(
                explanation
                    .remedy(if is_exchange { exchange } else { wait.to_owned() })
                    .detail(self.detail),
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
                            "This cloud or tenant has no Places: rooms cannot be synced, people can"
                        }
                        false => "Microsoft Graph has no such service in this cloud or tenant",
                    },
                )
                .remedy("Check that the operator in the server settings is the one of your tenant; some clouds of Microsoft do not have every service")
                .detail(self.detail),
            );
        }
        Error::Unexpected(
            Explanation::new(self.code, "Microsoft Graph refused the request")
                .remedy(
                    "Try again; if it stays so, the detail is what Microsoft's support asks for",
                )
                .detail(self.detail),
        )
    }
}

/// Something else answered in Graph's place, or Graph's answer is broken.
pub(super) fn not_graph(detail: String) -> Error {
    Error::Unexpected(
        Explanation::new("not-graph", "The answer is not one of Microsoft Graph")
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

/// One line of at most 300 characters.
fn shorten(text: &str) -> String {
    let line: Vec<_> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
