//! Checks that the calendars of rooms can be read and written.

use std::time::Duration;

use serde_json::Value;

use super::{CALENDARS_WRITE, failed_by, granted, not_granted, passed, skipped, warned};
use crate::{
    entra::AccessToken,
    graph::{Answer, Graph, Page},
    host::{Host, Request, rfc3339},
    model::Check,
    permission::{CALENDARS, USERS},
    remedy,
};

/// Maximum number of mailboxes to try.
pub(super) const MAILBOXES: usize = 3;

/// Reads a calendar. Writing is not tried, since it would leave an event.
pub(super) async fn check<H: Host>(
    graph: &Graph<'_, H>,
    token: &AccessToken,
    mut mailboxes: Vec<String>,
) -> Check {
    if mailboxes.is_empty() {
        mailboxes = some_mailboxes(graph).await;
    }
    let now = graph.host().now();
    let (start, end) = (rfc3339(now), rfc3339(now + Duration::from_secs(60)));
    let mut elsewhere = None;
    let mut denied = None;
    for mailbox in mailboxes {
        let uri = graph.endpoints().calendar_view(&mailbox, &start, &end);
        let answer = match graph.ask(Request::get(uri)).await {
            Ok(answer) => answer,
            Err(error) => return failed_by(CALENDARS_WRITE, &error),
        };
        match answer {
            Answer::Success(response) => {
                return match Page::read(&response) {
                    Ok(_) => readable_calendar(graph, token),
                    Err(error) => failed_by(CALENDARS_WRITE, &error),
                };
            }
            Answer::Refused(refusal) if refusal.is_without_exchange() => {
                return not_granted(CALENDARS_WRITE, CALENDARS, &graph.explain(refusal, CALENDARS));
            }
            // A policy of Exchange can allow some mailboxes only, so the next one may succeed.
            Answer::Refused(refusal) if refusal.status == 403 => denied = Some(refusal),
            Answer::Refused(refusal) if refusal.is_mailbox_elsewhere() => elsewhere = Some(refusal),
            Answer::Refused(refusal) => {
                return not_granted(CALENDARS_WRITE, CALENDARS, &graph.explain(refusal, CALENDARS));
            }
        }
    }
    match (denied, elsewhere) {
        (Some(refusal), _) => {
            not_granted(CALENDARS_WRITE, CALENDARS, &graph.explain(refusal, CALENDARS))
        }
        (None, None) => {
            skipped(CALENDARS_WRITE, "Not tested: there is no mailbox with a calendar")
        }
        (None, Some(refusal)) => Check {
            remedy: Some(
                "Check that the rooms have mailboxes in Exchange Online, not on premises, and that \
                    users have a licence with Exchange Online"
                    .to_owned(),
            ),
            detail: Some(refusal.detail().to_owned()),
            ..warned(
                CALENDARS_WRITE,
                "Not checked: none of the tried mailboxes is in Exchange Online",
            )
        },
    }
}

fn readable_calendar<H: Host>(graph: &Graph<'_, H>, token: &AccessToken) -> Check {
    let names_calendars =
        |roles: &[String]| roles.iter().any(|role| role.starts_with("Calendars."));
    match token.hints_at(CALENDARS.name) {
        Some(true) => {
            granted(CALENDARS_WRITE, CALENDARS, "calendars can be read, and writing is allowed")
        }
        None => {
            granted(CALENDARS_WRITE, CALENDARS, "calendars can be read; writing was not tested")
        }
        // A role in Exchange, which the token does not contain: see `least_privilege`.
        Some(false) if !token.roles().is_some_and(names_calendars) => passed(
            CALENDARS_WRITE,
            "Calendars can be read by a role in Exchange, without a grant for all mailboxes; \
                writing was not tested",
        ),
        Some(false) => Check {
            remedy: Some(remedy::grant(CALENDARS.name, graph.endpoints().portal())),
            ..warned(
                CALENDARS_WRITE,
                "Calendars can be read, but the token does not allow writing: rooms cannot be \
                    booked",
            )
        },
    }
}

/// Returns mailboxes of users, for a tenant without rooms.
async fn some_mailboxes<H: Host>(graph: &Graph<'_, H>) -> Vec<String> {
    let Ok(response) = graph.require(Request::get(graph.endpoints().some_users()), USERS).await
    else {
        return Vec::new();
    };
    let page = response.json();
    let users = page.get("value").and_then(Value::as_array).into_iter().flatten();
    let with_mail = users.filter(|user| user.get("mail").is_some_and(Value::is_string));
    let ids = with_mail.filter_map(|user| user.get("id")?.as_str().map(str::to_owned));
    ids.take(MAILBOXES).collect()
}
