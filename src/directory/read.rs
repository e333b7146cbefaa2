//! How some users or groups stand now.

use super::{
    mailboxes::RoomMailboxes,
    owed::{Finding, Why},
    people::wrong_attribute,
    scope,
};
use crate::{
    batch::{self, Inner, Question},
    by_id::{Found, check_number, found},
    card_number,
    describe::{GROUPS, USERS},
    error::Error,
    graph::{Graph, Patience},
    host::Host,
    model::{Removed, Unreadable, UserChange},
    payload::{GROUP_SELECT, GroupRecord, Item, Reported, UserReader, read_group},
    settings::Settings,
};

/// Returns one change for each id: a user, missing, out of scope, or unreadable.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`](crate::model::BATCH) ids; else as
/// [`Graph::require`].
pub async fn read_users<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_number(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let mut reader = UserReader::from(&card_number::find(&graph, None).await?);
    let mut answers = ask_users(&graph, &reader, ids).await?;
    let is_wrong = |answer: &Inner| match answer {
        Inner::Refused(refusal) => wrong_attribute(reader.card_number(), refusal).is_some(),
        _ => false,
    };
    if answers.iter().any(is_wrong) {
        reader = UserReader::without_card_number();
        answers = ask_users(&graph, &reader, ids).await?;
    }
    let owed: Vec<_> = ids.iter().map(|id| (id.clone(), Reported::default())).collect();
    let users = of_answers(&graph, &reader, &owed, answers)?;
    let findings = scope::of_anybody(&graph, &mut RoomMailboxes::new(true), users).await?;
    Ok(findings.into_iter().map(|finding| finding.change).collect())
}

/// Returns one change for each id: a group, missing, or unreadable.
///
/// # Errors
/// As [`read_users`].
pub async fn read_groups<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_number(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let ids: Vec<_> = ids.iter().map(|id| (id.clone(), Reported::default())).collect();
    let findings = groups_by_id(&graph, &ids).await?;
    Ok(findings.into_iter().map(|finding| finding.change).collect())
}

/// Properties by which a user is not selected.
const DECISIVE: [&str; 2] = ["accountEnabled", "userType"];

/// A user as a read by id or a change shows it.
pub(super) enum Known {
    /// All of it.
    Item(Item),
    /// A read by id completed what changes reported.
    Read {
        item: Item,
        /// Whether it contradicts them: it came from a replica that has not seen them.
        is_behind: bool,
        /// Whether changes reported what decides that a user is not selected.
        is_certain: bool,
    },
    /// A read by id did not find it.
    Missing(String),
    /// Microsoft Graph did not answer, or not with the user.
    Unread(Unreadable),
}

/// Reads users by id; one for each, in their order. What was reported of a user wins over what
/// is read.
pub(super) async fn users_by_id<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    users: &[(String, Reported)],
) -> Result<Vec<Known>, Error> {
    let ids: Vec<_> = users.iter().map(|(id, _)| id.clone()).collect();
    let answers = ask_users(graph, reader, &ids).await?;
    of_answers(graph, reader, users, answers)
}

async fn ask_users<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    ids: &[String],
) -> Result<Vec<Inner>, Error> {
    let question =
        |id: &String| Question::get(graph.endpoints().user_in_batch(id, reader.select()));
    let questions: Vec<_> = ids.iter().map(question).collect();
    batch::ask_all(graph, &questions, USERS).await
}

fn of_answers<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    users: &[(String, Reported)],
    answers: Vec<Inner>,
) -> Result<Vec<Known>, Error> {
    let known = |((id, said), answer): (&(String, Reported), Inner)| {
        Ok(match found(graph, answer, USERS)? {
            Found::Body(body) => {
                let read = under(id, reader.whole(&body));
                let merged = under(id, reader.whole(&said.over(&body)));
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

/// Under the id that was asked for, whatever the answer says.
fn under(id: &str, item: Item) -> Item {
    let id = id.to_owned();
    match item {
        Item::User { mut user, addresses } => {
            user.id = id;
            Item::User { user, addresses }
        }
        Item::Removed(_, removal) => Item::Removed(id, removal),
        Item::Partial(_) => Item::Partial(id),
        Item::Unreadable(it) => Item::Unreadable(Unreadable { id, ..it }),
    }
}

/// The order of addresses means nothing.
fn is_same(read: &Item, merged: &Item) -> bool {
    match (read, merged) {
        (Item::User { user, addresses }, Item::User { user: other, addresses: others }) => {
            let sorted = |addresses: &[String]| {
                let mut addresses = addresses.to_vec();
                addresses.sort_unstable();
                addresses.dedup();
                addresses
            };
            user == other && sorted(addresses) == sorted(others)
        }
        // What cannot be read does not get better by being read again.
        _ => true,
    }
}

/// Reads groups by id; one finding for each, in their order. What was reported of a group wins
/// over what is read.
pub(super) async fn groups_by_id<H: Host>(
    graph: &Graph<'_, H>,
    groups: &[(String, Reported)],
) -> Result<Vec<Finding>, Error> {
    let question = |(id, _): &(String, Reported)| {
        Question::get(graph.endpoints().group_in_batch(id, GROUP_SELECT))
    };
    let questions: Vec<_> = groups.iter().map(question).collect();
    let answers = batch::ask_all(graph, &questions, GROUPS).await?;
    let finding = |((id, said), answer): (&(String, Reported), Inner)| {
        Ok(match found(graph, answer, GROUPS)? {
            Found::Body(body) => {
                let read = group(id, read_group(&body).record);
                let merged = group(id, read_group(&said.over(&body)).record);
                let why = if read == merged { Why::Unsure } else { Why::Behind };
                // What cannot be read does not get better by being read again.
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

/// What to report of a group that was read by id, under that id.
pub(super) fn group(id: &str, record: GroupRecord) -> UserChange {
    let id = id.to_owned();
    match record {
        GroupRecord::Whole(group) => UserChange::Group(crate::model::Group { id, ..group }),
        GroupRecord::Removed(removal) => UserChange::GroupRemoved(Removed { id, removal }),
        GroupRecord::Unreadable(it) => UserChange::GroupUnreadable(Unreadable { id, ..it }),
        GroupRecord::Partial => {
            let reason = "displayName is missing".to_owned();
            UserChange::GroupUnreadable(Unreadable::new(id, reason))
        }
    }
}
