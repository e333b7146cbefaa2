//! Who is selected by the settings.
//!
//! Whether somebody is in one of the groups that people are limited to, also by way of other
//! groups, is for Graph to say: the plugin remembers nobody.
//! Source: <https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>.

use serde_json::{Value, json};

use super::{
    mailboxes::{Owner, RoomMailboxes},
    owed::{Finding, Why},
    read::Known,
};
use crate::{
    batch::{self, Inner, Question},
    describe::{GROUPS, HIDDEN_MEMBERS},
    error::{Error, FieldError},
    graph::{Graph, GraphError},
    host::{Host, Request},
    model::{Removal, Removed, Unreadable, User, UserChange},
    payload::Item,
};

/// Most groups that Graph takes at once.
const MOST_GROUPS: usize = 20;

/// What to tell of a user who is in one of the groups that users are limited to, if any.
pub(super) async fn of_member<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    item: Item,
) -> Result<UserChange, Error> {
    let out =
        |user: User| UserChange::UserRemoved(Removed { id: user.id, removal: Removal::OutOfScope });
    Ok(match item {
        Item::User { user, .. } if !graph.settings().users.select(&user) => out(user),
        Item::User { user, addresses } => match rooms.owner(graph, &addresses).await? {
            Owner::User => UserChange::User(user),
            Owner::Room => out(user),
            Owner::Unknown => UserChange::UserIfKnown(user),
        },
        Item::Removed(id, removal) => UserChange::UserRemoved(Removed { id, removal }),
        Item::Unreadable(it) => UserChange::UserUnreadable(it),
        Item::Partial(id) => unreadable(id, "Only a part of it was told".to_owned()),
    })
}

/// What to tell of users who may be in such a group or not; one finding for each.
pub(super) async fn of_anybody<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    users: Vec<Known>,
) -> Result<Vec<Finding>, Error> {
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
        findings.push(match of_member(graph, rooms, item).await? {
            change @ UserChange::UserIfKnown(_) => Finding::open(change, Why::Rooms),
            // What cannot be read does not get better by being read again.
            change @ UserChange::UserUnreadable(_) => Finding::settled(change),
            // One read is one answer, and can be an old one.
            UserChange::UserRemoved(Removed { id, removal }) if !is_certain => {
                let why = if doubt == Some(Why::Behind) { Why::Behind } else { Why::Outside };
                Finding::open(UserChange::UserMissing(Removed { id, removal }), why)
            }
            change => Finding { change, open: doubt },
        });
    }
    let groups = &graph.settings().users.only_groups;
    if groups.is_empty() {
        return Ok(findings);
    }
    let is_user = |it: &UserChange| matches!(it, UserChange::User(_) | UserChange::UserIfKnown(_));
    let mut candidates: Vec<_> = findings.iter_mut().filter(|it| is_user(&it.change)).collect();
    let questions: Vec<_> =
        candidates.iter().flat_map(|it| questions(graph, it.change.id(), groups)).collect();
    let answers = batch::ask_all(graph, &questions, GROUPS).await?;
    let each = groups.len().div_ceil(MOST_GROUPS);
    for (finding, answers) in candidates.iter_mut().zip(answers.chunks(each)) {
        if let Some(other) = judge(graph, finding.change.id(), answers)? {
            **finding = other;
        }
    }
    Ok(findings)
}

/// Words for a refusal to show who is in the groups that users are limited to.
pub(super) fn members_refused<H: Host>(graph: &Graph<'_, H>, refusal: GraphError) -> Error {
    match graph.explain(refusal, GROUPS) {
        Error::PermissionMissing(mut it) => {
            // https://learn.microsoft.com/graph/api/group-list-transitivemembers
            let hidden = format!(
                "Where {} is granted already, one of the groups hides its members: add the application permission {HIDDEN_MEMBERS} in the same way",
                GROUPS.name
            );
            let remedy = it.remedy.take().map_or(hidden.clone(), |it| format!("{it}. {hidden}"));
            Error::PermissionMissing(it.remedy(remedy))
        }
        error => error,
    }
}

/// Whether the person may sign in, as far as groups decide it.
///
/// # Errors
/// As [`Graph::require`]: who cannot be looked up is not let in.
pub async fn admits<H: Host>(graph: &Graph<'_, H>, user: &User) -> Result<bool, Error> {
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

/// The settings name a group that is not there.
pub fn no_such_group(index: usize) -> FieldError {
    FieldError::new(
        format!("/users/onlyGroups/{index}"),
        "There is no such group in the tenant (any more): remove it from the list, or choose another",
    )
}

fn questions<H: Host>(graph: &Graph<'_, H>, id: &str, groups: &[String]) -> Vec<Question> {
    let url = graph.endpoints().check_member_groups_in_batch(id);
    groups.chunks(MOST_GROUPS).map(|it| Question::post(url.clone(), group_ids(it))).collect()
}

fn group_ids(groups: &[String]) -> Value {
    json!({ "groupIds": groups })
}

/// Whether the answer names any of the groups that were asked for.
fn names_any(answer: &Value) -> bool {
    answer.get("value").and_then(Value::as_array).is_some_and(|it| !it.is_empty())
}

/// What to tell instead of the user, by the answers to all questions about it.
fn judge<H: Host>(
    graph: &Graph<'_, H>,
    id: &str,
    answers: &[Inner],
) -> Result<Option<Finding>, Error> {
    let mut open = None;
    for answer in answers {
        match answer {
            Inner::Success(body) => {
                if names_any(&serde_json::from_str(body.get()).unwrap_or_default()) {
                    return Ok(None);
                }
            }
            // It can be about a group as well.
            Inner::Refused(refusal) if refusal.is_missing_object() && refusal.names(id) => {
                let missing =
                    UserChange::UserMissing(Removed { id: id.to_owned(), removal: Removal::Soft });
                return Ok(Some(Finding::open(missing, Why::Unread)));
            }
            Inner::Refused(refusal) if refusal.is_about_the_token() => {
                return Err(refusal.clone().unauthorized());
            }
            Inner::Refused(refusal) if refusal.status == 403 => {
                return Err(members_refused(graph, refusal.clone()));
            }
            Inner::Refused(refusal) => open = Some(format!("answered {}", refusal.code)),
            Inner::Unanswered => open = Some("did not answer".to_owned()),
        }
    }
    Ok(Some(match open {
        Some(what) => {
            let reason = format!("Microsoft Graph {what} when asked for the person's groups");
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
