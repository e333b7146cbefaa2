//! Rooms have accounts too: who is a room is no person.

use std::collections::BTreeSet;

use crate::{error::Error, graph::Graph, host::Host, payload::read_mailbox, places::each_page};

/// The e-mail addresses of all rooms, read when they are first needed.
#[derive(Debug, Default)]
pub(super) struct RoomMailboxes {
    addresses: Option<BTreeSet<String>>,
    warning: Option<String>,
}

impl RoomMailboxes {
    /// Whether one of the addresses, in lower case, is that of a room.
    ///
    /// # Errors
    /// Only where Microsoft asks for patience. Any other trouble of Places is a warning: people
    /// must not wait for it, and a host does not offer people with the address of a room.
    pub(super) async fn contain_any<H: Host>(
        &mut self,
        graph: &Graph<'_, H>,
        addresses: &[String],
    ) -> Result<bool, Error> {
        if addresses.is_empty() {
            return Ok(false);
        }
        if self.addresses.is_none() {
            self.addresses = Some(self.read(graph).await?);
        }
        Ok(self.addresses.iter().any(|rooms| addresses.iter().any(|it| rooms.contains(it))))
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
