//! Tells rooms: all of them or chosen ones, with the lists that hold them.
//!
//! There is no delta for places: each run tells all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    batch::{self, Inner, Question},
    buildings::Buildings,
    by_id::{Found, check_number, found},
    describe::PLACES,
    error::Error,
    expiry,
    graph::{Graph, Patience},
    host::{Host, Sink},
    model::{BATCH, Removal, Removed, Room, RoomBatch, RoomChange, RoomField, Summary, Unreadable},
    payload::{RoomKey, is_room, read_list, read_mailbox},
    places::{each_page, passing_over},
    settings::{RoomSelection, Settings},
};

/// Tells all selected rooms.
///
/// # Errors
/// [`Error::Unsupported`] where the cloud or tenant has no Places, [`Error::Cancelled`] where
/// `sink` was dropped; else as [`Graph::require`].
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    sink: &mut impl Sink<RoomBatch>,
) -> Result<Summary, Error> {
    let graph = Graph::new(host, settings, Patience::SYNC);
    let mut warnings = Vec::from_iter(expiry::warning(settings, host.now()));
    let lists = Lists::read(&graph, &mut warnings).await?;
    let mut buildings = Buildings::default();
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
                        room.lists = lists.of(&place);
                        room.unknown.extend(lists.are_unknown.then_some(RoomField::Lists));
                        batch.rooms.push(room);
                    }
                    Err(it) => batch.unreadable.push(it),
                }
            }
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
    if let Some(count) = total.count.filter(|it| *it > seen.len() as u64) {
        complete = false;
        warnings.push(format!(
            "Microsoft Graph counts {count} rooms, but told only {}: none is removed in this run",
            seen.len()
        ));
    }
    warnings.extend(buildings.warning());
    warnings.extend(selection.missing().map(|(_, room)| not_found(room)));
    warnings.extend(selection.is_by_address().then(|| BY_ADDRESS.to_owned()));
    Ok(Summary { warnings, unreadable, complete, ..graph.summary() })
}

/// Returns one change for each id: a room, missing, or unreadable. Which lists hold a room, and
/// what holds the floor that it is on, is unknown: that would take whole listings.
///
/// A room is read by `placeId` or by e-mail address: whichever of them its id is.
/// Source: <https://learn.microsoft.com/graph/api/place-get>.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] ids; else as [`sync`].
pub async fn read<H: Host>(
    host: &H,
    settings: &Settings,
    ids: &[String],
) -> Result<Vec<RoomChange>, Error> {
    check_number(ids)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    let question = |id: &String| Question::get(graph.endpoints().place_in_batch(id));
    let questions: Vec<_> = ids.iter().map(question).collect();
    let answers = batch::ask_all(&graph, &questions, PLACES).await?;
    let mut selection = Selection::new(&settings.rooms);
    let change = |(id, answer): (&String, Inner)| {
        let missing = |removal| RoomChange::RoomMissing(Removed { id: id.clone(), removal });
        let unreadable = |reason| RoomChange::RoomUnreadable(Unreadable::new(id.as_str(), reason));
        Ok(match found(&graph, answer, PLACES)? {
            Found::Missing => missing(Removal::Soft),
            Found::Unreadable(reason) => unreadable(reason),
            // Room lists, buildings and desks have ids and addresses as well.
            Found::Body(body) if !is_room(&body) => missing(Removal::Soft),
            Found::Body(body) => {
                let place = RoomKey::identify(&body);
                match place.read(&body) {
                    _ if !selection.takes(&place) => missing(Removal::OutOfScope),
                    Ok(room) => RoomChange::Room(by_itself(room, id, place.parent.is_some())),
                    Err(it) => unreadable(it.reason),
                }
            }
        })
    };
    ids.iter().zip(answers).map(change).collect()
}

/// A room that was read without what holds it, under the id that was asked for.
fn by_itself(room: Room, id: &str, is_in_something: bool) -> Room {
    let fields = [
        (RoomField::Building, is_in_something),
        (RoomField::FloorLabel, is_in_something),
        (RoomField::Address, is_in_something && room.address.is_none()),
        (RoomField::Position, is_in_something && room.position.is_none()),
        (RoomField::Lists, true),
    ];
    let unknown = fields.into_iter().filter_map(|(field, is)| is.then_some(field)).collect();
    Room { id: id.to_owned(), unknown, ..room }
}

/// What to say of a tenant without rooms.
pub const NO_ROOMS: &str = "Microsoft Graph tells no rooms: rooms that are hidden from the address lists do not appear, and new ones can take up to 48 hours";

/// What to say where rooms are chosen and have no lasting id.
const BY_ADDRESS: &str = "Microsoft Graph gives rooms no lasting id here, so they are known by their address: a room that gets another address counts as a new one, and has to be chosen anew";

/// What to say of a chosen room that is not there.
pub fn not_found(room: &str) -> String {
    format!(
        "The chosen room {room} was not found: it may have been deleted, have got another address, or be hidden from the address lists; changes can take up to 48 hours"
    )
}

/// A page has at most [`PAGE`](crate::places::PAGE) rooms, unless a server means it otherwise.
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

/// Which rooms the settings want, and which of them have been seen.
pub struct Selection<'a> {
    chosen: Option<Vec<(&'a str, bool)>>,
    is_by_address: bool,
}

impl<'a> Selection<'a> {
    /// Nothing seen yet.
    pub fn new(selection: &'a RoomSelection) -> Self {
        let chosen = match selection {
            RoomSelection::All => None,
            RoomSelection::Chosen(rooms) => {
                Some(rooms.iter().map(|it| (it.as_str(), false)).collect())
            }
        };
        Self { chosen, is_by_address: false }
    }

    /// Whether the room is wanted; by its id, its e-mail address, or Graph's entity id.
    pub fn takes(&mut self, place: &RoomKey) -> bool {
        let Some(chosen) = &mut self.chosen else {
            return true;
        };
        let is_meant = |room: &str| {
            let names = [Some(&place.id), place.email.as_ref(), place.entity_id.as_ref()];
            // E-mail addresses and GUIDs alike: case tells nothing apart.
            names.into_iter().flatten().any(|it| it.to_lowercase() == room.to_lowercase())
        };
        let mut taken = false;
        for (_, seen) in chosen.iter_mut().filter(|(room, _)| is_meant(room)) {
            *seen = true;
            taken = true;
        }
        self.is_by_address |= taken && !place.is_lasting;
        taken
    }

    /// Whether a chosen room is known by its e-mail address alone.
    pub fn is_by_address(&self) -> bool {
        self.is_by_address
    }

    /// Chosen rooms that did not appear, with their place in the settings.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let chosen = self.chosen.iter().flatten().enumerate();
        chosen.filter(|(_, (_, seen))| !seen).map(|(index, (room, _))| (index, *room))
    }
}

/// Which lists hold a room, by its e-mail address.
#[derive(Default)]
struct Lists {
    names: Vec<String>,
    /// Whether one list could not be read: no room's lists are known then, since nothing says
    /// which rooms are in that one.
    are_unknown: bool,
    of_room: BTreeMap<String, Vec<usize>>,
}

impl Lists {
    /// Reads all lists. Where they cannot be had, rooms are worth having without.
    async fn read<H: Host>(
        graph: &Graph<'_, H>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let mut it = Self::default();
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
            let why = passing_over(error)?;
            it.are_unknown = true;
            warnings.push(format!(
                "Room lists could not be read, so rooms keep the lists that were read before: {why}"
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
                let why = passing_over(error)?;
                it.are_unknown = true;
                warnings.push(format!(
                    "The room list {} could not be read, so rooms keep the lists that were read before: {why}",
                    list.name
                ));
            }
            for room in rooms {
                it.of_room.entry(room).or_default().push(it.names.len());
            }
            it.names.push(list.name);
        }
        Ok(it)
    }

    fn of(&self, place: &RoomKey) -> Vec<String> {
        let lists = place.email.as_ref().and_then(|it| self.of_room.get(it));
        lists.into_iter().flatten().filter_map(|it| self.names.get(*it).cloned()).collect()
    }
}
