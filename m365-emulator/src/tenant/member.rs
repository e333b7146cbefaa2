//! What groups have as members: users, groups and devices, in four bytes each.

use std::fmt;

use super::entry::Slot;

/// A member of a group. A million of them is what a tenant has to hold: the kind is in the upper two bits, the slot
/// in the others, and lists are kept sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Member(u32);

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    User,
    Group,
    Device,
}

impl MemberKind {
    pub(crate) const ALL: [Self; 3] = [Self::User, Self::Group, Self::Device];

    /// As OData calls it.
    pub(crate) fn odata_type(self) -> &'static str {
        match self {
            Self::User => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
            Self::Device => "#microsoft.graph.device",
        }
    }
}

const KIND_SHIFT: u32 = 30;
const SLOT_MASK: u32 = (1 << KIND_SHIFT) - 1;

impl Member {
    pub(crate) fn user(slot: Slot) -> Self {
        Self(slot & SLOT_MASK)
    }

    pub(crate) fn group(slot: Slot) -> Self {
        Self((slot & SLOT_MASK) | 1 << KIND_SHIFT)
    }

    pub(crate) fn device(slot: Slot) -> Self {
        Self((slot & SLOT_MASK) | 2 << KIND_SHIFT)
    }

    pub(crate) fn kind(self) -> MemberKind {
        match self.0 >> KIND_SHIFT {
            0 => MemberKind::User,
            1 => MemberKind::Group,
            _ => MemberKind::Device,
        }
    }

    pub(crate) fn slot(self) -> Slot {
        self.0 & SLOT_MASK
    }

    /// As a page token carries it; the order of the numbers is that of the members.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn from_number(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.slot())
    }
}
