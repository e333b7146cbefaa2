//! Why a subscription could not be made or renewed.

use super::subject::Target;
use crate::{
    error::{Error, Explanation},
    graph::{Graph, GraphError},
    host::Host,
};

/// Code of the error where Microsoft could not confirm the address for notifications.
pub(super) const ADDRESS_NOT_CONFIRMED: &str = "address-not-confirmed";

/// Returns the error for a refusal of a subscription to `target`, whose notifications go to
/// `address`.
pub(super) fn explain<H: Host>(
    graph: &Graph<'_, H>,
    target: &Target,
    address: &str,
    refusal: GraphError,
) -> Error {
    let refusal = unwrapped(refusal);
    let explanation = |code: &str, summary: String, remedy: String| {
        Explanation::new(code, summary).remedy(remedy).detail(refusal.detail().to_owned())
    };
    if is_about_the_address(&refusal) {
        return Error::Unavailable(explanation(
            ADDRESS_NOT_CONFIRMED,
            format!("Microsoft could not confirm the address for notifications, {address}"),
            format!(
                "Check that {address} can be reached from the internet over HTTPS, with a \
                    certificate that is publicly trusted; that it answers within 10 seconds; and \
                    that no login page, firewall or proxy answers instead of ONES"
            ),
        ));
    }
    if is_about_the_number(&refusal) {
        return Error::Other(explanation(
            "too-many-subscriptions",
            "Microsoft 365 does not allow more subscriptions to these notifications".to_owned(),
            "Check which other apps watch the same mailbox or directory. Without notifications, \
                ONES syncs at the intervals that are set"
                .to_owned(),
        ));
    }
    let Some(mailbox) = &target.mailbox else {
        return graph.explain(refusal, target.permission());
    };
    if refusal.status == 429 {
        return Error::Throttled(60);
    }
    // This message names a policy, so the permission itself is granted.
    if refusal.status == 403 && refusal.message.contains("[RAOP]") {
        return Error::PermissionMissing(explanation(
            &refusal.code,
            format!("Microsoft 365 does not let ONES watch the calendar of {mailbox}"),
            "Ask your Exchange administrator to add this mailbox to those that the app may use: \
                the application access policy, or the scope of its role assignments. A change, and \
                access to a new mailbox, can take some hours"
                .to_owned(),
        ));
    }
    if refusal.is_graphs && refusal.is_mailbox_elsewhere() {
        return Error::Unsupported(explanation(
            &refusal.code,
            format!("{mailbox} has no mailbox in Exchange Online"),
            "Check in the Exchange admin center that the mailbox of the room exists, is not on \
                premises, and has this address"
                .to_owned(),
        ));
    }
    graph.explain(refusal, target.permission())
}

/// Returns the refusal of the service behind Graph, which Graph repeats in the message of an error
/// of its own: "Operation: Create; Exception: [Status Code: Forbidden; Reason: …]".
///
/// Source: microsoftgraph/microsoft-graph-docs#6869, microsoftgraph/msgraph-sdk-dotnet#365.
fn unwrapped(mut refusal: GraphError) -> GraphError {
    const STATUSES: [(&str, u16); 6] = [
        ("BadRequest", 400),
        ("Unauthorized", 401),
        ("Forbidden", 403),
        ("NotFound", 404),
        ("TooManyRequests", 429),
        ("429", 429),
    ];
    if refusal.code.eq_ignore_ascii_case("ExtensionError")
        && let Some((_, words)) = refusal.message.split_once("Status Code: ")
        && let Some((_, status)) = STATUSES.iter().find(|(name, _)| words.starts_with(name))
    {
        refusal.status = *status;
    }
    refusal
}

/// Returns whether Graph could not confirm the address. Older answers have `InvalidRequest`.
fn is_about_the_address(refusal: &GraphError) -> bool {
    let is = |code: &str| refusal.code.eq_ignore_ascii_case(code);
    let message = refusal.message.to_ascii_lowercase();
    (is("ValidationError") || is("InvalidRequest"))
        && ["validation request", "notification endpoint", "notificationurl"]
            .iter()
            .any(|words| message.contains(words))
}

/// Returns whether the mailbox or the tenant has as many subscriptions as are allowed. Microsoft
/// documents the limits, and no code.
fn is_about_the_number(refusal: &GraphError) -> bool {
    let words = format!("{} {}", refusal.code, refusal.message).to_ascii_lowercase();
    matches!(refusal.status, 400 | 403 | 409)
        && words.contains("subscription")
        && (words.contains("quota") || words.contains("maximum") || words.contains("limit"))
}

/// Returns whether the subscription does not exist.
pub(super) fn is_gone(refusal: &GraphError) -> bool {
    unwrapped(refusal.clone()).status == 404 && refusal.is_graphs
}

/// Number of subjects in a row for which nothing answers, after which no other is tried: the
/// network, the service or the address is down.
const MOST_IN_A_ROW: u32 = 8;

/// Decides when the subjects that are left cannot succeed either.
#[derive(Debug, Default)]
pub(super) struct Tally {
    in_a_row: u32,
    common: Option<Error>,
}

impl Tally {
    /// Returns the error of all subjects that are left.
    pub(super) fn common(&self) -> Option<Error> {
        self.common.clone()
    }

    /// Notes the result of one subject.
    pub(super) fn note<T>(&mut self, result: &Result<T, Error>) {
        let is_common = match result {
            Err(Error::Unauthorized(_) | Error::Cancelled) => true,
            Err(Error::Unavailable(_) | Error::Throttled(_)) => {
                self.in_a_row += 1;
                self.in_a_row >= MOST_IN_A_ROW
            }
            _ => {
                self.in_a_row = 0;
                false
            }
        };
        if is_common && self.common.is_none() {
            self.common = result.as_ref().err().cloned();
        }
    }
}
