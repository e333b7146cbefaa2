//! Members of groups: users, groups and devices, in four bytes each.

use std::fmt;

use super::entry::Slot;

/// A member of a group. The kind is in the upper two bits and the slot in the others, so that a
/// million memberships need little memory. Lists of members are sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Member(u32);

/// Kinds of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    User,
    Group,
    Device,
}

impl MemberKind {
    pub(crate) const ALL: [Self; 3] = [Self::User, Self::Group, Self::Device];

    /// Returns the name of the kind in OData.
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

    /// Returns the number that stands for the member in a page token. The numbers are in the order
    /// of the members.
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
