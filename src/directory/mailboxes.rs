//! Rooms have accounts too: who is a room is no person.

use std::collections::BTreeSet;

use crate::{
    error::Error,
    graph::{Graph, places::try_each_page},
    host::Host,
    payload::read_mailbox,
};

/// Whose an account is, as far as its addresses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    Room,
    /// Rooms could not be read for a reason that passes.
    Unknown,
}

/// The e-mail addresses of all rooms, read when they are first needed.
#[derive(Debug)]
pub(super) struct RoomMailboxes {
    /// Whether accounts wait for rooms that cannot be read for the moment.
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

    /// Returns whose an account with these addresses, in lower case, is.
    ///
    /// # Errors
    /// Only where Microsoft asks for patience. Where Places refuses for good, accounts are users
    /// and a warning says so: users must not wait for rooms, and a host does not offer users
    /// with the address of a room.
    pub(super) async fn owner<H: Host>(
        &mut self,
        graph: &Graph<'_, H>,
        addresses: &[String],
    ) -> Result<Owner, Error> {
        if addresses.is_empty() {
            return Ok(Owner::User);
        }
        if self.addresses.is_none() {
            self.addresses = Some(self.read(graph).await?);
        }
        let mut rooms = self.addresses.iter();
        Ok(match rooms.any(|rooms| addresses.iter().any(|it| rooms.contains(it))) {
            true => Owner::Room,
            false if self.are_unknown && self.wait => Owner::Unknown,
            false => Owner::User,
        })
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
                "new accounts with an e-mail address, which may belong to rooms, wait for the next run"
            }
            false => "room mailboxes may appear among the people",
        };
        let why = trouble.error.explanation().map(|it| it.summary.clone()).unwrap_or_default();
        self.warning = Some(format!("Rooms could not be read, so {what}: {why}"));
        Ok(rooms)
    }

    /// Returns whether rooms were asked for and not read, for a reason that passes; nothing where
    /// they were not asked for.
    pub(super) fn are_unknown(&self) -> Option<bool> {
        self.addresses.as_ref().map(|_| self.are_unknown)
    }

    pub(super) fn warnings(self) -> Vec<String> {
        self.warning.into_iter().collect()
    }
}
