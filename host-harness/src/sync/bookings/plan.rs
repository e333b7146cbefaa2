//! What a run of bookings asks for: rooms with their checkpoints, and a window.

use std::collections::{BTreeMap, HashSet};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::{BookingOptions, RoomRun};
use crate::{
    error::Error,
    model::{RoomPosition, TimeRange},
    store::{BookableRoom, RoomZone},
    sync::{Run, order::Order},
    wording::counted,
    zones,
};

/// Time zone of rooms for which no other is known.
const UTC: &str = "UTC";

/// Part of all rooms that are listed again in one run where that is due.
const AT_ONCE: usize = 100;

pub(super) struct Plan {
    pub(super) window: TimeRange,
    /// In the order of their ids.
    pub(super) rooms: Vec<RoomRun>,
    /// About time zones that are not known.
    pub(super) warnings: Vec<String>,
}

impl Plan {
    pub(super) fn make(run: &mut Run<'_>) -> Result<Self, Error> {
        let (now, full) = (run.now(), run.options.full);
        let options = run.options.bookings.clone();
        let all = run.store.bookable_rooms(run.integration)?;
        let at_once = all.len().div_ceil(AT_ONCE);
        let rooms = options.selected(all);
        let zones = Zones::of(&rooms, options.time_zone.as_deref());
        let window = zones.window(now, options.days);
        let mut rooms = run.store.transaction(run.integration, |transaction| {
            let open = |(room, zone): (BookableRoom, String)| {
                let place = RoomZone { room: room.id.clone(), zone: zone.clone() };
                let calendar = transaction.open_calendar(&place, now)?;
                let since = calendar.checkpoint.clone().filter(|_| !full);
                let order = Order::new(since.is_some(), calendar.enumerating);
                let position = RoomPosition {
                    room: room.id.clone(),
                    email: room.email.clone(),
                    time_zone: zone.clone(),
                    since,
                };
                Ok::<_, Error>(RoomRun {
                    room,
                    zone,
                    position,
                    calendar,
                    order,
                    is_listed: false,
                    unreadable: HashSet::new(),
                    failed: None,
                })
            };
            rooms.into_iter().zip(zones.names).map(open).collect::<Result<Vec<_>, _>>()
        })?;
        list_again(&mut rooms, &options, at_once, now);
        Ok(Self { window, rooms, warnings: zones.warnings })
    }
}

/// Drops the checkpoints of the rooms that were not listed for the longest time, where that is due;
/// of `at_once` at most.
fn list_again(rooms: &mut [RoomRun], options: &BookingOptions, at_once: usize, now: Timestamp) {
    let Some(after) = options.list_again else { return };
    let after = i64::try_from(after.as_secs()).unwrap_or(i64::MAX);
    let until = now.as_second().saturating_sub(after);
    let mut due: Vec<_> = rooms
        .iter_mut()
        .filter(|room| room.position.since.is_some() && !room.calendar.enumerating)
        .filter(|room| room.calendar.listed_at.is_none_or(|listed| listed <= until))
        .collect();
    due.sort_by_key(|room| room.calendar.listed_at);
    for room in due.into_iter().take(at_once) {
        room.position.since = None;
        room.order = Order::new(false, false);
    }
}

/// The time zones of rooms.
pub(super) struct Zones {
    /// IANA names, in the order of the rooms.
    pub(super) names: Vec<String>,
    distinct: BTreeMap<String, TimeZone>,
    warnings: Vec<String>,
}

impl Zones {
    /// Returns the zone of each room: its own one, else `default`, else UTC.
    pub(super) fn of(rooms: &[BookableRoom], default: Option<&str>) -> Self {
        let (mut distinct, mut unknown) = (BTreeMap::new(), BTreeMap::<&str, u64>::new());
        let mut names = Vec::new();
        for room in rooms {
            let candidates = room.time_zone.as_deref().into_iter().chain(default);
            let mut known = candidates.filter_map(|name| {
                let zone = zones::zone(name);
                if zone.is_none() {
                    *unknown.entry(name).or_default() += 1;
                }
                Some((name, zone?))
            });
            let (name, zone) = known.next().unwrap_or((UTC, TimeZone::UTC));
            names.push(name.to_owned());
            distinct.insert(name.to_owned(), zone);
        }
        let version = &zones::version().name;
        let warning = |(name, rooms)| {
            format!(
                "The time zone {name:?} of {} is not in the database of time zones ({version}). \
                 Another one is used for them",
                counted(rooms, "room")
            )
        };
        Self { names, distinct, warnings: unknown.into_iter().map(warning).collect() }
    }

    /// Returns the time from the beginning of today, where it began first, to the end of the last
    /// of the `days`, where it ends last.
    pub(super) fn window(&self, now: Timestamp, days: u16) -> TimeRange {
        let utc = TimeZone::UTC;
        let zones = || self.distinct.values().chain(self.distinct.is_empty().then_some(&utc));
        let day = |zone: &TimeZone, ahead: u16| {
            let today = zones::day_of(now.as_second(), zone);
            zones::day_starts(today.saturating_add(i64::from(ahead).days()), zone)
        };
        let starts = zones().map(|zone| day(zone, 0)).min();
        let ends = zones().map(|zone| day(zone, days)).max();
        let now = now.as_second();
        TimeRange { starts: starts.unwrap_or(now), ends: ends.unwrap_or(now) }
    }
}
