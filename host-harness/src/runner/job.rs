//! What a run does, and why.

use crate::{store::RunKind, sync::Occasion};

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    /// What an administrator asked for, or what the schedule of rooms and users has.
    Asked(&'static [RunKind]),
    /// Reads the bookings of the rooms that are due.
    DueBookings,
    /// Reads the bookings of these rooms, which notifications named.
    NotifiedRooms(Vec<String>),
    /// Reads what changed of users and groups, since notifications said that something did.
    NotifiedUsers,
}

impl Job {
    pub(super) fn kinds(&self) -> &'static [RunKind] {
        match self {
            Self::Asked(kinds) => kinds,
            Self::DueBookings | Self::NotifiedRooms(_) => &[RunKind::Bookings],
            Self::NotifiedUsers => &[RunKind::Users],
        }
    }

    /// Returns whether notifications caused it. It is short, and other jobs wait for its end.
    pub(super) fn is_notified(&self) -> bool {
        matches!(self, Self::NotifiedRooms(_) | Self::NotifiedUsers)
    }
}

/// Which bookings a run reads.
pub(super) struct Selection {
    /// Ids of the rooms; without them, all.
    pub(super) rooms: Option<Vec<String>>,
    pub(super) occasion: Occasion,
}

impl Selection {
    pub(super) const ALL: Self = Self { rooms: None, occasion: Occasion::Asked };
}
