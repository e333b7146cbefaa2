//! Whether more is granted than ONES needs.

use super::{LEAST_PRIVILEGE, passed, skipped, warned};
use crate::{
    entra::AccessToken,
    graph::Graph,
    host::Host,
    model::Check,
    permission::{GROUPS, HIDDEN_MEMBERS, PERMISSIONS},
    remedy,
    settings::CardNumber,
};

/// Looks up directory extensions; nothing else in ONES needs it.
const DIRECTORY: &str = "Directory.Read.All";

/// Microsoft's least for all that ONES does with groups: it can stand for Group.Read.All.
const MEMBERS: &str = "GroupMember.Read.All";

/// Of Calendars.ReadWrite, which is granted for all mailboxes.
const LIMIT: &str = "To limit the app to the mailboxes of rooms, assign it a role with RBAC for Applications in Exchange (https://learn.microsoft.com/exchange/permissions-exo/application-rbac), then remove Calendars.ReadWrite here: the two add up";

/// By what the token says of itself: a hint.
pub(super) fn check<H: Host>(graph: &Graph<'_, H>, token: &AccessToken) -> Check {
    let Some(roles) = token.roles() else {
        return skipped(
            LEAST_PRIVILEGE,
            "Not tried: the token does not say which permissions are granted",
        );
    };
    let users = &graph.settings().users;
    let looks_up = users.card_number == Some(CardNumber::Pager);
    let limited = !users.only_groups.is_empty();
    let has = |role: &str| roles.iter().any(|it| it == role);
    let is_needed = |role: &str| match role {
        DIRECTORY => looks_up,
        HIDDEN_MEMBERS => limited,
        MEMBERS => !has(GROUPS.name),
        role => PERMISSIONS.iter().any(|it| it.name == role),
    };
    let beyond: Vec<_> = roles.iter().map(String::as_str).filter(|it| !is_needed(it)).collect();
    if beyond.is_empty() {
        let summary = match roles.iter().any(|it| it == DIRECTORY) {
            true => {
                "Nothing is granted beyond what ONES needs; Directory.Read.All only looks up the attribute of pager"
            }
            false => "Nothing is granted beyond what ONES needs",
        };
        return Check { remedy: Some(LIMIT.to_owned()), ..passed(LEAST_PRIVILEGE, summary) };
    }
    let beyond = beyond.join(", ");
    // What is beyond may stand for what is missing.
    let missing = PERMISSIONS.iter().map(|it| it.name).filter(|it| !has(it));
    let missing: Vec<_> = missing.filter(|it| *it != GROUPS.name || !has(MEMBERS)).collect();
    let first = match missing.is_empty() {
        true => String::new(),
        false => format!("Before that, grant {}. ", missing.join(", ")),
    };
    let withdraw = remedy::withdraw(&beyond, graph.endpoints().portal());
    Check {
        remedy: Some(format!("{withdraw}. {first}{LIMIT}")),
        ..warned(LEAST_PRIVILEGE, format!("More is granted than ONES needs: {beyond}"))
    }
}
