//! What Graph cannot set: how rooms take bookings.

use crate::{
    error::{Error, Explanation},
    model::{BookingPolicy, Script},
    settings::Settings,
};

/// An Exchange Online PowerShell script that applies the policy to these rooms.
///
/// # Errors
/// None yet beside [`Error::Unsupported`].
pub fn script(
    _settings: &Settings,
    _rooms: &[String],
    _policy: BookingPolicy,
) -> Result<Script, Error> {
    Err(Error::Unsupported(Explanation::new("no-script", "There is no such script yet")))
}
