//! Whatever replicas of the vendor's directory lag behind, listings leave out, and checks do not
//! find: nothing is removed that was never gone, and once the faults stop, ONES ends up with what
//! the directory has, without listing it again.
//!
//! The same law holds of users, groups and rooms.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    Error,
    model::{
        Group, Removal, Removed, Room, RoomBatch, RoomChange, Subject, Summary, Unreadable, User,
        UserBatch, UserChange,
    },
    plugin::{CallError, Packed},
    store::{Decision, Kind},
    sync::{Limit, MISSING_GRACE, Source},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::fake::*;

/// Items from here on are never removed.
const LASTING: u8 = 2;
const END: u8 = 4;

/// In minutes: replicas lag for less.
const GRACE: i64 = 60;

/// A user, group or room.
#[derive(Debug, Clone, Copy)]
struct Item {
    version: u8,
    readable: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u8,
    item: Option<Item>,
    /// In minutes.
    at: i64,
}

/// What does not work during a run.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    /// How far reads by id, and the checks of what changed, are behind. In minutes.
    lag: i64,
    /// What a listing leaves out, if ONES has it.
    omits: Option<u8>,
    breaks_after: Option<usize>,
    /// The checkpoint.
    forgets: bool,
}

/// A directory with a log of changes, and a plugin that reads it. Of a checkpoint, which is `log
/// <log>`, it also remembers what it owes.
struct Directory {
    kind: Kind,
    items: BTreeMap<u8, Item>,
    log: Vec<Entry>,
    /// In minutes.
    now: i64,
    faults: Faults,
    known: BTreeSet<String>,
    owed: BTreeSet<u8>,
}

fn id(number: u8) -> String {
    format!("p{number:03}")
}

fn number(id: &str) -> u8 {
    id[1..].parse().unwrap()
}

impl Directory {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            items: BTreeMap::new(),
            log: Vec::new(),
            now: 0,
            faults: Faults::default(),
            known: BTreeSet::new(),
            owed: BTreeSet::new(),
        }
    }

    fn set(&mut self, number: u8, item: Option<Item>) {
        match item {
            Some(item) => self.items.insert(number, item),
            None if number < LASTING => self.items.remove(&number),
            None => return,
        };
        self.log.push(Entry { number, item, at: self.now });
    }

    /// How it stood a while ago, where replicas lag.
    fn lagging(&self, number: u8) -> Option<Item> {
        let then = self.now - self.faults.lag;
        self.log.iter().rfind(|it| it.number == number && it.at <= then)?.item
    }

    fn listed(&self) -> impl Iterator<Item = (u8, Item)> {
        let omits =
            |number: &u8| self.faults.omits == Some(*number) && self.known.contains(&id(*number));
        self.items.iter().filter(move |(it, _)| !omits(it)).map(|(it, item)| (*it, *item))
    }

    fn there(&self, number: u8, item: Item) -> UserChange {
        let (is_user, unreadable) = (self.kind == Kind::User, cannot_be_read(number));
        match (item.readable, is_user) {
            (true, true) => UserChange::User(User {
                job_title: Some(item.version.to_string()),
                ..user(&id(number))
            }),
            (true, false) => UserChange::Group(Group {
                id: id(number),
                description: Some(item.version.to_string()),
                ..Group::default()
            }),
            (false, true) => UserChange::UserUnreadable(unreadable),
            (false, false) => UserChange::GroupUnreadable(unreadable),
        }
    }

    fn missing(&self, number: u8) -> UserChange {
        match self.kind {
            Kind::User => missing(&id(number)),
            _ => group_missing(&id(number)),
        }
    }

    fn removed(&self, number: u8) -> UserChange {
        match self.kind {
            Kind::User => gone(&id(number)),
            _ => group_gone(&id(number)),
        }
    }

    fn read(&self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        let stands = |number| match self.lagging(number) {
            Some(item) => self.there(number, item),
            None => self.missing(number),
        };
        Ok(ids.iter().map(|it| stands(number(it))).collect())
    }

    fn report(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let breaks_after = self.faults.breaks_after;
        let mut reported = 0;
        let mut put = |batch: UserBatch| {
            if breaks_after.is_some_and(|it| reported >= it) {
                return Err(CallError::Refused(unavailable()).into());
            }
            reported += 1;
            take(batch)
        };
        let subject = match self.kind {
            Kind::User => Subject::Users,
            _ => Subject::Groups,
        };
        let checkpoint = format!("log {}", self.log.len());
        let batch = |mode, changes| UserBatch { subject, ..batch(mode, &checkpoint, changes) };
        let since = since.filter(|_| !self.faults.forgets).and_then(|it| it.strip_prefix("log "));
        let Some(log) = since.map(|it| it.parse::<usize>().unwrap()) else {
            let listed = self.listed().map(|(number, item)| self.there(number, item)).collect();
            // A listing that breaks off is restarted.
            put(UserBatch { checkpoint: "listing".to_owned(), ..batch(FIRST, listed) })?;
            put(batch(LAST, Vec::new()))?;
            self.owed.clear();
            return Ok(());
        };
        let changed: Vec<_> = self.log.iter().skip(log).map(|it| it.number).collect();
        let mut owed = self.owed.clone();
        owed.retain(|it| !changed.contains(it));
        // As the directory reported it, once reading it by id finds it.
        let settled: Vec<_> =
            owed.iter().copied().filter(|it| self.lagging(*it).is_some()).collect();
        owed.retain(|it| !settled.contains(it));
        let mut changes: Vec<_> =
            settled.iter().map(|it| self.there(*it, self.items[it])).collect();
        for number in changed {
            changes.push(match self.items.get(&number) {
                None => self.removed(number),
                Some(item) if self.lagging(number).is_some() => self.there(number, *item),
                Some(_) => {
                    owed.insert(number);
                    self.missing(number)
                }
            });
        }
        put(batch(CHANGES, changes))?;
        self.owed = owed;
        Ok(())
    }
}

fn cannot_be_read(number: u8) -> Unreadable {
    Unreadable { id: id(number), reason: "wrong".to_owned() }
}

fn as_room(number: u8, item: Item) -> RoomChange {
    if item.readable {
        let nickname = Some(item.version.to_string());
        RoomChange::Room(Room { nickname, ..room(&id(number)) })
    } else {
        RoomChange::RoomUnreadable(cannot_be_read(number))
    }
}

impl Source for Directory {
    fn sync_rooms(
        &mut self,
        take: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        if self.faults.breaks_after.is_some() {
            return Err(CallError::Refused(unavailable()).into());
        }
        let mut batch = RoomBatch::default();
        for (number, item) in self.listed() {
            match as_room(number, item) {
                RoomChange::Room(it) => batch.rooms.push(it),
                RoomChange::RoomUnreadable(it) => batch.unreadable.push(it),
                RoomChange::RoomMissing(_) => unreachable!("it is listed"),
            }
        }
        take(batch)?;
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.report(since, &mut |batch| take(Packed::batch(batch)?))?;
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        self.read(ids)
    }

    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        self.read(ids)
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        let stands = |it: &String| match self.lagging(number(it)) {
            Some(item) => as_room(number(it), item),
            None => RoomChange::RoomMissing(Removed { id: it.clone(), removal: Removal::Soft }),
        };
        Ok(ids.iter().map(stands).collect())
    }
}

#[derive(Debug, Clone)]
enum Step {
    Set(u8, Option<Item>),
    Sync { minutes: i64, full: bool, faults: Faults },
}

fn step() -> impl Strategy<Value = Step> {
    let item = (0..3_u8, prop::bool::weighted(0.9))
        .prop_map(|(version, readable)| Item { version, readable });
    let rarely = || prop::bool::weighted(0.2);
    let faults =
        (0..GRACE, option::weighted(0.7, 0..END), option::weighted(0.2, 0..2_usize), rarely())
            .prop_map(|(lag, omits, breaks_after, forgets)| Faults {
                lag,
                omits,
                breaks_after,
                forgets,
            });
    // Often so soon that what lags matters, seldom so late that it no longer does.
    let minutes = prop_oneof![3 => 0..15_i64, 1 => 0..90_i64];
    prop_oneof![
        3 => (0..END, option::weighted(0.7, item)).prop_map(|(it, item)| Step::Set(it, item)),
        4 => (minutes, rarely(), faults)
            .prop_map(|(minutes, full, faults)| Step::Sync { minutes, full, faults }),
    ]
}

/// Id and version of all that is on offer.
fn offered(ones: &Ones, kind: Kind) -> BTreeMap<String, String> {
    let field = match kind {
        Kind::User => "jobTitle",
        Kind::Group => "description",
        Kind::Room | Kind::Booking => "nickname",
    };
    let rows = ones.rows(kind, false).into_iter();
    rows.map(|(id, row)| (id, row[field].as_str().unwrap().to_owned())).collect()
}

/// Nothing that lasts is removed.
fn sync(ones: &mut Ones, directory: &mut Directory) -> Result<(), TestCaseError> {
    let kind = directory.kind;
    let is_new = !ones.folder.path().join("ones.db").exists();
    directory.known =
        if is_new { BTreeSet::new() } else { ones.offered(kind).into_iter().collect() };
    let start: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
    ones.options.now = Some(start + directory.now.minutes());
    let outcome = ones.sync(directory, |sync| match kind {
        Kind::Room | Kind::Booking => sync.rooms(NAME),
        Kind::User | Kind::Group => sync.users(NAME),
    });
    if outcome.is_ok_and(|it| it.counts.all_held() > 0) {
        // The limit is off: only a removal of all there are is held.
        let (mut store, id) = ones.integration();
        store.decide(id, Decision::Approve, &[]).unwrap();
    }
    let after = offered(ones, kind);
    for id in directory.known.iter().filter(|it| number(it) >= LASTING) {
        prop_assert!(after.contains_key(id), "{} was never gone, and was removed", id);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_removed_that_was_never_gone_and_after_the_faults_two_runs_lead_to_the_truth(
        kind in select(vec![Kind::User, Kind::Group, Kind::Room]),
        steps in vec(step(), 1..40),
    ) {
        let mut ones = Ones::new();
        ones.options.limit = Limit { count: u64::MAX, percent: 100 };
        ones.options.missing_grace = MISSING_GRACE;
        let mut directory = Directory::new(kind);
        for step in steps {
            match step {
                Step::Set(number, item) => directory.set(number, item),
                Step::Sync { minutes, full, faults } => {
                    ones.options.full = full;
                    directory.now += minutes;
                    directory.faults = faults;
                    sync(&mut ones, &mut directory)?;
                }
            }
        }
        ones.options.full = false;
        directory.faults = Faults::default();
        for _ in 0..2 {
            directory.now += GRACE + 1;
            sync(&mut ones, &mut directory)?;
        }
        let offered = offered(&ones, kind);
        for number in 0..END {
            match directory.items.get(&number) {
                None => prop_assert_eq!(offered.get(&id(number)), None),
                Some(Item { readable: true, version }) => {
                    prop_assert_eq!(offered.get(&id(number)), Some(&version.to_string()));
                }
                Some(_) if directory.known.contains(&id(number)) => {
                    prop_assert!(offered.contains_key(&id(number)), "it is there, but unreadable");
                }
                Some(_) => {}
            }
        }
    }
}
