//! Who is selected by the settings.
//!
//! Whether somebody is in one of the groups that people are limited to, also by way of other
//! groups, is for Graph to say: the plugin remembers nobody.
//! Source: <https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>.

use serde_json::{Value, json};

use super::mailboxes::RoomMailboxes;
use crate::{
    batch::{self, Inner, Question},
    describe::GROUPS,
    error::{Error, FieldError},
    graph::Graph,
    host::{Host, Request},
    model::{Removal, Unreadable, User, UserChange},
    payload::Item,
};

/// Most groups that Graph takes at once.
const MOST_GROUPS: usize = 20;

/// What to tell of people who are in one of the groups that people are limited to, if any.
pub(super) async fn of_members<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    items: Vec<Item>,
) -> Result<Vec<UserChange>, Error> {
    let users = &graph.settings().users;
    let mut changes = Vec::with_capacity(items.len());
    for item in items {
        changes.push(match item {
            Item::User { user, addresses } => {
                if users.select(&user) && !rooms.contain_any(graph, &addresses).await? {
                    UserChange::User(user)
                } else {
                    UserChange::Removed(user.id, Removal::OutOfScope)
                }
            }
            Item::Removed(id, removal) => UserChange::Removed(id, removal),
            Item::Unreadable(it) => UserChange::Unreadable(it),
            Item::Partial(id) => unreadable(id, "Only a part of it was told".to_owned()),
        });
    }
    Ok(changes)
}

/// What to tell of people who may be in such a group or not.
pub(super) async fn of_anybody<H: Host>(
    graph: &Graph<'_, H>,
    rooms: &mut RoomMailboxes,
    items: Vec<Item>,
) -> Result<Vec<UserChange>, Error> {
    let mut changes = of_members(graph, rooms, items).await?;
    let groups = &graph.settings().users.only_groups;
    if groups.is_empty() {
        return Ok(changes);
    }
    let mut candidates: Vec<_> =
        changes.iter_mut().filter(|it| matches!(it, UserChange::User(_))).collect();
    let questions: Vec<_> =
        candidates.iter().flat_map(|it| questions(graph, it.id(), groups)).collect();
    let answers = batch::ask_all(graph, &questions, GROUPS).await?;
    let each = groups.len().div_ceil(MOST_GROUPS);
    for (change, answers) in candidates.iter_mut().zip(answers.chunks(each)) {
        if let Some(other) = judge(graph, change.id(), answers)? {
            **change = other;
        }
    }
    Ok(changes)
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

/// What to tell instead of the person, by the answers to all questions about them.
fn judge<H: Host>(
    graph: &Graph<'_, H>,
    id: &str,
    answers: &[Inner],
) -> Result<Option<UserChange>, Error> {
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
                return Ok(Some(UserChange::Removed(id.to_owned(), Removal::Soft)));
            }
            Inner::Refused(refusal) if refusal.is_about_the_token() => {
                return Err(refusal.clone().unauthorized());
            }
            Inner::Refused(refusal) if refusal.status == 403 => {
                return Err(graph.explain(refusal.clone(), GROUPS));
            }
            Inner::Refused(refusal) => open = Some(format!("answered {}", refusal.code)),
            Inner::Unanswered => open = Some("did not answer".to_owned()),
        }
    }
    Ok(Some(match open {
        Some(what) => {
            let reason = format!("Microsoft Graph {what} when asked for the person's groups");
            unreadable(id.to_owned(), reason)
        }
        None => UserChange::Removed(id.to_owned(), Removal::OutOfScope),
    }))
}

fn unreadable(id: String, reason: String) -> UserChange {
    UserChange::Unreadable(Unreadable { id, reason })
}
