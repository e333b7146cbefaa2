//! Reads users, groups and memberships: all of them at first, then what changed.
//!
//! Users and groups share a run and a checkpoint, and are each enumerated and followed on their
//! own. Where users are limited to groups, groups come first, since a change of groups can change
//! which users are selected. Otherwise users come first, since they matter more.

mod by_id;
mod checkpoint;
mod groups;
mod mailboxes;
mod owed;
mod read;
mod restarts;
mod scope;
mod users;
mod walk;

use crate::{
    card_number,
    error::Error,
    expiry,
    graph::{Graph, Patience},
    host::{Host, Sink},
    model::{Subject, Summary, UserBatch},
    payload::UserReader,
    settings::{AttributeLookup, Settings, pointer},
};
pub use by_id::{read_groups, read_users};
use checkpoint::Checkpoint;
use groups::Groups;
pub use scope::{is_in_groups, no_such_group};
use users::Users;
pub use users::wrong_attribute;
use walk::Run;

/// Sends the changes of users and groups after the checkpoint `since` to `sink`, or all users and
/// groups.
///
/// # Errors
/// [`Error::Cancelled`] where the host no longer reads; otherwise those of [`Graph::require`]. The
/// batches before an error are valid, with their checkpoints.
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    since: Option<&str>,
    sink: &mut impl Sink<UserBatch>,
) -> Result<Summary, Error> {
    let graph = Graph::new(host, settings, Patience::SYNC);
    let checkpoint =
        since.map_or_else(Checkpoint::empty, |text| Checkpoint::read(text, host.now()));
    let known = card_number::remembered(settings, checkpoint.card_number());
    let lookup = match checkpoint.position(Subject::Users) {
        Some(_) if known.is_some() => AttributeLookup::from(known),
        _ => card_number::find(&graph, known).await?,
    };
    let reader = UserReader::from(&lookup);
    let mut warnings = Vec::from_iter(lookup.warning);
    let begin = checkpoint.clone().valid_for(settings, &reader);
    let (mut result, reached) = attempt(&graph, &reader, sink, begin).await;
    if let Err(error @ Error::InvalidSettings(fields)) = &result
        && fields.iter().all(|wrong| wrong.field == pointer::CARD_NUMBER)
    {
        // Graph does not have the attribute: users are synced without it.
        warnings.push(card_number::warn_without_numbers(error));
        let reader = UserReader::without_card_number();
        let begin = reached.with_users_of(&checkpoint).valid_for(settings, &reader);
        (result, _) = attempt(&graph, &reader, sink, begin).await;
    }
    let summary = result?;
    warnings.extend(summary.warnings);
    warnings.extend(expiry::warning(settings, host.now()));
    Ok(Summary { warnings, unreadable: summary.unreadable, owed: summary.owed, ..graph.summary() })
}

/// Reads users and groups; returns the result, and the checkpoint that was reached.
async fn attempt<H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    sink: &mut impl Sink<UserBatch>,
    checkpoint: Checkpoint,
) -> (Result<Summary, Error>, Checkpoint) {
    let wait = checkpoint.waits_for_rooms(graph.host().now());
    let mut run = Run::new(graph, reader, sink, checkpoint);
    let mut users = Users::new(graph, reader, wait);
    let mut groups = Groups::new(graph);
    let result = read_both(graph, &mut run, &mut users, &mut groups).await;
    let result = result.map(|mut warnings| {
        warnings.extend(users.warnings());
        warnings.extend(run.warnings());
        let (unreadable, owed) = (run.unreadable(), run.checkpoint().total_owed());
        Summary { warnings, unreadable, owed, ..Summary::default() }
    });
    (result, run.checkpoint().clone())
}

/// Reads users and groups in the order that the settings require; returns warnings.
async fn read_both<H: Host, S: Sink<UserBatch>>(
    graph: &Graph<'_, H>,
    run: &mut Run<'_, H, S>,
    users: &mut Users<'_, H>,
    groups: &mut Groups<'_, H>,
) -> Result<Vec<String>, Error> {
    if !graph.settings().users.only_groups.is_empty() {
        run.walk(groups).await?;
        run.walk(users).await?;
        return Ok(Vec::new());
    }
    run.walk(users).await?;
    match run.walk(groups).await {
        Ok(()) => Ok(Vec::new()),
        // Users are synced without groups.
        Err(Error::PermissionMissing(why) | Error::Unsupported(why)) => {
            Ok(vec![format!("Groups are not synced: {}", why.summary)])
        }
        Err(error) => Err(error),
    }
}
