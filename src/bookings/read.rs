//! Reads bookings of a room by id.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    booking::{Judged, Room},
    check,
    checkpoint::{Checkpoint, Position},
    range::Range,
    reads::{self, Found, FoundSeries},
    series::{Composed, compose},
    zone_of,
};
use crate::{
    error::Error,
    graph::{Graph, Patience, by_id::check_count},
    host::Host,
    model::{BookingChange, BookingGone, RoomPosition, TimeRange, Unreadable},
    payload::{Event, Kind},
    settings::Settings,
};

/// Number of ids that are read at a time, so that memory does not grow with their number.
const AT_A_TIME: usize = 20;

/// Number of series that are read at a time. Each can have thousands of occurrences.
const SERIES_AT_A_TIME: usize = 4;

/// Returns one change for each id: a booking, a series, gone, missing, or unreadable. The id of an
/// occurrence is answered by the occurrence alone.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`](crate::model::BATCH) ids; otherwise those of the
/// room, as [`sync`](super::sync) reports them.
pub async fn read<H: Host>(
    host: &H,
    settings: &Settings,
    position: &RoomPosition,
    ids: &[String],
    window: TimeRange,
) -> Result<Vec<BookingChange>, Error> {
    check_count(ids)?;
    check(settings, 1, window)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    // The same range as in a sync: a series is replaced as a whole, so the range must be the same.
    let listed = Checkpoint::read(settings, position);
    let range = listed.as_ref().map_or_else(|| Range::of_window(window), Position::range);
    let zone = zone_of(position).map_err(|failure| failure.error)?;
    let room = Room::new(&position.email, zone, range);
    let mut changes = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(AT_A_TIME) {
        read_chunk(&graph, &room, chunk, &mut changes).await?;
    }
    Ok(changes)
}

async fn read_chunk<H: Host>(
    graph: &Graph<'_, H>,
    room: &Room,
    ids: &[String],
    changes: &mut Vec<BookingChange>,
) -> Result<(), Error> {
    let read = reads::read(graph, room, ids, []).await.map_err(|failure| failure.error)?;
    let mut occurrences = Vec::new();
    let mut series = Vec::new();
    for (id, found) in read.events {
        match found {
            Found::Missing => changes.push(BookingChange::BookingMissing(id)),
            Found::Unreadable(reason) => {
                let unreadable = Unreadable::new(id, reason);
                changes.push(BookingChange::BookingUnreadable(unreadable));
            }
            Found::Event(event) => match (event.kind, &event.master) {
                (Kind::Master, _) => series.push(id),
                (Kind::Occurrence | Kind::Exception, Some(master)) => {
                    occurrences.push((master.clone(), Event { id, ..*event }));
                }
                _ => changes.push(change(room, &Event { id, ..*event }, None)),
            },
        }
    }
    let masters: BTreeSet<_> = occurrences.iter().map(|(master, _)| master.clone()).collect();
    let read = reads::read(graph, room, &masters, []).await.map_err(|failure| failure.error)?;
    let masters: BTreeMap<String, Found> = read.events;
    for (id, occurrence) in occurrences {
        changes.push(match masters.get(&id) {
            Some(Found::Event(master)) => change(room, &occurrence, Some((&id, master))),
            // The series was removed meanwhile, or a replica does not have it yet.
            _ => BookingChange::BookingMissing(occurrence.id),
        });
    }
    for chunk in series.chunks(SERIES_AT_A_TIME) {
        let read = reads::read(graph, room, [], chunk).await.map_err(|failure| failure.error)?;
        changes.extend(read.series.into_iter().map(|(id, found)| series_change(room, id, found)));
    }
    Ok(())
}

fn change(room: &Room, event: &Event, series: Option<(&str, &Event)>) -> BookingChange {
    let id = event.id.clone();
    match room.judge(event, series) {
        Ok(Judged::Booking(booking)) => BookingChange::Booking(*booking),
        Ok(Judged::Ended(end)) => BookingChange::BookingGone(BookingGone { id, end }),
        Err(reason) => BookingChange::BookingUnreadable(Unreadable::new(id, reason)),
    }
}

/// Returns the change that is about the series itself.
fn series_change(room: &Room, id: String, found: FoundSeries) -> BookingChange {
    match found {
        FoundSeries::Complete(master, occurrences) => {
            let Composed { apart, series } = compose(room, &id, &master, occurrences);
            // This answer has no place for one occurrence, and a series without it would end it.
            let unreadable = apart.into_iter().find_map(|change| match change {
                BookingChange::BookingUnreadable(unreadable) => Some(unreadable.reason),
                _ => None,
            });
            match unreadable {
                Some(reason) => BookingChange::BookingUnreadable(Unreadable::new(id, reason)),
                None => series,
            }
        }
        FoundSeries::Missing => BookingChange::BookingMissing(id),
        FoundSeries::Unreadable(reason) => {
            BookingChange::BookingUnreadable(Unreadable::new(id, reason))
        }
    }
}
