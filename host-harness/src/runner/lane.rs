//! Runs that wait for each other, and those that do not.

use crate::store::RunKind;

/// Runs of one integration in a lane come one after the other. Those of different lanes do not wait
/// for each other: the first sync of many users takes long, and bookings are read every few
/// minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// Rooms and users.
    Directory,
    Bookings,
}

impl Lane {
    pub(super) fn of(kinds: &[RunKind]) -> Self {
        match kinds.contains(&RunKind::Bookings) {
            true => Self::Bookings,
            false => Self::Directory,
        }
    }
}
