//! Compares the stored bookings with a new listing of the calendars. Stores nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    BookingOptions, FAILURES, ROOMS,
    check::{check, instants},
    plan::Zones,
    problem_of,
};
use crate::{
    error::Error,
    model::{
        Booking, BookingBatch, BookingChange, Mode, Part, RoomFailure, RoomPosition, RoomUpdate,
        SeriesBookings, TimeRange, overlaps,
    },
    plugin::CallError,
    store::{BookableRoom, IntegrationId, RoomProblem, Store},
    sync::Source,
    when, zones,
};

/// Largest number of differences in a result.
const DIFFERENCES: usize = 1_000;

/// Result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Number of bookings in the window that ONES or the calendars have.
    pub bookings: u64,
    /// Number of them that are equal in both.
    pub agree: u64,
    /// Number of rooms that were compared.
    pub rooms: u64,
    /// The first differences, by room.
    pub differences: Vec<Difference>,
    /// Rooms that could not be read, the first 100.
    pub room_failures: Vec<RoomProblem>,
    /// Number of rooms that could not be read.
    pub rooms_failed: u64,
}

impl Verified {
    /// Returns whether every booking of every room agrees.
    pub fn is_agreed(&self) -> bool {
        self.agree == self.bookings && self.rooms_failed == 0
    }
}

/// A booking that ONES and the calendar do not have alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Id of the room.
    pub room: String,
    /// Name of the room.
    pub name: String,
    /// Id of the booking or series.
    pub id: String,
    /// When it takes place, in the room's time zone; not for one that could not be read.
    pub time: Option<String>,
    /// What is different.
    pub what: What,
}

/// How ONES and the calendar differ in a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The calendar has it, and ONES does not.
    NotInOnes,
    /// ONES has it, and the calendar does not.
    NotInCalendar,
    /// These fields are different.
    Fields(Vec<&'static str>),
    /// The plugin could not read it.
    Unreadable,
}

/// Lists the bookings of the rooms anew, and compares those in the window with the stored ones.
///
/// # Errors
/// Those of the plugin and of the store. A room that cannot be read is no error.
pub fn verify(
    store: &Store,
    source: &mut dyn Source,
    integration: IntegrationId,
    options: &BookingOptions,
    now: Timestamp,
) -> Result<Verified, Error> {
    let rooms = options.selected(store.bookable_rooms(integration)?);
    let zones = Zones::of(&rooms, options.time_zone.as_deref());
    let window = zones.window(now, options.days);
    let position = |(room, zone): (&BookableRoom, &String)| RoomPosition {
        room: room.id.clone(),
        email: room.email.clone(),
        time_zone: zone.clone(),
        since: None,
    };
    let positions: Vec<_> = rooms.iter().zip(&zones.names).map(position).collect();
    let open = rooms.into_iter().zip(zones.names).map(|(room, zone)| {
        let id = room.id.clone();
        (id, Listing { room, zone, listed: BTreeMap::new(), unreadable: BTreeSet::new() })
    });
    let verified = Verified::default();
    let mut comparing = Comparing { store, integration, window, open: open.collect(), verified };
    for positions in positions.chunks(ROOMS) {
        source.sync_bookings(positions, window, &mut |update| comparing.take(update))?;
    }
    match comparing.open.into_keys().next() {
        Some(room) => {
            Err(CallError::broke(format!("it did not list all bookings of the room {room}")).into())
        }
        None => Ok(comparing.verified),
    }
}

struct Comparing<'a> {
    store: &'a Store,
    integration: IntegrationId,
    window: TimeRange,
    /// The rooms that are not listed to the end, by id.
    open: BTreeMap<String, Listing>,
    verified: Verified,
}

/// What was listed of a room.
struct Listing {
    room: BookableRoom,
    zone: String,
    listed: BTreeMap<String, Booking>,
    /// Ids of what could not be read.
    unreadable: BTreeSet<String>,
}

impl Comparing<'_> {
    fn take(&mut self, update: RoomUpdate) -> Result<(), Error> {
        match update {
            RoomUpdate::Failed(RoomFailure { room, error }) => {
                let Some(Listing { room, .. }) = self.open.remove(&room) else {
                    return Err(not_asked(&room));
                };
                self.verified.rooms_failed += 1;
                if self.verified.room_failures.len() < FAILURES {
                    let problem = problem_of(&error);
                    let failure = RoomProblem { room: room.id, name: room.name, problem };
                    self.verified.room_failures.push(failure);
                }
                Ok(())
            }
            RoomUpdate::Batch(batch) => {
                check(&batch)?;
                let BookingBatch { room, mode, changes, .. } = batch;
                let Some(listing) = self.open.get_mut(&room) else { return Err(not_asked(&room)) };
                if let Mode::Full(Part { first: true, .. }) = mode {
                    listing.listed.clear();
                    listing.unreadable.clear();
                }
                changes.into_iter().for_each(|change| listing.apply(change));
                if let Mode::Full(Part { last: true, .. }) = mode
                    && let Some(listing) = self.open.remove(&room)
                {
                    self.compare(listing)?;
                }
                Ok(())
            }
        }
    }

    fn compare(&mut self, listing: Listing) -> Result<(), Error> {
        let Listing { room, zone, mut listed, unreadable } = listing;
        let rules = zones::zone_or_utc(&zone);
        let window = self.window;
        listed.retain(|_, booking| {
            // One without a valid time is unreadable for ONES as well.
            instants(booking, &rules).is_ok_and(|time| overlaps(time, window))
        });
        let stored = self.store.bookings_at(self.integration, |it| it.id == room.id, |_| window)?;
        let stored = stored.into_iter().flat_map(|room| room.bookings);
        let mut stored: BTreeMap<_, _> =
            stored.map(|row| (row.booking.id.clone(), row.booking)).collect();
        stored.retain(|id, booking| {
            let series = booking.series.as_ref();
            !unreadable.contains(id) && !series.is_some_and(|id| unreadable.contains(id))
        });
        let mut note = |id: &str, booking: Option<&Booking>, what: What| {
            if self.verified.differences.len() < DIFFERENCES {
                let time = |it: &Booking| when::in_zone(&it.time, &zone, &rules);
                self.verified.differences.push(Difference {
                    room: room.id.clone(),
                    name: room.name.clone(),
                    id: id.to_owned(),
                    time: booking.map(time),
                    what,
                });
            }
        };
        let ids: BTreeSet<_> = listed.keys().chain(stored.keys()).chain(&unreadable).collect();
        let (mut bookings, mut agree) = (0, 0);
        for id in ids {
            bookings += 1;
            match (listed.get(id), stored.get(id)) {
                (Some(listed), Some(stored)) => {
                    let fields = different(listed, stored);
                    match fields.is_empty() {
                        true => agree += 1,
                        false => note(id, Some(listed), What::Fields(fields)),
                    }
                }
                (Some(listed), None) => note(id, Some(listed), What::NotInOnes),
                (None, Some(stored)) => note(id, Some(stored), What::NotInCalendar),
                (None, None) => note(id, None, What::Unreadable),
            }
        }
        self.verified.rooms += 1;
        self.verified.bookings += bookings;
        self.verified.agree += agree;
        Ok(())
    }
}

impl Listing {
    fn apply(&mut self, change: BookingChange) {
        match change {
            BookingChange::Booking(booking) => {
                self.listed.insert(booking.id.clone(), booking);
            }
            BookingChange::Series(SeriesBookings { id, bookings }) => {
                self.drop_series(&id);
                let bookings = bookings.into_iter().map(|it| (it.id.clone(), it));
                self.listed.extend(bookings);
            }
            BookingChange::BookingGone(gone) => {
                self.listed.remove(&gone.id);
            }
            BookingChange::SeriesGone(gone) => self.drop_series(&gone.id),
            BookingChange::BookingMissing(id) => {
                self.listed.remove(&id);
                self.drop_series(&id);
            }
            BookingChange::BookingUnreadable(it) => {
                self.unreadable.insert(it.id);
            }
        }
    }

    fn drop_series(&mut self, id: &str) {
        self.listed.retain(|_, booking| booking.series.as_deref() != Some(id));
    }
}

/// Returns the names of the fields that are different. The version is none of them: it says that
/// something may be.
fn different(listed: &Booking, stored: &Booking) -> Vec<&'static str> {
    let fields = [
        ("meeting", listed.meeting == stored.meeting),
        ("series", listed.series == stored.series),
        ("time", listed.time == stored.time),
        ("hold", listed.hold == stored.hold),
        ("private", listed.private == stored.private),
        ("title", listed.title == stored.title),
        ("organizer", listed.organizer == stored.organizer),
        ("invited", listed.invited == stored.invited),
    ];
    fields.into_iter().filter(|(_, is_equal)| !is_equal).map(|(field, _)| field).collect()
}

fn not_asked(room: &str) -> Error {
    CallError::broke(format!("it was not asked for the room {room}")).into()
}
