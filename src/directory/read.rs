//! How some people or groups stand now.

use serde_json::value::RawValue;

use super::{groups::of_record, mailboxes::RoomMailboxes, scope};
use crate::{
    batch::{self, Inner, Question},
    card_number,
    describe::{GROUPS, Permission, USERS},
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{BATCH, Removal, Unreadable, UserChange},
    payload::{GROUP_SELECT, GroupRecord, Item, UserReader, read_group},
    settings::Settings,
};

/// One change for each id: a person, a removal, or unreadable.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids; else as [`Graph::require`].
pub async fn read_users<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_number(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let card_number = card_number::resolve(&graph, None).await?;
    let reader = UserReader::new(card_number.as_ref());
    let items = read_items(&graph, &reader, ids).await?;
    scope::of_anybody(&graph, &mut RoomMailboxes::default(), items).await
}

/// One change for each id: a group, a removal, or unreadable.
///
/// # Errors
/// As [`read_users`].
pub async fn read_groups<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_number(ids)?;
    read_group_records(&Graph::new(host, settings, Patience::SYNC), ids).await
}

fn check_number(ids: &[String]) -> Result<(), Error> {
    if ids.len() <= BATCH {
        return Ok(());
    }
    let summary = format!("{} were asked for at once; {BATCH} is the most", ids.len());
    Err(Error::Unexpected(Explanation::new("too-many-ids", summary)))
}

/// Reads people by id; one item for each, in their order.
pub(super) async fn read_items<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    ids: &[String],
) -> Result<Vec<Item>, Error> {
    let question =
        |id: &String| Question::get(graph.endpoints().user_in_batch(id, reader.select()));
    let questions: Vec<_> = ids.iter().map(question).collect();
    let answers = batch::ask_all(graph, &questions, USERS).await?;
    let item = |(id, answer): (&String, Inner)| {
        let unreadable = |reason| Item::Unreadable(Unreadable { id: id.clone(), reason });
        Ok(match found(graph, answer, USERS)? {
            Found::Body(body) => match reader.whole(&body) {
                // Under the id that was asked for, whatever the answer makes of it.
                Item::Unreadable(it) => unreadable(it.reason),
                item => item.asked_as(id),
            },
            Found::Gone => Item::Removed(id.clone(), Removal::Soft),
            Found::Unreadable(reason) => unreadable(reason),
        })
    };
    ids.iter().zip(answers).map(item).collect()
}

/// Reads groups by id; one change for each, in their order.
pub(super) async fn read_group_records<H: Host>(
    graph: &Graph<'_, H>,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    let question = |id: &String| Question::get(graph.endpoints().group_in_batch(id, GROUP_SELECT));
    let questions: Vec<_> = ids.iter().map(question).collect();
    let answers = batch::ask_all(graph, &questions, GROUPS).await?;
    let change = |(id, answer): (&String, Inner)| {
        let unreadable =
            |reason| UserChange::GroupUnreadable(Unreadable { id: id.clone(), reason });
        Ok(match found(graph, answer, GROUPS)? {
            Found::Body(body) => match read_group(&body).asked_as(id).record {
                GroupRecord::Unreadable(it) => unreadable(it.reason),
                record => of_record(id.clone(), record)
                    .unwrap_or_else(|| unreadable("displayName is missing".to_owned())),
            },
            Found::Gone => UserChange::GroupRemoved(id.clone(), Removal::Soft),
            Found::Unreadable(reason) => unreadable(reason),
        })
    };
    ids.iter().zip(answers).map(change).collect()
}

/// What became of one question.
enum Found {
    Body(Box<RawValue>),
    /// Whether it is in the recycle bin or gone for good, the answer does not tell.
    Gone,
    /// Why, for a person.
    Unreadable(String),
}

fn found<H: Host>(graph: &Graph<'_, H>, answer: Inner, needs: Permission) -> Result<Found, Error> {
    Ok(match answer {
        Inner::Success(body) => Found::Body(body),
        Inner::Refused(refusal) if refusal.is_missing_object() => Found::Gone,
        Inner::Refused(refusal) if refusal.is_about_the_token() => {
            return Err(refusal.unauthorized());
        }
        Inner::Refused(refusal) if refusal.status == 403 => {
            return Err(graph.explain(refusal, needs));
        }
        Inner::Refused(refusal) => {
            Found::Unreadable(format!("Microsoft Graph answered {}", refusal.code))
        }
        Inner::Unanswered => Found::Unreadable("Microsoft Graph did not answer".to_owned()),
    })
}
