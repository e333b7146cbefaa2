//! Room lists, and the rooms in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::Error,
    graph::{
        Graph,
        places::{each_page, reason_to_continue},
    },
    host::Host,
    payload::{RoomKey, read_list, read_mailbox},
};

/// The room lists that contain each room, by its e-mail address.
#[derive(Default)]
pub(super) struct Lists {
    names: Vec<String>,
    /// Whether a list could not be read. The lists of all rooms are unknown then, since any room
    /// can be in that list.
    pub(super) are_unknown: bool,
    by_room: BTreeMap<String, Vec<usize>>,
}

impl Lists {
    /// Reads all lists. Where that fails, adds a warning: rooms are synced without their lists.
    pub(super) async fn read<H: Host>(
        graph: &Graph<'_, H>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let mut result = Self::default();
        let mut lists = Vec::new();
        let read = each_page(
            graph,
            |skip| graph.endpoints().room_lists(skip),
            async |page| {
                let before = lists.len();
                for list in page.iter().filter_map(|raw| read_list(raw)) {
                    if !lists.contains(&list) {
                        lists.push(list);
                    }
                }
                Ok(lists.len() - before)
            },
        )
        .await;
        if let Err(error) = read {
            let why = reason_to_continue(error)?;
            result.are_unknown = true;
            warnings.push(format!(
                "Room lists could not be read; rooms keep the lists that were read before: {why}"
            ));
        }
        for list in lists {
            let mut rooms = BTreeSet::new();
            let read = each_page(
                graph,
                |skip| graph.endpoints().rooms_of_list(&list.email, skip),
                async |page| {
                    let before = rooms.len();
                    rooms.extend(page.iter().filter_map(|raw| read_mailbox(raw)));
                    Ok(rooms.len() - before)
                },
            )
            .await;
            if let Err(error) = read {
                let why = reason_to_continue(error)?;
                result.are_unknown = true;
                warnings.push(format!(
                    "The room list {} could not be read; rooms keep the lists that were read \
                        before: {why}",
                    list.name
                ));
            }
            for room in rooms {
                result.by_room.entry(room).or_default().push(result.names.len());
            }
            result.names.push(list.name);
        }
        Ok(result)
    }

    /// Returns the names of the lists that contain a room.
    pub(super) fn containing(&self, place: &RoomKey) -> Vec<String> {
        let lists = place.email.as_ref().and_then(|email| self.by_room.get(email));
        lists.into_iter().flatten().filter_map(|index| self.names.get(*index).cloned()).collect()
    }
}
