//! Reads users or groups by id.

use super::owed::{Finding, Why};
use crate::{
    error::Error,
    graph::{
        Graph,
        batch::{self, BatchAnswer, BatchRequest},
        by_id::{Found, read_answer},
    },
    host::Host,
    model::{Removed, Unreadable, UserChange},
    payload::{GROUP_SELECT, GroupRecord, Item, Reported, UserReader, read_group},
    permission::{GROUPS, USERS},
};

/// Properties that decide whether the settings select a user.
const DECISIVE: [&str; 2] = ["accountEnabled", "userType"];

/// A user as a change or a read by id reports it.
pub(super) enum Known {
    /// A change reported all properties.
    Item(Item),
    /// A read by id completed what changes reported.
    Read {
        item: Item,
        /// Whether the read contradicts them: it came from a replica without the changes.
        is_behind: bool,
        /// Whether the changes reported a property that decides about the selection.
        is_certain: bool,
    },
    /// A read by id did not find it.
    Missing(String),
    /// Microsoft Graph did not answer, or not with the user.
    Unread(Unreadable),
}

/// Reads users by id; returns one result for each, in their order. Properties that changes reported
/// take precedence over those that are read.
pub(super) async fn users_by_id<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    users: &[(String, Reported)],
) -> Result<Vec<Known>, Error> {
    let ids: Vec<_> = users.iter().map(|(id, _)| id.clone()).collect();
    let answers = request_users(graph, reader, &ids).await?;
    read_answers(graph, reader, users, answers)
}

/// Requests users by id.
pub(super) async fn request_users<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    ids: &[String],
) -> Result<Vec<BatchAnswer>, Error> {
    let question =
        |id: &String| BatchRequest::get(graph.endpoints().user_in_batch(id, reader.select()));
    let questions: Vec<_> = ids.iter().map(question).collect();
    batch::send_all(graph, &questions, USERS).await
}

/// Reads the answers to such requests.
pub(super) fn read_answers<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    users: &[(String, Reported)],
    answers: Vec<BatchAnswer>,
) -> Result<Vec<Known>, Error> {
    let known = |((id, said), answer): (&(String, Reported), BatchAnswer)| {
        Ok(match read_answer(graph, answer, USERS)? {
            Found::Body(body) => {
                let read = with_id(id, reader.read_complete(&body));
                let merged = with_id(id, reader.read_complete(&said.over(&body)));
                let is_behind = !is_same(&read, &merged);
                let is_certain = said.names_any(&DECISIVE);
                Known::Read { item: merged, is_behind, is_certain }
            }
            Found::Missing => Known::Missing(id.clone()),
            Found::Unreadable(reason) => Known::Unread(Unreadable::new(id.as_str(), reason)),
        })
    };
    users.iter().zip(answers).map(known).collect()
}

/// Returns the item under the requested id.
fn with_id(id: &str, item: Item) -> Item {
    let id = id.to_owned();
    match item {
        Item::User { mut user, aliases } => {
            user.id = id;
            Item::User { user, aliases }
        }
        Item::Removed(_, removal) => Item::Removed(id, removal),
        Item::Partial(_) => Item::Partial(id),
        Item::Unreadable(it) => Item::Unreadable(Unreadable { id, ..it }),
    }
}

/// Returns whether two items are equal, apart from the order of addresses.
fn is_same(read: &Item, merged: &Item) -> bool {
    match (read, merged) {
        (Item::User { user, aliases }, Item::User { user: other, aliases: others }) => {
            let sorted = |aliases: &[String]| {
                let mut aliases = aliases.to_vec();
                aliases.sort_unstable();
                aliases.dedup();
                aliases
            };
            user == other && sorted(aliases) == sorted(others)
        }
        // Another read does not help where an item is unreadable.
        _ => true,
    }
}

/// Reads groups by id; returns one finding for each, in their order. Properties that changes
/// reported take precedence over those that are read.
pub(super) async fn groups_by_id<H: Host>(
    graph: &Graph<'_, H>,
    groups: &[(String, Reported)],
) -> Result<Vec<Finding>, Error> {
    let question = |(id, _): &(String, Reported)| {
        BatchRequest::get(graph.endpoints().group_in_batch(id, GROUP_SELECT))
    };
    let questions: Vec<_> = groups.iter().map(question).collect();
    let answers = batch::send_all(graph, &questions, GROUPS).await?;
    let finding = |((id, said), answer): (&(String, Reported), BatchAnswer)| {
        Ok(match read_answer(graph, answer, GROUPS)? {
            Found::Body(body) => {
                let read = group_change(id, read_group(&body).record);
                let merged = group_change(id, read_group(&said.over(&body)).record);
                let why = if read == merged { Why::Unsure } else { Why::Behind };
                // Another read does not help where the group is unreadable.
                let open = Some(why).filter(|_| matches!(merged, UserChange::Group(_)));
                Finding { change: merged, open }
            }
            Found::Missing => Finding::open(UserChange::GroupMissing(id.clone()), Why::Unread),
            Found::Unreadable(reason) => {
                let unreadable = Unreadable::new(id.as_str(), reason);
                Finding::open(UserChange::GroupUnreadable(unreadable), Why::Unread)
            }
        })
    };
    groups.iter().zip(answers).map(finding).collect()
}

/// Returns the change to report about a group, under that id.
pub(super) fn group_change(id: &str, record: GroupRecord) -> UserChange {
    let id = id.to_owned();
    match record {
        GroupRecord::Complete(group) => UserChange::Group(crate::model::Group { id, ..group }),
        GroupRecord::Removed(removal) => UserChange::GroupRemoved(Removed { id, removal }),
        GroupRecord::Unreadable(it) => UserChange::GroupUnreadable(Unreadable { id, ..it }),
        GroupRecord::Partial => {
            let reason = "displayName is missing".to_owned();
            UserChange::GroupUnreadable(Unreadable::new(id, reason))
        }
    }
}
