//! Reads rooms: all of them or chosen ones, with the room lists that contain them.
//!
//! Graph has no delta for places, so each run reads all rooms.

pub mod booking;
mod buildings;
mod lists;
mod selection;
mod time_zones;

use std::collections::BTreeSet;

pub use buildings::Buildings;
use lists::Lists;
pub use selection::Selection;
use time_zones::TimeZones;

use crate::{
    error::Error,
    expiry,
    graph::{
        Graph, Patience,
        batch::{self, BatchAnswer, BatchRequest},
        by_id::{Found, check_count, read_answer},
        places::each_page,
    },
    host::{Host, Sink},
    model::{BATCH, Removal, Removed, Room, RoomBatch, RoomChange, RoomField, Summary, Unreadable},
    payload::{RoomKey, is_room},
    permission::PLACES,
    settings::Settings,
};

/// Sends all selected rooms to `sink`.
///
/// # Errors
/// [`Error::Unsupported`] where the cloud or tenant has no Places, [`Error::Cancelled`] where the
/// host no longer reads; otherwise those of [`Graph::require`].
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    sink: &mut impl Sink<RoomBatch>,
) -> Result<Summary, Error> {
    let graph = Graph::new(host, settings, Patience::SYNC);
    let mut warnings = Vec::from_iter(expiry::warning(settings, host.now()));
    let lists = Lists::read(&graph, &mut warnings).await?;
    let mut buildings = Buildings::default();
    let mut time_zones = TimeZones::default();
    let mut selection = Selection::new(&settings.rooms);
    let mut seen = BTreeSet::new();
    let mut unreadable: u32 = 0;
    let mut complete = true;
    let total = each_page(
        &graph,
        |skip| graph.endpoints().rooms(skip),
        async |page| {
            let mut batch = RoomBatch::default();
            let before = seen.len();
            for raw in page {
                let place = RoomKey::identify(raw);
                complete &= place.is_certain;
                if !seen.insert(place.id.clone()) || !selection.takes(&place) {
                    continue;
                }
                match place.read(raw) {
                    Ok(mut room) => {
                        buildings.complete(&graph, &mut room, place.parent.as_deref()).await?;
                        room.lists = lists.containing(&place);
                        room.unknown.extend(lists.are_unknown.then_some(RoomField::Lists));
                        batch.rooms.push(room);
                    }
                    Err(it) => batch.unreadable.push(it),
                }
            }
            time_zones.complete(&graph, &mut batch.rooms).await?;
            unreadable += u32::try_from(batch.unreadable.len()).unwrap_or(u32::MAX);
            for batch in split(batch) {
                sink.put(batch).await.map_err(|_| Error::Cancelled)?;
            }
            Ok(seen.len() - before)
        },
    )
    .await?;
    if total.got == 0 {
        warnings.push(NO_ROOMS.to_owned());
    }
    if let Some(count) = total.count.filter(|count| *count > seen.len() as u64) {
        complete = false;
        warnings.push(format!(
            "Microsoft Graph reports {count} rooms, but returned only {}: this run removes no room",
            seen.len()
        ));
    }
    warnings.extend(buildings.warning());
    warnings.extend(time_zones.warning());
    warnings.extend(selection.missing().map(|(_, room)| warn_not_found(room)));
    warnings.extend(selection.is_by_address().then(|| BY_ADDRESS.to_owned()));
    Ok(Summary { warnings, unreadable, complete, ..graph.summary() })
}

/// Returns one change for each id: the room, missing, or unreadable. The lists of a room, and what
/// contains its floor, are unknown: they would need complete listings.
///
/// A room is read by its id, which is a `placeId` or an e-mail address.
/// Source: <https://learn.microsoft.com/graph/api/place-get>.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids; otherwise those of [`sync`].
pub async fn read<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<RoomChange>, Error> {
    check_count(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let question = |id: &String| BatchRequest::get(graph.endpoints().place_in_batch(id));
    let questions: Vec<_> = ids.iter().map(question).collect();
    let answers = batch::send_all(&graph, &questions, PLACES).await?;
    let mut selection = Selection::new(&settings.rooms);
    let change = |(id, answer): (&String, BatchAnswer)| {
        let missing = |removal| RoomChange::RoomMissing(Removed { id: id.clone(), removal });
        let unreadable = |reason| RoomChange::RoomUnreadable(Unreadable::new(id.as_str(), reason));
        Ok(match read_answer(&graph, answer, PLACES)? {
            Found::Missing => missing(Removal::Soft),
            Found::Unreadable(reason) => unreadable(reason),
            // Room lists, buildings and desks also have ids and addresses.
            Found::Body(body) if !is_room(&body) => missing(Removal::Soft),
            Found::Body(body) => {
                let place = RoomKey::identify(&body);
                match place.read(&body) {
                    _ if !selection.takes(&place) => missing(Removal::OutOfScope),
                    Ok(room) => {
                        let room = read_alone(room, id, place.parent.is_some());
                        RoomChange::Room(without_time_zone(room, settings))
                    }
                    Err(it) => unreadable(it.reason),
                }
            }
        })
    };
    ids.iter().zip(answers).map(change).collect()
}

/// Returns a room that was read without the places that contain it, under the requested id.
fn read_alone(room: Room, id: &str, has_parent: bool) -> Room {
    let fields = [
        (RoomField::Building, has_parent),
        (RoomField::FloorLabel, has_parent),
        (RoomField::Address, has_parent && room.address.is_none()),
        (RoomField::Position, has_parent && room.position.is_none()),
        (RoomField::Lists, true),
    ];
    let unknown = fields.into_iter().filter_map(|(field, is)| is.then_some(field)).collect();
    Room { id: id.to_owned(), unknown, ..room }
}

/// Returns a room whose time zone was not requested.
fn without_time_zone(mut room: Room, settings: &Settings) -> Room {
    room.unknown.extend(settings.bookings.is_on.then_some(RoomField::TimeZone));
    room
}

/// Warning about a tenant without rooms.
pub const NO_ROOMS: &str = "Microsoft Graph returned no rooms: rooms that are hidden from the \
    address lists do not appear, and new ones can take up to 48 hours";

/// Warning where rooms are chosen and have no permanent id.
const BY_ADDRESS: &str = "Microsoft Graph returns no permanent ids of rooms in this cloud, so ONES \
    identifies rooms by their address: a room whose address changes counts as a new one, and must \
    be chosen again";

/// Returns the warning about a chosen room that was not found.
pub fn warn_not_found(room: &str) -> String {
    format!(
        "The chosen room {room} was not found: it may be deleted, have another address, or be \
            hidden from the address lists; changes can take up to 48 hours"
    )
}

/// Splits a batch that is too large. Pages have at most [`PAGE`](crate::graph::places::PAGE) rooms,
/// but a server can return more.
fn split(mut batch: RoomBatch) -> Vec<RoomBatch> {
    let mut batches = Vec::new();
    while batch.rooms.len() + batch.unreadable.len() > BATCH {
        let rooms = batch.rooms.split_off(batch.rooms.len().saturating_sub(BATCH));
        let room_for = BATCH - rooms.len();
        let rest = batch.unreadable.len().saturating_sub(room_for);
        batches.push(RoomBatch { rooms, unreadable: batch.unreadable.split_off(rest) });
    }
    batches.push(batch);
    batches
}
