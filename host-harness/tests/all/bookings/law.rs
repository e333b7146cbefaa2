//! Property: whatever happens in the calendars, however it is cut, repeated and broken off, and
//! whichever rooms fail, ONES has in the end what the calendars have.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use ones_host::{
    Error,
    model::{
        Booking, BookingBatch, BookingChange, BookingEnd, BookingGone, BookingTime, Hold, Mode,
        Part, RoomChange, RoomFailure, RoomPosition, RoomUpdate, SeriesBookings, Summary,
        TimeRange, UserChange,
    },
    plugin::{CallError, Packed},
    store::{BookingRow, Decision},
    sync::{Limit, Source},
};
use proptest::{collection::vec, option, prelude::*};

use super::calendar::*;
use crate::fake::*;

pub(crate) const ROOMS: [&str; 3] = ["r0", "r1", "r2"];

/// A booking or a series in a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// Hour of its beginning, and its hold.
    Single(u8, u8),
    /// Hours of its dates, by the number of the date.
    Series(BTreeMap<u8, u8>),
}

/// The calendar of a room, with a log of the items that changed. It stores nothing between runs: a
/// checkpoint is `list <next id> <log>`, or `log <log>`.
#[derive(Debug, Default)]
pub(crate) struct Calendar {
    items: BTreeMap<u8, (u32, Item)>,
    log: Vec<u8>,
}

#[derive(Debug, Default)]
pub(crate) struct Calendars {
    pub(crate) rooms: [Calendar; 3],
    changes: u32,
    pub(crate) faults: Faults,
}

/// What goes wrong in a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) page: usize,
    /// Number of updates after which the run breaks off.
    pub(crate) breaks_after: Option<usize>,
    /// The room that fails, and the number of its updates before that.
    pub(crate) fails: Option<(usize, usize)>,
    pub(crate) forgets: bool,
    pub(crate) repeats: bool,
}

impl Faults {
    /// Returns no faults.
    pub(crate) fn quiet() -> Self {
        Self { page: 2, ..Self::default() }
    }
}

fn hours(id: &str, version: u32, hour: u8, hold: u8) -> Booking {
    let starts = clock("00:00") + 3_600 * i64::from(hour);
    Booking {
        version: version.to_string(),
        time: BookingTime::Hours(TimeRange { starts, ends: starts + 5_400 }),
        hold: [Hold::Confirmed, Hold::Tentative, Hold::Free][usize::from(hold % 3)],
        ..booked(id, "00:00", "00:00")
    }
}

impl Calendar {
    fn change(&self, number: u8) -> BookingChange {
        let id = format!("i{number}");
        match self.items.get(&number) {
            // It may have been a booking or a series: both have ended.
            None => BookingChange::BookingMissing(id),
            Some((version, Item::Single(hour, hold))) => {
                BookingChange::Booking(hours(&id, *version, *hour, *hold))
            }
            Some((version, Item::Series(dates))) => BookingChange::Series(SeriesBookings {
                bookings: dates
                    .iter()
                    .map(|(date, hour)| Booking {
                        series: Some(id.clone()),
                        ..hours(&format!("{id} {date}"), *version, *hour, 0)
                    })
                    .collect(),
                id,
            }),
        }
    }

    /// What ONES must have in the end.
    pub(crate) fn truth(&self) -> BTreeMap<String, (BookingTime, Hold, Option<String>)> {
        let all = self.items.keys().map(|number| self.change(*number)).collect::<Vec<_>>();
        let bookings = all.iter().flat_map(|change| change.bookings());
        bookings.map(|it| (it.id.clone(), (it.time.clone(), it.hold, it.series.clone()))).collect()
    }
}

impl Calendars {
    /// Sets what a calendar has under a number. A change that is `silent` is in no log.
    pub(crate) fn set(&mut self, room: usize, number: u8, item: Option<Item>, silent: bool) {
        self.changes += 1;
        let calendar = &mut self.rooms[room];
        match item {
            Some(item) => calendar.items.insert(number, (self.changes, item)),
            None => calendar.items.remove(&number),
        };
        if !silent {
            calendar.log.push(number);
        }
    }

    /// The updates of one room.
    fn updates(&self, number: usize, since: Option<&str>) -> Vec<RoomUpdate> {
        let Faults { page, fails, forgets, repeats, .. } = self.faults;
        let calendar = &self.rooms[number];
        let words: Vec<_> = since.into_iter().flat_map(str::split_whitespace).collect();
        let parse = |it: &str| it.parse::<usize>().unwrap();
        let (mut listed, log, mut first) = match words.as_slice() {
            ["list", next, log] => (Some(parse(next)), parse(log), false),
            ["log", log] if !forgets => (None, parse(log), false),
            _ => (Some(0), calendar.log.len(), true),
        };
        let full = listed.is_some();
        let batch = |mode, changes: Vec<BookingChange>, checkpoint| {
            let room = ROOMS[number].to_owned();
            RoomUpdate::Batch(BookingBatch { room, mode, changes, checkpoint })
        };
        let mut updates = Vec::new();
        while let Some(next) = listed {
            let items = calendar.items.keys().filter(|it| usize::from(**it) >= next);
            let page: Vec<_> = items.take(page.max(1)).collect();
            listed = page.last().map(|it| usize::from(**it) + 1);
            let mut changes: Vec<_> = page.into_iter().map(|it| calendar.change(*it)).collect();
            if repeats {
                changes.extend(changes.clone());
            }
            let checkpoint = format!("list {} {log}", listed.unwrap_or(256));
            updates.push(batch(Mode::Full(Part { first, last: false }), changes, checkpoint));
            first = false;
        }
        let mode = match full {
            true => Mode::Full(Part { first: false, last: true }),
            false => Mode::Incremental,
        };
        let changes = calendar.log.iter().skip(log).map(|it| calendar.change(*it)).collect();
        updates.push(batch(mode, changes, format!("log {}", calendar.log.len())));
        if let Some((room, after)) = fails
            && room == number
        {
            updates.truncate(after);
            let room = ROOMS[number].to_owned();
            updates.push(RoomUpdate::Failed(RoomFailure { room, error: unavailable() }));
        }
        updates
    }
}

impl Source for Calendars {
    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        _: TimeRange,
        take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let number = |id: &str| ROOMS.iter().position(|room| *room == id).unwrap();
        let mut queues: Vec<_> = rooms
            .iter()
            .map(|it| self.updates(number(&it.room), it.since.as_deref()).into_iter())
            .collect();
        let mut taken = 0;
        // The batches of the rooms come in turns.
        while !queues.is_empty() {
            queues.retain_mut(|queue| queue.len() > 0);
            for queue in &mut queues {
                let Some(update) = queue.next() else { continue };
                if self.faults.breaks_after.is_some_and(|after| taken >= after) {
                    return Err(CallError::Refused(unavailable()).into());
                }
                taken += 1;
                take(update)?;
            }
        }
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn read_bookings(
        &mut self,
        room: &RoomPosition,
        ids: &[String],
        _: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        let number = ROOMS.iter().position(|it| *it == room.room).unwrap();
        let read = |id: &String| self.rooms[number].change(id[1..].parse().unwrap());
        Ok(ids.iter().map(read).collect())
    }

    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(ones_host::model::RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!("the rooms are there")
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        _: &mut dyn FnMut(ones_host::model::UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!("it has no users")
    }

    fn read_users(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!("it has no users")
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!("it has no groups")
    }

    fn read_rooms(&mut self, _: &[String]) -> Result<Vec<RoomChange>, Error> {
        unreachable!("the rooms are there")
    }
}

#[derive(Debug, Clone)]
enum Step {
    Set { room: usize, number: u8, item: Option<Item>, silent: bool },
    Sync { full: bool, faults: Faults },
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    let dates = prop::collection::btree_map(0..4_u8, 0..40_u8, 0..4);
    prop_oneof![
        (0..40_u8, 0..3_u8).prop_map(|(hour, hold)| Item::Single(hour, hold)),
        dates.prop_map(Item::Series),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let rarely = || prop::bool::weighted(0.2);
    let faults = (1..4_usize, option::of(0..8_usize), option::of((0..3_usize, 0..3_usize)))
        .prop_flat_map(move |(page, breaks_after, fails)| {
            (rarely(), rarely()).prop_map(move |(forgets, repeats)| Faults {
                page,
                breaks_after,
                fails,
                forgets,
                repeats,
            })
        });
    prop_oneof![
        3 => (0..3_usize, 0..6_u8, option::weighted(0.7, item()), rarely())
            .prop_map(|(room, number, item, silent)| Step::Set { room, number, item, silent }),
        2 => (rarely(), faults).prop_map(|(full, faults)| Step::Sync { full, faults }),
    ]
}

fn sync(ones: &mut Ones, calendars: &mut Calendars) -> bool {
    ones.sync(calendars, |sync| sync.bookings(NAME)).is_ok()
}

pub(crate) fn stored(
    rows: Vec<BookingRow>,
) -> BTreeMap<String, (BookingTime, Hold, Option<String>)> {
    rows.into_iter()
        .map(|BookingRow { booking: it, .. }| (it.id, (it.time, it.hold, it.series)))
        .collect()
}

/// The pairs that overlap, by comparing each with each.
fn overlapping(rows: &[BookingRow]) -> BTreeSet<[String; 2]> {
    let takes = |row: &&BookingRow| {
        row.booking.hold != Hold::Free && row.instants.starts < row.instants.ends
    };
    let taking: Vec<_> = rows.iter().filter(takes).collect();
    let mut found = BTreeSet::new();
    for (at, one) in taking.iter().enumerate() {
        for other in &taking[at + 1..] {
            let (starts, ends) = (
                one.instants.starts.max(other.instants.starts),
                one.instants.ends.min(other.instants.ends),
            );
            if starts < ends && ends > clock("10:00") {
                let mut pair = [one.booking.id.clone(), other.booking.id.clone()];
                pair.sort();
                found.insert(pair);
            }
        }
    }
    found
}

fn check_conflicts(ones: &Ones) -> Result<(), TestCaseError> {
    let conflicts = ones.conflicts();
    for room in ROOMS {
        let listed: BTreeSet<_> = conflicts
            .iter()
            .filter(|it| it.room.id == room)
            .map(|it| {
                let mut pair = [it.one.booking.id.clone(), it.other.booking.id.clone()];
                pair.sort();
                pair
            })
            .collect();
        prop_assert_eq!(listed, overlapping(&ones.all_of(room)), "in {}", room);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn law_two_quiet_runs_leave_what_the_calendars_have(steps in vec(step(), 1..40)) {
        let mut ones = Ones::with_rooms(ROOMS.map(room));
        ones.options.limit = Limit { count: u64::MAX, percent: 100 };
        let mut calendars = Calendars::default();
        for step in steps {
            match step {
                Step::Set { room, number, item, silent } => {
                    calendars.set(room, number, item, silent);
                }
                Step::Sync { full, faults } => {
                    ones.options.full = full;
                    calendars.faults = faults;
                    sync(&mut ones, &mut calendars);
                    check_conflicts(&ones)?;
                }
            }
        }
        calendars.faults = Faults::quiet();
        ones.options.full = true;
        prop_assert!(sync(&mut ones, &mut calendars));
        ones.options.full = false;
        prop_assert!(sync(&mut ones, &mut calendars));
        for (room, calendar) in ROOMS.iter().zip(&calendars.rooms) {
            prop_assert_eq!(stored(ones.all_of(room)), calendar.truth(), "in {}", room);
        }
        check_conflicts(&ones)?;
        // Once nothing changes any more, further runs change nothing.
        let outcome = ones.sync(&mut calendars, |sync| sync.bookings(NAME)).unwrap();
        let counts = outcome.counts;
        prop_assert_eq!((counts.added, counts.updated, counts.removed), (0, 0, 0));
    }

    #[test]
    fn law_4_nothing_that_disappears_is_removed_without_approval_where_the_limit_is_zero(
        steps in vec(step(), 1..30),
    ) {
        let mut ones = Ones::with_rooms(ROOMS.map(room));
        ones.options.limit = Limit { count: 0, percent: 0 };
        let mut calendars = Calendars::default();
        let singles = |ones: &Ones| -> BTreeSet<(String, String)> {
            let all = ROOMS.iter().flat_map(|room| {
                ones.all_of(room).into_iter().map(|row| ((*room).to_owned(), row))
            });
            let single = all.filter(|(_, row)| row.booking.series.is_none());
            single.map(|(room, row)| (room, row.booking.id)).collect()
        };
        for step in steps {
            match step {
                // A booking that becomes a series has not disappeared.
                Step::Set { item: Some(Item::Series(_)), .. } => {}
                Step::Set { room, number, item, silent } => {
                    calendars.set(room, number, item, silent);
                }
                Step::Sync { full, faults } => {
                    ones.options.full = full;
                    calendars.faults = faults;
                    let before = singles(&ones);
                    sync(&mut ones, &mut calendars);
                    prop_assert!(before.is_subset(&singles(&ones)));
                }
            }
        }
        let (mut store, id) = ones.integration();
        let held = store.held(id).unwrap();
        prop_assert_eq!(store.decide(id, Decision::Approve, &[]).unwrap(), held);
    }

    #[test]
    fn law_7_a_day_has_the_bookings_that_touch_it_over_every_change_of_time(
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Adelaide", "America/Sao_Paulo",
            "Australia/Lord_Howe", "Africa/Casablanca", "America/Vancouver",
        ]),
        days in vec((0..366_i64, 0..86_400_i64, 0..200_000_i64), 1..20),
        all_days in vec((0..366_i64, 1..4_i64), 0..8),
        asked in vec(0..370_i64, 1..6),
    ) {
        let first: Date = "2027-01-11".parse().unwrap();
        let day = |after: i64| first.checked_add(after.days()).unwrap();
        let midnight = clock("00:00");
        let booking = |(number, (after, second, length)): (usize, &(i64, i64, i64))| {
            let starts = midnight + after * 86_400 + second;
            let time = BookingTime::Hours(TimeRange { starts, ends: starts + length });
            Booking { time, ..booked(&format!("h{number}"), "00:00", "00:00") }
        };
        let hours: Vec<_> = days.iter().enumerate().map(booking).collect();
        let whole = |(number, (after, length)): (usize, &(i64, i64))| {
            let (first, until) = (day(*after).to_string(), day(after + length).to_string());
            all_day(&format!("d{number}"), &first, &until)
        };
        let whole: Vec<_> = all_days.iter().enumerate().map(whole).collect();
        let mut ones = Ones::with_rooms([room_in("r1", zone)]);
        let changes = hours.iter().chain(&whole).cloned().map(one);
        ones.sync_bookings(&mut Fake::bookings([of_room("r1", COMPLETE, "c1", changes)])).unwrap();
        let rules: TimeZone = ones_host::zones::zone(zone).unwrap();
        let local = |second: i64| rules.to_datetime(Timestamp::from_second(second).unwrap()).date();
        for after in asked {
            let date = day(after);
            let touches = |booking: &&Booking| match &booking.time {
                BookingTime::Hours(it) => {
                    local(it.starts) <= date && date <= local((it.ends - 1).max(it.starts))
                }
                BookingTime::Days(it) => {
                    let date = date.to_string();
                    it.first <= date && date < it.until
                }
            };
            let expected: BTreeSet<_> =
                hours.iter().chain(&whole).filter(touches).map(|it| it.id.clone()).collect();
            let rooms = ones.days(&date.to_string(), &day(after + 1).to_string());
            let listed: BTreeSet<_> =
                rooms[0].bookings.iter().map(|row| row.booking.id.clone()).collect();
            prop_assert_eq!(listed, expected, "{} in {}", date, zone);
        }
    }
}

/// A gone item of the law above is reported as missing; here it is reported as ended.
#[test]
fn what_is_reported_as_ended_twice_ends_once() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let gone = BookingGone { id: "a".to_owned(), end: BookingEnd::Deleted };
    let twice = [
        BookingChange::BookingGone(gone.clone()),
        BookingChange::BookingMissing("a".to_owned()),
        BookingChange::BookingGone(gone),
    ];
    assert_eq!(ones.change(twice), (0, 0, 1));
    assert_eq!(ones.change([]), (0, 0, 0));
}
