//! Groups of the directory, and who is in which.

use crate::{error::Error, host::Host, model::UserChange, settings::Settings};

/// One change for each id: a group, a removal, or unreadable.
///
/// # Errors
/// None yet.
pub async fn read<H: Host>(
    _host: &H,
    _settings: &Settings,
    _ids: &[String],
) -> Result<Vec<UserChange>, Error> {
    Ok(Vec::new())
}
