//! Checks that no permission is granted that ONES does not need.

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

/// Needed only to look up directory extensions.
const DIRECTORY: &str = "Directory.Read.All";

/// The least permission for groups, which can replace Group.Read.All.
const MEMBERS: &str = "GroupMember.Read.All";

/// How to limit Calendars.ReadWrite, which is granted for all mailboxes.
const LIMIT: &str = "Optional: to give the app access only to the mailboxes of rooms, assign it a \
    role in Exchange (https://learn.microsoft.com/exchange/permissions-exo/application-rbac), then \
    remove the permission Calendars.ReadWrite, which gives access to all mailboxes";

/// Compares the roles in the token, which are a hint only.
pub(super) fn check<H: Host>(graph: &Graph<'_, H>, token: &AccessToken) -> Check {
    let Some(roles) = token.roles() else {
        return skipped(
            LEAST_PRIVILEGE,
            "Not tested: the token does not show which permissions are granted",
        );
    };
    let users = &graph.settings().users;
    let looks_up = users.card_number == Some(CardNumber::Pager);
    let limited = !users.only_groups.is_empty();
    let has = |role: &str| roles.iter().any(|granted| granted == role);
    let is_needed = |role: &str| match role {
        DIRECTORY => looks_up,
        HIDDEN_MEMBERS => limited,
        MEMBERS => !has(GROUPS.name),
        role => PERMISSIONS.iter().any(|permission| permission.name == role),
    };
    let beyond: Vec<_> = roles.iter().map(String::as_str).filter(|role| !is_needed(role)).collect();
    if beyond.is_empty() {
        let summary = match roles.iter().any(|role| role == DIRECTORY) {
            true => {
                "No permission is granted beyond those that ONES needs; Directory.Read.All serves \
                    only to find the attribute for pager"
            }
            false => "No permission is granted beyond those that ONES needs",
        };
        return Check { remedy: Some(LIMIT.to_owned()), ..passed(LEAST_PRIVILEGE, summary) };
    }
    let beyond = beyond.join(", ");
    // A permission beyond those may replace a missing one.
    let missing = PERMISSIONS.iter().map(|permission| permission.name).filter(|name| !has(name));
    let missing: Vec<_> = missing.filter(|name| *name != GROUPS.name || !has(MEMBERS)).collect();
    let first = match missing.is_empty() {
        true => String::new(),
        false => format!("Before that, grant {}. ", missing.join(", ")),
    };
    let withdraw = remedy::withdraw(&beyond, graph.endpoints().portal());
    Check {
        remedy: Some(format!("{withdraw}. {first}{LIMIT}")),
        ..warned(LEAST_PRIVILEGE, format!("ONES does not need these permissions: {beyond}"))
    }
}
