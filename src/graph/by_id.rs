//! What an answer to a read by id means.

use serde_json::value::RawValue;

use super::{Graph, batch::Inner};
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
    /// Microsoft Graph did not find it. Whether it is in the recycle bin, gone for good, or not
    /// known to this replica yet, the answer does not say.
    Missing,
    /// Why it could not be read, as a sentence.
    Unreadable(String),
}

/// Reads the answer to one request of a batch. `needs` is the permission that opens the path.
///
/// # Errors
/// [`Error::Unauthorized`] where the token was refused, [`Error::PermissionMissing`] where a
/// permission is missing.
pub fn found<H: Host>(
    graph: &Graph<'_, H>,
    answer: Inner,
    needs: Permission,
) -> Result<Found, Error> {
    Ok(match answer {
        Inner::Success(body) => Found::Body(body),
        Inner::Refused(refusal) if refusal.is_missing_object() => Found::Missing,
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

/// Checks how many ids a host asks for.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids.
pub fn check_number(ids: &[String]) -> Result<(), Error> {
    if ids.len() <= BATCH {
        return Ok(());
    }
    let summary = format!("{} were asked for at once; {BATCH} is the most", ids.len());
    Err(Error::Unexpected(Explanation::new("too-many-ids", summary)))
}
