//! Checks that there are rooms, and that the chosen ones are among them.

use std::collections::BTreeSet;

use super::{
    PLACES_READ, ROOMS, bookings,
    calendars::{self, MAILBOXES},
    granted, not_granted, passed, skipped, warned,
};
use crate::{
    entra::AccessToken,
    error::{Error, FieldError},
    graph::{
        Graph, Page,
        places::{self, Total},
    },
    host::{Host, Request},
    model::Check,
    payload::RoomKey,
    permission::PLACES,
    rooms::{self, NO_ROOMS, Selection},
    settings::{RoomSelection, pointer},
};

/// Checks places, the calendar of a room, rooms, and their bookings.
pub(super) async fn check<H: Host>(
    graph: &Graph<'_, H>,
    token: &AccessToken,
) -> (Check, Check, Check, Check) {
    let mut selection = Selection::new(&graph.settings().rooms);
    let mut mailboxes = Vec::new();
    let mut seen = BTreeSet::new();
    let all = graph.settings().rooms == RoomSelection::All;
    let mut on_page = |page: &[&serde_json::value::RawValue]| {
        let before = seen.len();
        for raw in page {
            let place = RoomKey::identify(raw);
            // Only of rooms that users can book in ONES.
            if selection.takes(&place) && mailboxes.len() < MAILBOXES {
                mailboxes.extend(place.email);
            }
            seen.insert(place.id);
        }
        seen.len() - before
    };
    let read = if all {
        // A user waits, and the first page shows whether there are any.
        let url = graph.endpoints().rooms(0);
        match graph.require(Request::get(url), PLACES).await {
            Ok(response) => Page::read(&response)
                .map(|page| Total { got: on_page(&page.value), count: page.count }),
            Err(error) => Err(error),
        }
    } else {
        let url = |skip| graph.endpoints().rooms(skip);
        places::each_page(graph, url, async |page| Ok(on_page(page))).await
    };
    let (places, rooms) = match read {
        Err(error) => {
            let why = match &error {
                Error::Unsupported(it) => {
                    format!("Not tested, because rooms cannot be read. {}", it.summary)
                }
                _ => "Not tested, because rooms cannot be read".to_owned(),
            };
            (not_granted(PLACES_READ, PLACES, &error), skipped(ROOMS, why))
        }
        Ok(total) => {
            (granted(PLACES_READ, PLACES, "rooms can be read"), check_rooms(total, all, &selection))
        }
    };
    let bookings = bookings::check(graph, &mailboxes).await;
    let calendars = calendars::check(graph, token, mailboxes).await;
    (places, calendars, rooms, bookings)
}

fn check_rooms(total: Total, all: bool, selection: &Selection<'_>) -> Check {
    let count = total.got;
    let fields: Vec<_> = selection
        .missing()
        .map(|(index, room)| {
            FieldError::new(
                pointer::item(pointer::ROOM_SELECTION, index),
                rooms::warn_not_found(room),
            )
        })
        .collect();
    if count == 0 {
        return Check {
            remedy: Some(
                "Ask your Exchange administrator to create room mailboxes, or to show hidden ones \
                    in the address lists"
                    .to_owned(),
            ),
            fields,
            ..warned(ROOMS, NO_ROOMS)
        };
    }
    match (fields.len(), all) {
        (0, true) => passed(
            ROOMS,
            match total.count {
                Some(counted) => format!("{counted} rooms"),
                // Only the first page was read.
                None if count >= places::PAGE => format!("{count} rooms or more"),
                None => format!("{count} rooms"),
            },
        ),
        (0, false) => {
            passed(ROOMS, format!("All chosen rooms are among the {count} of the tenant"))
        }
        (missing, _) => {
            let names: Vec<_> = selection.missing().map(|(_, room)| room).collect();
            Check {
                remedy: Some(
                    "Choose the rooms again in the room settings; a change can take up to 48 hours \
                        to appear"
                        .to_owned(),
                ),
                fields,
                ..warned(
                    ROOMS,
                    format!("{missing} of the chosen rooms were not found: {}", names.join(", ")),
                )
            }
        }
    }
}
