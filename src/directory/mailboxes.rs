//! Finds the accounts that belong to rooms, which are no users.

use std::collections::BTreeSet;

use crate::{
    error::Error,
    graph::{Graph, places::try_each_page},
    host::Host,
    model::User,
    payload::read_mailbox,
};

/// The owner of an account, by its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    Room,
    /// Unknown, since rooms could not be read; a later run can read them.
    Unknown,
}

/// The e-mail addresses of all rooms, read when they are first needed.
#[derive(Debug)]
pub(super) struct RoomMailboxes {
    /// Whether accounts wait while rooms cannot be read.
    wait: bool,
    addresses: Option<BTreeSet<String>>,
    are_unknown: bool,
    warning: Option<String>,
}

impl RoomMailboxes {
    /// Reads nothing yet.
    pub(super) fn new(wait: bool) -> Self {
        Self { wait, addresses: None, are_unknown: false, warning: None }
    }

    /// Reads the addresses of all rooms, unless they were read before.
    ///
    /// # Errors
    /// Only where Microsoft throttles. Where Places refuses permanently, accounts count as users,
    /// and a warning reports it: users must not wait for rooms, and a host does not offer users
    /// with the address of a room.
    pub(super) async fn read_once<H: Host>(&mut self, graph: &Graph<'_, H>) -> Result<(), Error> {
        if self.addresses.is_none() {
            self.addresses = Some(self.read(graph).await?);
        }
        Ok(())
    }

    /// Returns the owner of the account of a user, who has these further addresses in lower case.
    pub(super) fn owner(&self, user: &User, aliases: &[String]) -> Owner {
        let is_room = |rooms: &BTreeSet<String>| {
            let email = user.email.as_deref().filter(|_| !rooms.is_empty());
            email.is_some_and(|email| rooms.contains(&email.to_lowercase()))
                || aliases.iter().any(|alias| rooms.contains(alias))
        };
        match self.addresses.as_ref().is_some_and(is_room) {
            true => Owner::Room,
            false if self.are_unknown && self.wait && has_address(user, aliases) => Owner::Unknown,
            false => Owner::User,
        }
    }

    async fn read<H: Host>(&mut self, graph: &Graph<'_, H>) -> Result<BTreeSet<String>, Error> {
        let mut rooms = BTreeSet::new();
        let read = try_each_page(
            graph,
            |skip| graph.endpoints().rooms(skip),
            async |page| {
                let before = rooms.len();
                rooms.extend(page.iter().filter_map(|raw| read_mailbox(raw)));
                Ok(rooms.len() - before)
            },
        )
        .await;
        let Err(trouble) = read else {
            return Ok(rooms);
        };
        if let error @ (Error::Throttled(_) | Error::Cancelled) = trouble.error {
            return Err(error);
        }
        self.are_unknown = trouble.is_passing;
        let what = match self.are_unknown && self.wait {
            true => {
                "new accounts with an e-mail address, which may belong to rooms, are synced by a \
                    later run"
            }
            false => "room mailboxes may be synced as users",
        };
        let why =
            trouble.error.explanation().map(|known| known.summary.clone()).unwrap_or_default();
        self.warning = Some(format!("Rooms could not be read; {what}: {why}"));
        Ok(rooms)
    }

    /// Returns whether rooms could not be read and a later run can read them; `None` where they
    /// were not requested.
    pub(super) fn are_unknown(&self) -> Option<bool> {
        self.addresses.as_ref().map(|_| self.are_unknown)
    }

    pub(super) fn warnings(self) -> Vec<String> {
        self.warning.into_iter().collect()
    }
}

/// Returns whether the account has an e-mail address, and so can be that of a room.
pub(super) fn has_address(user: &User, aliases: &[String]) -> bool {
    user.email.is_some() || !aliases.is_empty()
}
