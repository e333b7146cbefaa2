//! Application permissions of Microsoft Graph.

/// An application permission of Microsoft Graph.
///
/// Source of the ids: Microsoft's `provisioningInfo.json` (microsoft-graph-devx-content).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Name, as the portal lists it.
    pub name: &'static str,
    /// Id of the app role, the same in every tenant.
    pub id: &'static str,
    /// What ONES uses it for.
    pub reason: &'static str,
    /// What ONES cannot do without it, and what it still can.
    pub without: &'static str,
}

/// Books rooms.
pub const CALENDARS: Permission = Permission {
    name: "Calendars.ReadWrite",
    id: "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
    reason: "Shows and books meetings in the calendars of rooms",
    without: "rooms cannot be booked in their calendars; rooms and users are still synced",
};

/// Reads groups.
pub const GROUPS: Permission = Permission {
    name: "Group.Read.All",
    id: "5b567255-7703-4780-807c-7be8301ae99b",
    reason: "Reads groups and their members",
    without: "groups are not synced, and users cannot be limited to groups; rooms and users are \
        still synced",
};

/// Reads rooms.
pub const PLACES: Permission = Permission {
    name: "Place.Read.All",
    id: "913b9306-0ce1-42b8-9137-6a7df690a760",
    reason: "Reads rooms and room lists",
    without: "rooms are not synced, and room mailboxes may be synced as users; users are still \
        synced",
};

/// Reads users.
pub const USERS: Permission = Permission {
    name: "User.Read.All",
    id: "df021288-bdef-4463-88db-98f22de89214",
    reason: "Reads the users of the directory",
    without: "users are not synced; rooms are still synced",
};

/// All permissions that an administrator of the tenant has to grant.
pub const PERMISSIONS: [Permission; 4] = [CALENDARS, GROUPS, PLACES, USERS];

/// Name of the permission that is needed in addition where users are limited to a group that hides
/// its members.
pub const HIDDEN_MEMBERS: &str = "Member.Read.Hidden";

/// Reads the members of a group that hides them. Without it, Microsoft Graph answers 403 where
/// members of such a group are requested, as if [`GROUPS`] were missing. Not one of
/// [`PERMISSIONS`].
pub const MEMBERS: Permission = Permission {
    name: HIDDEN_MEMBERS,
    id: "658aa5d8-239f-45c4-aa12-864f4fc7e490",
    reason: "Reads the members of groups that hide them",
    without: "users cannot be limited to groups that hide their members",
};
