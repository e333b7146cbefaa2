//! How some people stand now.

use serde_json::value::RawValue;

use super::{mailboxes::RoomMailboxes, teller::change};
use crate::{
    batch::{self, Inner},
    card_number,
    describe::USERS,
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{BATCH, Removal, Unreadable, UserChange},
    payload::{Item, UserReader},
    settings::Settings,
};

/// One change for each id: a person, a removal, or unreadable.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids; else as [`Graph::require`].
pub async fn read<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    if ids.len() > BATCH {
        let summary = format!("{} people were asked for at once; {BATCH} is the most", ids.len());
        return Err(Error::Unexpected(Explanation::new("too-many-ids", summary)));
    }
    let graph = Graph::new(host, settings, Patience::SYNC);
    let card_number = card_number::resolve(&graph).await?;
    let reader = UserReader::new(card_number.as_ref());
    let mut rooms = RoomMailboxes::default();
    let mut changes = Vec::with_capacity(ids.len());
    for item in read_items(&graph, &reader, ids).await? {
        changes.push(change(&graph, &mut rooms, item).await?);
    }
    Ok(changes)
}

/// Reads people by id; one item for each, in their order.
pub(super) async fn read_items<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    ids: &[String],
) -> Result<Vec<Item>, Error> {
    let url = |id: &String| graph.endpoints().user_in_batch(id, reader.select());
    let urls: Vec<_> = ids.iter().map(url).collect();
    let answers = batch::get_all(graph, &urls, USERS).await?;
    ids.iter().zip(answers).map(|(id, answer)| item(graph, reader, id, answer)).collect()
}

fn item<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    id: &str,
    answer: Inner,
) -> Result<Item, Error> {
    let unreadable = |reason: String| Item::Unreadable(Unreadable { id: id.to_owned(), reason });
    Ok(match answer {
        Inner::Success(body) => {
            let body: &RawValue = &body;
            match reader.whole(body) {
                // Under the id that was asked for, whatever the answer makes of it.
                Item::Unreadable(it) => unreadable(it.reason),
                item => item,
            }
        }
        // Whether it is in the recycle bin or gone for good, this answer does not tell.
        Inner::Refused(refusal) if refusal.is_missing_object() => {
            Item::Removed(id.to_owned(), Removal::Soft)
        }
        Inner::Refused(refusal) if refusal.is_about_the_token() => {
            return Err(refusal.unauthorized());
        }
        Inner::Refused(refusal) if refusal.status == 403 => {
            return Err(graph.explain(refusal, USERS));
        }
        Inner::Refused(refusal) => unreadable(format!("Microsoft Graph answered {}", refusal.code)),
        Inner::Unanswered => unreadable("Microsoft Graph did not answer".to_owned()),
    })
}
