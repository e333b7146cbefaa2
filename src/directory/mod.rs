//! Tells people, groups and who is in which: all of it at first, then what changed.
//!
//! People and groups share a run and a checkpoint, and are each enumerated and followed on their
//! own. Who comes first depends on the settings: where people are limited to groups, a change of
//! groups decides what is to be told of people; else people matter more, and come first.

mod checkpoint;
mod groups;
mod mailboxes;
mod people;
mod read;
mod scope;
mod walk;

use crate::{
    card_number,
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
    let card_number = match checkpoint.position(Subject::People) {
        Some(_) if known.is_some() => known,
        _ => card_number::resolve(&graph, known).await?,
    };
    let reader = UserReader::new(card_number.as_ref());
    let checkpoint = checkpoint.under(settings, &reader);
    let mut run = Run::new(&graph, &reader, sink, checkpoint);
    let mut people = People::new(&graph, &reader);
    let mut groups = Groups::new(&graph);
    let mut warnings = Vec::new();
    if settings.users.only_groups.is_empty() {
        run.walk(&mut people).await?;
        match run.walk(&mut groups).await {
            // Without groups, people are still worth having.
            Err(Error::PermissionMissing(it) | Error::Unsupported(it)) => {
                warnings.push(format!("Groups are not synced: {}", it.summary));
            }
            done => done?,
        }
    } else {
        run.walk(&mut groups).await?;
        run.walk(&mut people).await?;
    }
    let unreadable = run.unreadable();
    warnings.extend(people.warnings());
    warnings.extend(expiry::warning(settings, host.now()));
    Ok(Summary { warnings, unreadable, ..graph.summary() })
}
