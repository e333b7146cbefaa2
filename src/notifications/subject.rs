//! What Microsoft Graph can notify about.

use crate::{
    endpoints::Endpoints,
    error::{Error, Explanation},
    model::{WatchRequest, WatchSubject},
    permission::{CALENDARS, GROUPS, Permission, USERS},
};

/// Longest life of a subscription to events, in seconds: 10,080 minutes.
///
/// Source: <https://learn.microsoft.com/graph/change-notifications-overview#subscription-lifetime>.
const LONGEST_OF_EVENTS: u64 = 10_080 * 60;

/// Longest life of a subscription to users or groups, in seconds: 41,760 minutes. Same source.
const LONGEST_OF_DIRECTORY: u64 = 41_760 * 60;

/// A subject, as Graph names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) subject: WatchSubject,
    /// Path below the version of Graph.
    pub(super) resource: String,
    /// Address of the room's mailbox; `None` for users and groups.
    pub(super) mailbox: Option<String>,
}

impl Target {
    /// Returns the target of a request.
    ///
    /// # Errors
    /// [`Error::Unexpected`] for a room without an address.
    pub(super) fn new(request: &WatchRequest) -> Result<Self, Error> {
        let (resource, mailbox) = match (&request.subject, &request.email) {
            (WatchSubject::Room(_), Some(email)) if !email.is_empty() => {
                (Endpoints::events_resource(email), Some(email.to_lowercase()))
            }
            (WatchSubject::Room(room), _) => {
                let summary = format!("The room {room} has no e-mail address to watch");
                return Err(Error::Unexpected(Explanation::new("no-address", summary)));
            }
            (WatchSubject::Users, _) => ("users".to_owned(), None),
            (WatchSubject::Groups, _) => ("groups".to_owned(), None),
        };
        Ok(Self { subject: request.subject.clone(), resource, mailbox })
    }

    /// Returns the kinds of changes. Graph has no `created` for users and groups: it reports new
    /// ones as `updated`.
    ///
    /// Source: <https://learn.microsoft.com/graph/api/resources/subscription#properties>.
    pub(super) fn change_type(&self) -> &'static str {
        match self.subject {
            WatchSubject::Room(_) => "created,updated,deleted",
            WatchSubject::Users | WatchSubject::Groups => "updated,deleted",
        }
    }

    /// Returns the permission that the subject needs.
    pub(super) fn permission(&self) -> Permission {
        match self.subject {
            WatchSubject::Room(_) => CALENDARS,
            WatchSubject::Users => USERS,
            WatchSubject::Groups => GROUPS,
        }
    }

    /// Returns the life of a subscription in seconds: 80 to 95 % of the longest, by chance, so
    /// that subscriptions made together are not renewed together.
    pub(super) fn life(&self, chance: u64) -> u64 {
        let longest = match self.subject {
            WatchSubject::Room(_) => LONGEST_OF_EVENTS,
            WatchSubject::Users | WatchSubject::Groups => LONGEST_OF_DIRECTORY,
        };
        longest * (800 + chance % 151) / 1000
    }
}

/// Identifies a subject in maps and sets.
pub(super) fn key(subject: &WatchSubject) -> (u8, &str) {
    match subject {
        WatchSubject::Room(room) => (0, room),
        WatchSubject::Users => (1, ""),
        WatchSubject::Groups => (2, ""),
    }
}
