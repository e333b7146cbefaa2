//! Decides which users the settings select.
//!
//! The plugin stores no users, so it asks Graph whether a user is in one of the groups in the
//! settings, including groups within them.
//! Source: <https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>.

use serde_json::{Value, json};

use super::{
    mailboxes::{Owner, RoomMailboxes, has_address},
    owed::{Finding, Why},
    read::Known,
};
use crate::{
    error::{Error, FieldError},
    graph::{
        Graph, GraphError,
        batch::{self, BatchAnswer, BatchRequest},
    },
    host::{Host, Request},
    model::{Removal, Removed, Unreadable, User, UserChange},
    payload::Item,
    permission::{GROUPS, HIDDEN_MEMBERS},
    settings::{Settings, pointer},
};

/// Maximum number of groups in one request.
const MOST_GROUPS: usize = 20;

/// Returns whether the addresses of rooms must be known to decide about a user.
pub(super) fn needs_rooms(settings: &Settings, item: &Item) -> bool {
    matches!(item, Item::User { user, aliases }
        if settings.users.selects(user) && has_address(user, aliases))
}

/// Returns the change to report about a user who is in the groups that the settings require.
pub(super) fn select(settings: &Settings, rooms: &RoomMailboxes, item: Item) -> UserChange {
    let out =
        |user: User| UserChange::UserRemoved(Removed { id: user.id, removal: Removal::OutOfScope });
    match item {
        Item::User { user, .. } if !settings.users.selects(&user) => out(user),
        Item::User { user, aliases } => match rooms.owner(&user, &aliases) {
            Owner::User => UserChange::User(user),
            Owner::Room => out(user),
            Owner::Unknown => UserChange::UserIfKnown(user),
        },
        Item::Removed(id, removal) => UserChange::UserRemoved(Removed { id, removal }),
        Item::Unreadable(it) => UserChange::UserUnreadable(it),
        Item::Partial(id) => {
            unreadable(id, "Microsoft Graph returned only a part of it".to_owned())
        }
    }
}

/// Returns a finding for each user, after asking Graph whether those users are in the groups that
/// the settings require.
pub(super) async fn select_all<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    users: Vec<Known>,
) -> Result<Vec<Finding>, Error> {
    let settings = graph.settings();
    let needs_rooms = |user: &Known| match user {
        Known::Item(item) | Known::Read { item, .. } => needs_rooms(settings, item),
        Known::Missing(_) | Known::Unread(_) => false,
    };
    if users.iter().any(needs_rooms) {
        rooms.read_once(graph).await?;
    }
    let mut findings = Vec::with_capacity(users.len());
    for user in users {
        let (item, doubt, is_certain) = match user {
            Known::Item(item) => (item, None, true),
            Known::Read { item, is_behind, is_certain } => {
                let doubt = if is_behind { Why::Behind } else { Why::Unsure };
                (item, Some(doubt), is_certain)
            }
            Known::Missing(id) => {
                let missing = UserChange::UserMissing(Removed { id, removal: Removal::Soft });
                findings.push(Finding::open(missing, Why::Unread));
                continue;
            }
            Known::Unread(it) => {
                findings.push(Finding::open(UserChange::UserUnreadable(it), Why::Unread));
                continue;
            }
        };
        findings.push(match select(settings, rooms, item) {
            change @ UserChange::UserIfKnown(_) => Finding::open(change, Why::Rooms),
            // Another read does not help where the user is unreadable.
            change @ UserChange::UserUnreadable(_) => Finding::settled(change),
            // A single read can come from an old replica.
            UserChange::UserRemoved(Removed { id, removal }) if !is_certain => {
                let why = if doubt == Some(Why::Behind) { Why::Behind } else { Why::Outside };
                Finding::open(UserChange::UserMissing(Removed { id, removal }), why)
            }
            change => Finding { change, open: doubt },
        });
    }
    let groups = &settings.users.only_groups;
    if groups.is_empty() {
        return Ok(findings);
    }
    let is_user = |it: &UserChange| matches!(it, UserChange::User(_) | UserChange::UserIfKnown(_));
    let mut candidates: Vec<_> =
        findings.iter_mut().filter(|finding| is_user(&finding.change)).collect();
    let requests = candidates
        .iter()
        .flat_map(|finding| membership_requests(graph, finding.change.id(), groups))
        .collect::<Vec<_>>();
    let answers = batch::send_all(graph, &requests, GROUPS).await?;
    let each = groups.len().div_ceil(MOST_GROUPS);
    for (finding, answers) in candidates.iter_mut().zip(answers.chunks(each)) {
        if let Some(other) = judge(graph, finding.change.id(), answers)? {
            **finding = other;
        }
    }
    Ok(findings)
}

/// Returns the error where Graph refuses to return the members of a group in the settings.
pub(super) fn members_refused<H: Host>(graph: &Graph<'_, H>, refusal: GraphError) -> Error {
    match graph.explain(refusal, GROUPS) {
        Error::PermissionMissing(mut explanation) => {
            // https://learn.microsoft.com/graph/api/group-list-transitivemembers
            let hidden = format!(
                "If {} is granted already, one of the groups hides its members: add the \
                    application permission {HIDDEN_MEMBERS} in the same way",
                GROUPS.name
            );
            let remedy = explanation.remedy.take();
            let remedy = remedy.map_or(hidden.clone(), |remedy| format!("{remedy}. {hidden}"));
            Error::PermissionMissing(explanation.remedy(remedy))
        }
        error => error,
    }
}

/// Returns whether the user is in the groups that the settings require.
///
/// # Errors
/// Those of [`Graph::require`]. A user whose groups cannot be read must not sign in.
pub async fn is_in_groups<H: Host>(graph: &Graph<'_, H>, user: &User) -> Result<bool, Error> {
    let groups = &graph.settings().users.only_groups;
    for groups in groups.chunks(MOST_GROUPS) {
        let uri = graph.endpoints().check_member_groups(&user.id);
        let body = group_ids(groups).to_string().into_bytes();
        let request = Request::post(uri, "application/json", body);
        let response = graph.require(request, GROUPS).await?;
        if names_any(&response.json()) {
            return Ok(true);
        }
    }
    Ok(groups.is_empty())
}

/// Returns the error for a group in the settings that does not exist.
pub fn no_such_group(index: usize) -> FieldError {
    FieldError::new(
        pointer::item(pointer::ONLY_GROUPS, index),
        "The tenant does not have this group, or no longer: remove it from the list, or choose \
            another",
    )
}

fn membership_requests<H: Host>(
    graph: &Graph<'_, H>,
    id: &str,
    groups: &[String],
) -> Vec<BatchRequest> {
    let url = graph.endpoints().check_member_groups_in_batch(id);
    groups
        .chunks(MOST_GROUPS)
        .map(|chunk| BatchRequest::post(url.clone(), group_ids(chunk)))
        .collect()
}

fn group_ids(groups: &[String]) -> Value {
    json!({ "groupIds": groups })
}

/// Returns whether the answer names any of the requested groups.
fn names_any(answer: &Value) -> bool {
    answer.get("value").and_then(Value::as_array).is_some_and(|groups| !groups.is_empty())
}

/// Returns the finding that replaces the user, by the answers to all requests about the user;
/// `None` where the user is in a group.
fn judge<H: Host>(
    graph: &Graph<'_, H>,
    id: &str,
    answers: &[BatchAnswer],
) -> Result<Option<Finding>, Error> {
    let mut open = None;
    for answer in answers {
        match answer {
            BatchAnswer::Success(body) => {
                if names_any(&serde_json::from_str(body.get()).unwrap_or_default()) {
                    return Ok(None);
                }
            }
            // The object that is missing can also be a group.
            BatchAnswer::Refused(refusal) if refusal.is_missing_object() && refusal.names(id) => {
                let missing =
                    UserChange::UserMissing(Removed { id: id.to_owned(), removal: Removal::Soft });
                return Ok(Some(Finding::open(missing, Why::Unread)));
            }
            BatchAnswer::Refused(refusal) if refusal.is_about_the_token() => {
                return Err(refusal.clone().unauthorized());
            }
            BatchAnswer::Refused(refusal) if refusal.status == 403 => {
                return Err(members_refused(graph, refusal.clone()));
            }
            BatchAnswer::Refused(refusal) => open = Some(format!("answered {}", refusal.code)),
            BatchAnswer::Unanswered => open = Some("did not answer".to_owned()),
        }
    }
    Ok(Some(match open {
        Some(what) => {
            let reason =
                format!("Microsoft Graph {what} when ONES requested the groups of the user");
            Finding::open(unreadable(id.to_owned(), reason), Why::Unread)
        }
        None => {
            let missing = UserChange::UserMissing(Removed {
                id: id.to_owned(),
                removal: Removal::OutOfScope,
            });
            Finding::open(missing, Why::Outside)
        }
    }))
}

fn unreadable(id: String, reason: String) -> UserChange {
    UserChange::UserUnreadable(Unreadable::new(id, reason))
}
