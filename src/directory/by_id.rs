//! Answers a host that asks for users or groups by id.

use super::{
    mailboxes::RoomMailboxes,
    read::{groups_by_id, read_answers, request_users},
    scope,
    users::wrong_attribute,
};
use crate::{
    card_number,
    error::Error,
    graph::{Graph, Patience, batch::BatchAnswer, by_id::check_count},
    host::Host,
    model::UserChange,
    payload::{Reported, UserReader},
    settings::Settings,
};

/// Returns one change for each id: the user, missing, out of scope, or unreadable.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`](crate::model::BATCH) ids; otherwise those of
/// [`Graph::require`].
pub async fn read_users<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_count(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let mut reader = UserReader::from(&card_number::find(&graph, None).await?);
    let mut answers = request_users(&graph, &reader, ids).await?;
    let is_wrong = |answer: &BatchAnswer| match answer {
        BatchAnswer::Refused(refusal) => wrong_attribute(reader.card_number(), refusal).is_some(),
        _ => false,
    };
    if answers.iter().any(is_wrong) {
        reader = UserReader::without_card_number();
        answers = request_users(&graph, &reader, ids).await?;
    }
    let owed: Vec<_> = ids.iter().map(|id| (id.clone(), Reported::default())).collect();
    let users = read_answers(&graph, &reader, &owed, answers)?;
    let findings = scope::select_all(&graph, &mut RoomMailboxes::new(true), users).await?;
    Ok(findings.into_iter().map(|finding| finding.change).collect())
}

/// Returns one change for each id: the group, missing, or unreadable.
///
/// # Errors
/// Those of [`read_users`].
pub async fn read_groups<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    check_count(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let ids: Vec<_> = ids.iter().map(|id| (id.clone(), Reported::default())).collect();
    let findings = groups_by_id(&graph, &ids).await?;
    Ok(findings.into_iter().map(|finding| finding.change).collect())
}
