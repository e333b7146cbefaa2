//! Answers to reads by id.

use serde_json::value::RawValue;

use super::{Graph, batch::BatchAnswer};
use crate::{
    error::{Error, Explanation},
    host::Host,
    model::BATCH,
    permission::Permission,
};

/// The result of reading one user, group or room by id.
pub enum Found {
    /// The record, as JSON.
    Body(Box<RawValue>),
    /// Microsoft Graph did not find it. The answer does not say whether it is in the recycle bin,
    /// deleted permanently, or not known to this replica yet.
    Missing,
    /// One sentence that says why it could not be read.
    Unreadable(String),
}

/// Reads the answer to one request of a batch. `needs` is the permission for the path.
///
/// # Errors
/// [`Error::Unauthorized`] where the token was refused, [`Error::PermissionMissing`] where a
/// permission is missing.
pub fn read_answer<H: Host>(
    graph: &Graph<'_, H>,
    answer: BatchAnswer,
    needs: Permission,
) -> Result<Found, Error> {
    Ok(match answer {
        BatchAnswer::Success(body) => Found::Body(body),
        BatchAnswer::Refused(refusal) if refusal.is_missing_object() => Found::Missing,
        BatchAnswer::Refused(refusal) if refusal.is_about_the_token() => {
            return Err(refusal.unauthorized());
        }
        BatchAnswer::Refused(refusal) if refusal.status == 403 => {
            return Err(graph.explain(refusal, needs));
        }
        BatchAnswer::Refused(refusal) => {
            Found::Unreadable(format!("Microsoft Graph answered {}", refusal.code))
        }
        BatchAnswer::Unanswered => Found::Unreadable("Microsoft Graph did not answer".to_owned()),
    })
}

/// Checks the number of ids that a host requests at once.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids.
pub fn check_count(ids: &[String]) -> Result<(), Error> {
    if ids.len() <= BATCH {
        return Ok(());
    }
    let summary = format!("{} ids were requested at once; the maximum is {BATCH}", ids.len());
    Err(Error::Unexpected(Explanation::new("too-many-ids", summary)))
}
