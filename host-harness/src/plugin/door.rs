//! The door for answers: what passes it is within bounds and names no secret.

use super::{
    CallError,
    bounds::Bounded,
    texts::{Texts, clean},
};
use crate::secrets::Secrets;

/// Lets an answer into the host.
///
/// # Errors
/// [`CallError::BrokeInterface`] where a part of it is too large, or a text that is used as it is
/// names a secret.
pub(super) fn admit<T: Bounded + Texts>(secrets: &Secrets, mut answer: T) -> Result<T, CallError> {
    answer.check()?;
    clean(secrets, &mut answer)?;
    Ok(answer)
}
