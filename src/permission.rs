//! Application permissions of Microsoft Graph.

/// An application permission of Microsoft Graph that ONES needs.
///
/// Source of the ids: Microsoft's `provisioningInfo.json` (microsoft-graph-devx-content).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// As the portal lists it.
    pub name: &'static str,
    /// The app role's id, the same in every tenant.
    pub id: &'static str,
    /// What ONES does with it.
    pub reason: &'static str,
    /// What ONES cannot do without it, and what it still can.
    pub costs: &'static str,
}

/// Book rooms.
pub const CALENDARS: Permission = Permission {
    name: "Calendars.ReadWrite",
    id: "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
    reason: "Shows and books meetings in the calendars of rooms",
    costs: "rooms cannot be booked in their calendars; rooms and people are still synced",
};

/// See groups.
pub const GROUPS: Permission = Permission {
    name: "Group.Read.All",
    id: "5b567255-7703-4780-807c-7be8301ae99b",
    reason: "Reads groups and who is in them",
    costs: "groups are not synced, and people cannot be limited to some; people and rooms still work",
};

/// See rooms.
pub const PLACES: Permission = Permission {
    name: "Place.Read.All",
    id: "913b9306-0ce1-42b8-9137-6a7df690a760",
    reason: "Reads rooms and room lists",
    costs: "rooms are not synced, and their mailboxes may appear among the people; people still work",
};

/// See people.
pub const USERS: Permission = Permission {
    name: "User.Read.All",
    id: "df021288-bdef-4463-88db-98f22de89214",
    reason: "Reads the people of the directory",
    costs: "people are not synced; rooms still work",
};

/// All that the tenant's administrator must grant.
pub const PERMISSIONS: [Permission; 4] = [CALENDARS, GROUPS, PLACES, USERS];

/// Beyond them, where people are limited to a group that hides its members.
pub const HIDDEN_MEMBERS: &str = "Member.Read.Hidden";

/// What reading the members of one group takes, where groups themselves can be read: Microsoft
/// Graph refuses the members of a group with hidden membership by 403, as if [`GROUPS`] were
/// missing. Not one of [`PERMISSIONS`].
pub const MEMBERS: Permission = Permission {
    name: HIDDEN_MEMBERS,
    id: "658aa5d8-239f-45c4-aa12-864f4fc7e490",
    reason: "Reads the members of groups that hide them",
    costs: "people cannot be limited to groups that hide their members",
};
