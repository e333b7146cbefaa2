//! Tells people, groups and who is in which: all of it at first, then what changed.
//!
//! People and groups share a run and a checkpoint, and are each enumerated and followed on their
//! own. Who comes first depends on the settings: where people are limited to groups, a change of
//! groups decides what is to be told of people; else people matter more, and come first.

mod checkpoint;
mod groups;
mod mailboxes;
mod owed;
mod people;
mod read;
mod restarts;
mod scope;
mod walk;

use crate::{
    card_number::{self, Lookup},
    error::Error,
    expiry,
    graph::{Graph, Patience},
    host::{Host, Sink},
    model::{Subject, Summary, UserBatch},
    payload::UserReader,
    settings::Settings,
};
use checkpoint::Checkpoint;
use groups::Groups;
use people::People;
pub use people::wrong_attribute;
pub use read::{read_groups, read_users};
pub use scope::{admits, no_such_group};
use walk::Run;

/// Tells people and groups from `since` on, or all of them.
///
/// # Errors
/// [`Error::Cancelled`] where `sink` was dropped; else as [`Graph::require`]. What was told
/// before an error stands, with its checkpoint.
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    since: Option<&str>,
    sink: &mut impl Sink<UserBatch>,
) -> Result<Summary, Error> {
    let graph = Graph::new(host, settings, Patience::SYNC);
    let checkpoint = since.map_or_else(Checkpoint::nowhere, |it| Checkpoint::read(it, host.now()));
    let known = card_number::remembered(settings, checkpoint.card_number());
    let lookup = match checkpoint.position(Subject::Users) {
        Some(_) if known.is_some() => Lookup::from(known),
        _ => card_number::find(&graph, known).await?,
    };
    let reader = UserReader::from(&lookup);
    let mut warnings = Vec::from_iter(lookup.warning);
    let begin = checkpoint.clone().under(settings, &reader);
    let (mut result, reached) = attempt(&graph, &reader, sink, begin).await;
    if let Err(error @ Error::InvalidSettings(fields)) = &result
        && fields.iter().all(|it| it.field == card_number::FIELD)
    {
        // Graph does not have the attribute: users are worth having without.
        warnings.push(card_number::without_numbers(error));
        let reader = UserReader::without_card_number();
        let begin = reached.with_people_of(&checkpoint).under(settings, &reader);
        (result, _) = attempt(&graph, &reader, sink, begin).await;
    }
    let summary = result?;
    warnings.extend(summary.warnings);
    warnings.extend(expiry::warning(settings, host.now()));
    Ok(Summary { warnings, unreadable: summary.unreadable, owed: summary.owed, ..graph.summary() })
}

/// Goes through users and groups; returns how far it came as well.
async fn attempt<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    sink: &mut impl Sink<UserBatch>,
    checkpoint: Checkpoint,
) -> (Result<Summary, Error>, Checkpoint) {
    let wait = checkpoint.waits_for_rooms(graph.host().now());
    let mut run = Run::new(graph, reader, sink, checkpoint);
    let mut people = People::new(graph, reader, wait);
    let mut groups = Groups::new(graph);
    let result = both(graph, &mut run, &mut people, &mut groups).await;
    let result = result.map(|mut warnings| {
        warnings.extend(people.warnings());
        warnings.extend(run.warnings());
        let (unreadable, owed) = (run.unreadable(), run.checkpoint().total_owed());
        Summary { warnings, unreadable, owed, ..Summary::default() }
    });
    (result, run.checkpoint().clone())
}

async fn both<H: Host, S: Sink<UserBatch>>(
    graph: &Graph<'_, H>,
    run: &mut Run<'_, H, S>,
    people: &mut People<'_, H>,
    groups: &mut Groups<'_, H>,
) -> Result<Vec<String>, Error> {
    if !graph.settings().users.only_groups.is_empty() {
        run.walk(groups).await?;
        run.walk(people).await?;
        return Ok(Vec::new());
    }
    run.walk(people).await?;
    match run.walk(groups).await {
        Ok(()) => Ok(Vec::new()),
        // Without groups, people are still worth having.
        Err(Error::PermissionMissing(it) | Error::Unsupported(it)) => {
            Ok(vec![format!("Groups are not synced: {}", it.summary)])
        }
        Err(error) => Err(error),
    }
}
