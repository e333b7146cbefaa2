//! The application permissions that each path requires
//! (<https://github.com/microsoftgraph/microsoft-graph-devx-content>,
//! `permissions/new/permissions.json`).

/// Permissions of which one is sufficient.
pub(crate) type AnyOf = &'static [&'static str];

pub(crate) const USERS: AnyOf =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// Also allows to read users, but only their basic properties, and without delta.
pub(crate) const USERS_BASIC: AnyOf = &["User.ReadBasic.All"];

pub(crate) const GROUPS: AnyOf = &[
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Allows to read everything in the directory, such as devices and extensions.
pub(crate) const DIRECTORY: AnyOf = &["Directory.Read.All", "Directory.ReadWrite.All"];

/// Allows to read the members of groups that hide them, in addition to [`GROUPS`].
pub(crate) const HIDDEN_MEMBERS: AnyOf = &["Member.Read.Hidden"];

pub(crate) const ORGANIZATION: AnyOf = &[
    "Organization.Read.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

pub(crate) const PLACES: AnyOf = &["Place.Read.All", "Place.ReadWrite.All"];

pub(crate) const CALENDARS: AnyOf = &["Calendars.Read", "Calendars.ReadWrite"];

/// Allows to make, change and delete events.
pub(crate) const CALENDARS_WRITE: AnyOf = &["Calendars.ReadWrite"];

/// The application that sent a request, by its token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) roles: Vec<String>,
}

impl Caller {
    pub(crate) fn has(&self, any_of: AnyOf) -> bool {
        self.roles.iter().any(|role| any_of.contains(&role.as_str()))
    }
}
