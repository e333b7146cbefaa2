//! Rooms have accounts too: who is a room is no person.

use std::collections::BTreeSet;

use crate::{error::Error, graph::Graph, host::Host, payload::read_mailbox, places::each_page};

/// Whose an account is, as far as its addresses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    Room,
    /// Rooms could not be read for a reason that passes.
    Unknown,
}

/// The e-mail addresses of all rooms, read when they are first needed.
#[derive(Debug, Default)]
pub(super) struct RoomMailboxes {
    addresses: Option<BTreeSet<String>>,
    are_unknown: bool,
    warning: Option<String>,
}

impl RoomMailboxes {
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
            false if self.are_unknown => Owner::Unknown,
            false => Owner::User,
        })
    }

    async fn read<H: Host>(&mut self, graph: &Graph<'_, H>) -> Result<BTreeSet<String>, Error> {
        let mut rooms = BTreeSet::new();
        let read = each_page(
            graph,
            |skip| graph.endpoints().rooms(skip),
            async |page| {
                let before = rooms.len();
                rooms.extend(page.iter().filter_map(|raw| read_mailbox(raw)));
                Ok(rooms.len() - before)
            },
        )
        .await;
        match read {
            Err(error @ (Error::Throttled(_) | Error::Cancelled)) => return Err(error),
            Err(Error::Unavailable(why)) => {
                self.are_unknown = true;
                self.warning = Some(format!(
                    "Rooms could not be read, so new accounts with an e-mail address, which may belong to rooms, wait for the next run: {}",
                    why.summary
                ));
            }
            Err(error) => {
                let why = error.explanation().map(|it| it.summary.clone()).unwrap_or_default();
                self.warning = Some(format!(
                    "Rooms could not be read, so room mailboxes may appear among the people: {why}"
                ));
            }
            Ok(_) => {}
        }
        Ok(rooms)
    }

    pub(super) fn warnings(self) -> Vec<String> {
        self.warning.into_iter().collect()
    }
}
