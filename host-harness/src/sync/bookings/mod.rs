//! Runs of bookings: of all rooms, each enumerated and followed on its own, under a checkpoint of
//! its own.
//!
//! A room that cannot be read fails alone. Its problem is stored until it is read again, and the
//! run goes on.

mod changes;
mod check;
mod describe;
mod plan;
mod settle;
mod sweep;
mod verify;

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;

use super::{Occasion, Run, RunMode, Source, order::Order};
use crate::{
    error::Error,
    model::{
        BookingBatch, BookingChange, Mode, Part, Refusal, RoomFailure, RoomPosition, RoomUpdate,
        Summary, TimeRange,
    },
    plugin::CallError,
    problem::Problem,
    settings::{BOOKING_DAYS, BookingSettings},
    store::{BookableRoom, Calendar, Kind, Reporting, RoomProblem},
};
use describe::Place;
use plan::Plan;
pub use verify::{Difference, Verified, What, verify};

/// Largest number of rooms in one call. Source: `sync-bookings` in `wit/integration.wit`.
const ROOMS: usize = 10_000;

/// Largest number of rooms that failed in a result, so that it does not grow with their number.
const FAILURES: usize = 100;

/// Longest words of a vendor that are stored of a room that failed, in bytes.
const DETAIL: usize = 4 << 10;

/// Default of [`BookingOptions::missing_grace`].
const MISSING_GRACE: Duration = Duration::from_secs(60);

/// Options of a run of bookings.
#[derive(Debug, Clone)]
pub struct BookingOptions {
    /// Number of days ahead for which bookings are read, today included.
    pub days: u16,
    /// IANA name of the time zone of rooms that have none of their own; without it, UTC.
    pub time_zone: Option<String>,
    /// Ids of the rooms that are read; by default, all.
    pub rooms: Option<Vec<String>>,
    /// Time after the vendor's last report of a booking until it can be removed for being absent
    /// from a listing or an answer: then it is read by id, and removed where that does not find it
    /// either.
    ///
    /// A minute suffices where the directory needs an hour. A calendar is one mailbox, whose
    /// requests go to its one active copy, while those of the directory go to any of its replicas.
    /// What remains is the time until a list shows what the mailbox has. So the room is not shown
    /// as taken for an hour after a meeting was deleted.
    pub missing_grace: Duration,
    /// Time after which all bookings of a room are listed again, a part of the rooms in each run.
    /// It finds what the vendor's changes did not report. By default, never.
    pub list_again: Option<Duration>,
}

impl Default for BookingOptions {
    fn default() -> Self {
        Self {
            days: BOOKING_DAYS,
            time_zone: None,
            rooms: None,
            missing_grace: MISSING_GRACE,
            list_again: None,
        }
    }
}

impl From<BookingSettings> for BookingOptions {
    fn from(BookingSettings { days, time_zone, .. }: BookingSettings) -> Self {
        Self { days, time_zone, ..Self::default() }
    }
}

impl BookingOptions {
    /// Returns the rooms that are read, in the order of their ids.
    fn selected(&self, mut rooms: Vec<BookableRoom>) -> Vec<BookableRoom> {
        if let Some(asked) = &self.rooms {
            rooms.retain(|room| asked.contains(&room.id));
        }
        rooms.sort_by(|one, other| one.id.cmp(&other.id));
        rooms
    }
}

pub(super) fn sync(run: &mut Run<'_>, source: &mut dyn Source) -> Result<Summary, Error> {
    let begun = run.now();
    let Plan { window, rooms, warnings } = Plan::make(run)?;
    if rooms.iter().any(|room| room.position.since.is_some()) {
        run.mode = RunMode::Incremental;
    }
    let mut taker = Taker { window, rooms, reported: 0 };
    let mut summary = Summary { complete: true, warnings, ..Summary::default() };
    let positions: Vec<_> = taker.rooms.iter().map(|room| room.position.clone()).collect();
    for positions in positions.chunks(ROOMS) {
        match source.sync_bookings(positions, window, &mut |it| taker.take(run, it)) {
            Ok(part) => add(&mut summary, part),
            Err(error) => {
                // If this fails too, nothing is lost: the rooms are listed again.
                let _ = note_listed(run, &taker.rooms);
                return Err(error);
            }
        }
    }
    let Taker { mut rooms, .. } = taker;
    sweep::settle_missed(run, source, &mut rooms, window, summary.complete)?;
    if run.options.occasion == Occasion::Asked
        && let Some(error) = why_all_failed(&mut rooms)
    {
        return Err(error);
    }
    note_read(run, &rooms, (begun, window))?;
    run.peak_memory = source.peak_memory();
    settle::settle(run, &rooms, &summary, window)?;
    Ok(summary)
}

/// Adds the summary of a further call.
fn add(all: &mut Summary, part: Summary) {
    all.requests = all.requests.saturating_add(part.requests);
    all.throttled = all.throttled.saturating_add(part.throttled);
    all.retried = all.retried.saturating_add(part.retried);
    all.warnings.extend(part.warnings);
    all.unreadable = all.unreadable.saturating_add(part.unreadable);
    all.complete &= part.complete;
    all.owed = all.owed.or(part.owed);
}

/// Returns the first error where every room failed. Then no other room went on, and the run failed.
fn why_all_failed(rooms: &mut [RoomRun]) -> Option<Error> {
    if rooms.iter().any(|room| room.failed.is_none()) {
        return None;
    }
    let first = rooms.first_mut()?.failed.take()?;
    Some(CallError::Refused(first).into())
}

/// Notes which rooms were read well, in a run that began at that time.
fn note_read(
    run: &mut Run<'_>,
    rooms: &[RoomRun],
    (begun, window): (Timestamp, TimeRange),
) -> Result<(), Error> {
    let now = run.now();
    let is_read = |room: &&RoomRun| room.failed.is_none() && room.calendar.checkpoint.is_some();
    let read: Vec<_> = rooms.iter().filter(is_read).map(|room| room.calendar.number).collect();
    run.counts.rooms.read = read.len() as u64;
    run.store.transaction(run.integration, |transaction| {
        read.iter().try_for_each(|calendar| transaction.room_read(*calendar, now))?;
        transaction.check_unseen(&read, (begun, window.ends), now)
    })?;
    Ok(())
}

/// Notes which rooms were listed completely, and for the first time, before the run failed: what
/// they have is known. Since the run did not end, the next one reads them again.
fn note_listed(run: &mut Run<'_>, rooms: &[RoomRun]) -> Result<(), Error> {
    let now = run.now();
    let is_listed =
        |room: &&RoomRun| room.is_listed && !room.calendar.enumerating && room.failed.is_none();
    let listed: Vec<_> = rooms.iter().filter(is_listed).collect();
    run.store.transaction(run.integration, |transaction| {
        listed.iter().try_for_each(|room| transaction.room_listed(room.calendar.number, now))
    })?;
    Ok(())
}

/// A room in a run.
struct RoomRun {
    room: BookableRoom,
    /// IANA name of its time zone.
    zone: String,
    position: RoomPosition,
    calendar: Calendar,
    order: Order,
    /// Whether an enumeration of it was reported in this run, at least in part.
    is_listed: bool,
    /// Ids that the plugin reported as unreadable in this run. What ONES has of them stays.
    unreadable: HashSet<String>,
    /// Why it failed in this run.
    failed: Option<Refusal>,
}

impl RoomRun {
    fn place(&self) -> Place<'_> {
        Place { email: &self.room.email, zone: &self.zone, rules: &self.calendar.zone }
    }

    fn reporting(&self, run: &Run<'_>, window: TimeRange) -> Reporting {
        Reporting {
            calendar: self.calendar.number,
            run: run.id,
            seen: self.calendar.enumeration,
            at: run.now(),
            since: window.starts,
        }
    }

    /// Notes that the room failed.
    fn fail(&mut self, run: &mut Run<'_>, error: Refusal) -> Result<(), Error> {
        let problem = problem_of(&error);
        let (number, now) = (self.calendar.number, run.now());
        run.store.transaction(run.integration, |it| it.room_failed(number, &problem, now))?;
        run.counts.rooms.failed += u64::from(self.failed.is_none());
        if self.failed.is_none() && run.room_failures.len() < FAILURES {
            let (room, name) = (self.room.id.clone(), self.room.name.clone());
            run.room_failures.push(RoomProblem { room, name, problem });
        }
        self.failed = Some(error);
        Ok(())
    }
}

/// Returns the problem of a room as it is stored, with the vendor's own words cut to [`DETAIL`].
fn problem_of(error: &Refusal) -> Problem {
    let mut problem = Problem::from(&CallError::Refused(error.clone()));
    if let Some(detail) = &mut problem.detail {
        detail.truncate(detail.floor_char_boundary(DETAIL));
    }
    problem
}

/// Stores what comes, as far as it obeys the interface.
struct Taker {
    window: TimeRange,
    /// In the order of their ids.
    rooms: Vec<RoomRun>,
    reported: u64,
}

impl Taker {
    fn take(&mut self, run: &mut Run<'_>, update: RoomUpdate) -> Result<(), Error> {
        let id = match &update {
            RoomUpdate::Batch(batch) => &batch.room,
            RoomUpdate::Failed(failure) => &failure.room,
        };
        let found = self.rooms.binary_search_by(|room| room.room.id.as_str().cmp(id));
        let Some(room) = found.ok().and_then(|at| self.rooms.get_mut(at)) else {
            return Err(CallError::broke(format!("it was not asked for the room {id}")).into());
        };
        match update {
            RoomUpdate::Failed(RoomFailure { error, .. }) => room.fail(run, error),
            RoomUpdate::Batch(batch) => {
                check::check(&batch)?;
                self.reported += batch.changes.len() as u64;
                room.take(run, batch, self.window)?;
                run.observer.progress(Kind::Booking, self.reported, None);
                Ok(())
            }
        }
    }
}

impl RoomRun {
    fn take(
        &mut self,
        run: &mut Run<'_>,
        batch: BookingBatch,
        window: TimeRange,
    ) -> Result<(), Error> {
        let BookingBatch { mode, changes, checkpoint, .. } = batch;
        self.order.check(mode)?;
        self.calendar.checkpoint = Some(checkpoint);
        if let Mode::Full(Part { first, last }) = mode {
            self.is_listed = true;
            if first {
                self.calendar.enumeration += 1;
                self.calendar.sweep_due = false;
            }
            self.calendar.enumerating = !last;
            self.calendar.sweep_due |= last;
            if last {
                self.calendar.listed_at = Some(run.now().as_second());
            }
            self.order.enumerating = self.calendar.enumerating;
            run.mode = RunMode::Full;
        }
        let unreadable = changes.iter().filter_map(|change| match change {
            BookingChange::BookingUnreadable(it) => Some(it.id.clone()),
            _ => None,
        });
        self.unreadable.extend(unreadable);
        let calendar = self.calendar.clone();
        changes::store(run, self, window, changes, |it| it.set_calendar(&calendar))
    }
}
