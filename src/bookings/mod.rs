//! Bookings of rooms: what is in their calendars.
//!
//! `round.rs` reads what delta reports of one room, `reads.rs` what it does not say, `series.rs`
//! puts series together, and `booking.rs` decides what an event is. docs/bookings.md describes what
//! is reported when.

mod availability;
mod batches;
mod booking;
mod checkpoint;
mod failure;
mod limits;
mod range;
mod read;
mod reads;
mod reported;
mod round;
mod series;
mod times;

use std::cell::{Cell, RefCell};

use futures_util::{future::try_join_all, lock::Mutex};

pub use availability::availability;
pub(crate) use booking::{Judged, Room};
pub(crate) use failure::WITHOUT_MAILBOX;
use failure::{Failure, Tally};
pub(crate) use limits::{MOST_EVENTS, MOST_PAGES, endless, too_many_events};
pub(crate) use range::{Range, text as time_text};
pub use read::read;
pub(crate) use times::Times;

use crate::{
    error::{Error, Explanation},
    expiry,
    graph::{Graph, Patience},
    host::{Host, Sink},
    model::{RoomFailure, RoomPosition, RoomUpdate, Summary, TimeRange},
    settings::Settings,
    zones::Zone,
};

/// Number of rooms that are read at the same time. Each has one request at a time: Exchange takes
/// four for a mailbox, and the memory of the plugin grows with the rooms in flight.
const LANES: usize = 16;

/// Maximum number of rooms in one call.
const MOST_ROOMS: usize = 10_000;

/// The header `Prefer` of every request and of every part of a batch.
///
/// Sources: <https://learn.microsoft.com/graph/outlook-immutable-id>,
/// <https://learn.microsoft.com/graph/api/user-list-calendarview>.
pub(crate) const PREFER: &str =
    "IdType=\"ImmutableId\", outlook.timezone=\"UTC\", outlook.body-content-type=\"text\"";

/// Returns the header for a page of delta, which takes no `$top`.
///
/// Source: <https://learn.microsoft.com/graph/delta-query-events>.
pub(crate) fn prefer_pages_of(events: u16) -> String {
    format!("{PREFER}, odata.maxpagesize={events}")
}

/// Sends the bookings of rooms to `sink`: of each room the changes since its checkpoint, or all
/// bookings in the window.
///
/// # Errors
/// [`Error::Unsupported`] where the settings do not switch bookings on, [`Error::Cancelled`] where
/// the host no longer reads. Any other error concerns all rooms: one that concerns some of them is
/// reported as [`RoomUpdate::Failed`].
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    rooms: &[RoomPosition],
    window: TimeRange,
    sink: &mut impl Sink<RoomUpdate>,
) -> Result<Summary, Error> {
    check(settings, rooms.len(), window)?;
    let graph = Graph::new(host, settings, Patience::SYNC);
    // Before the rooms, which would each request one.
    graph.token().await?;
    let sink = Mutex::new(sink);
    let next = Cell::new(0);
    let tally = RefCell::new(Tally::default());
    let unreadable = Cell::new(0_u32);
    let lane = async || {
        while let Some(room) = rooms.get(next.replace(next.get() + 1)) {
            let failures = match round::read_room(&graph, &sink, room, window).await {
                Ok(count) => {
                    unreadable.set(unreadable.get().saturating_add(count));
                    tally.borrow_mut().note_read()
                }
                Err(failure) => tally.borrow_mut().note(room.room.clone(), failure)?,
            };
            report(&sink, failures).await?;
        }
        Ok::<_, Error>(())
    };
    try_join_all((0..LANES.min(rooms.len())).map(|_| lane())).await?;
    let mut tally = tally.into_inner();
    report(&sink, tally.finish()?).await?;
    let warnings = Vec::from_iter(expiry::warning(settings, host.now()));
    let (complete, unreadable) = (tally.failed == 0, unreadable.get());
    Ok(Summary { warnings, unreadable, complete, ..graph.summary() })
}

/// Checks the arguments of a call.
fn check(settings: &Settings, rooms: usize, window: TimeRange) -> Result<(), Error> {
    check_on(settings)?;
    if rooms > MOST_ROOMS {
        let summary = format!("{rooms} rooms were requested at once; the maximum is {MOST_ROOMS}");
        return Err(Error::Unexpected(Explanation::new("too-many-rooms", summary)));
    }
    range::check_window(window)
}

/// Checks that the settings switch bookings on.
///
/// # Errors
/// [`Error::Unsupported`] where they do not.
pub(crate) fn check_on(settings: &Settings) -> Result<(), Error> {
    if settings.bookings.is_on {
        return Ok(());
    }
    Err(Error::Unsupported(
        Explanation::new("bookings-off", "The settings do not switch bookings on")
            .remedy("In the room settings, set Bookings to On"),
    ))
}

/// Reports rooms that could not be read.
async fn report(
    sink: &Mutex<&mut impl Sink<RoomUpdate>>,
    failures: Vec<(String, Error)>,
) -> Result<(), Error> {
    for (room, error) in failures {
        let failed = RoomUpdate::Failed(RoomFailure { room, error });
        sink.lock().await.put(failed).await.map_err(|_| Error::Cancelled)?;
    }
    Ok(())
}

/// Returns the time zone of a room.
///
/// # Errors
/// [`Error::Unexpected`] where there is no such zone.
fn zone_of(room: &RoomPosition) -> Result<Zone, Failure> {
    Zone::named(&room.time_zone).ok_or_else(|| {
        let summary = format!("There is no time zone with the name {:?}", room.time_zone);
        let remedy = "Enter the time zone of rooms in the room settings, for example Europe/Berlin";
        Error::Unexpected(Explanation::new("unknown-time-zone", summary).remedy(remedy)).into()
    })
}
