//! Which application permission opens which path
//! (<https://github.com/microsoftgraph/microsoft-graph-devx-content>, `permissions/new/permissions.json`).

/// Any of these is enough.
pub(crate) type AnyOf = &'static [&'static str];

pub(crate) const USERS: AnyOf =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// Opens users as well, but only their basic properties, and not delta.
pub(crate) const USERS_BASIC: AnyOf = &["User.ReadBasic.All"];

pub(crate) const GROUPS: AnyOf = &[
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Opens everything in the directory: devices, and which extensions there are, for which no lesser one is served.
pub(crate) const DIRECTORY: AnyOf = &["Directory.Read.All", "Directory.ReadWrite.All"];

/// Opens the members of groups that hide them, beside what opens groups.
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

/// Who calls: what the token says of the application.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) roles: Vec<String>,
}

impl Caller {
    pub(crate) fn has(&self, any_of: AnyOf) -> bool {
        self.roles.iter().any(|role| any_of.contains(&role.as_str()))
    }
}
