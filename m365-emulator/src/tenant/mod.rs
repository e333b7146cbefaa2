//! The invented tenant: its users, groups, places and calendars, and how they change. This
//! folder knows nothing of HTTP.

pub(crate) mod calendar;
pub(crate) mod change;
pub(crate) mod directory;
pub(crate) mod entry;
pub(crate) mod group;
pub(crate) mod invent;
pub(crate) mod member;
pub(crate) mod outlook;
pub(crate) mod place;
pub(crate) mod property;

use self::calendar::Calendars;
use self::directory::Directory;
use self::entry::Entry;
use self::group::Groups;
use self::member::{Member, MemberKind};
use self::place::{Kind, Room, RoomList, Space};
use self::property::Schema;
use crate::cloud::Cloud;

/// A tenant with everything in it.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Domain of its addresses.
    pub(crate) domain: String,
    /// Domain that the tenant was made with.
    pub(crate) initial_domain: String,
    pub(crate) cloud: Cloud,
    pub(crate) seed: u64,
    /// Name of the directory extension with pager numbers.
    pub(crate) pager: String,
    pub(crate) directory: Directory,
    pub(crate) rooms: Vec<Room>,
    pub(crate) workspaces: Vec<Room>,
    pub(crate) room_lists: Vec<RoomList>,
    pub(crate) spaces: Vec<Space>,
    pub(crate) groups: Groups,
    /// Properties of devices.
    pub(crate) device_schema: Schema,
    /// Devices, which are members of groups.
    pub(crate) devices: Vec<Entry>,
    pub(crate) calendars: Calendars,
    /// Number of users that were invented so far. Their names have the number.
    pub(crate) invented: usize,
    /// Number of random mixes of changes so far.
    pub(crate) mixes: u64,
}

impl Tenant {
    /// Returns whether a name is the tenant's id or one of its domains.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        [&self.id, &self.domain, &self.initial_domain]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Returns all rooms and workspaces. Each has a user as its mailbox.
    pub(crate) fn bookables(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().chain(&self.workspaces)
    }

    /// Returns all buildings, floors or sections.
    pub(crate) fn spaces(&self, kind: Kind) -> impl Iterator<Item = &Space> {
        self.spaces.iter().filter(move |space| space.kind == kind)
    }

    /// Returns the directory entry of a member.
    pub(crate) fn entry(&self, member: Member) -> Option<&Entry> {
        match member.kind() {
            MemberKind::User => self.directory.at(member.slot()).map(|user| &**user),
            MemberKind::Group => self.groups.at(member.slot()).map(|group| &**group),
            MemberKind::Device => self.devices.get(member.slot() as usize),
        }
    }
}
