//! Property: whatever happens in the calendars, and whichever notifications are lost, doubled,
//! delayed or come in another order, ONES has in the end what the calendars have.

use std::{fs, time::Duration};

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    model::{Hint, WatchSubject},
    notifications::ripe,
    store::{Polling, RunKind},
    sync::{Limit, Occasion, Sync, Unobserved},
};
use proptest::{collection::vec, option, prelude::*};
use tempfile::TempDir;

use super::upkeep::World;
use crate::bookings::law::{Calendars, Faults, Item, ROOMS, item, stored};

/// Time between two scheduled runs.
const INTERVAL: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, Clone)]
enum Step {
    /// A change in a calendar, and the seconds after which its notifications arrive: none where
    /// they are lost, two where one is doubled.
    Change {
        room: usize,
        number: u8,
        item: Option<Item>,
        arrive: Vec<u32>,
    },
    /// Time passes, and what was sent arrives.
    Pass {
        seconds: u32,
    },
    /// What hints name is read. The process can be killed before it stores that it was.
    Follow {
        faults: Faults,
        killed: bool,
    },
    Poll {
        faults: Faults,
    },
    Upkeep {
        sweep: bool,
        fails: bool,
    },
    /// The vendor ends a subscription; its notification about that can be lost.
    End {
        room: usize,
        is_lost: bool,
    },
    Backup,
    /// The data folder is restored from the backup, and the program started.
    Restore,
}

fn faults() -> impl Strategy<Value = Faults> {
    (1..4_usize, option::of(0..8_usize), option::of((0..3_usize, 0..3_usize))).prop_map(
        |(page, breaks_after, fails)| Faults { page, breaks_after, fails, ..Faults::default() },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let rarely = || prop::bool::weighted(0.2);
    prop_oneof![
        6 => (0..3_usize, 0..6_u8, option::weighted(0.7, item()), vec(0..40_u32, 0..3))
            .prop_map(|(room, number, item, arrive)| Step::Change { room, number, item, arrive }),
        4 => (0..30_u32).prop_map(|seconds| Step::Pass { seconds }),
        4 => (faults(), rarely()).prop_map(|(faults, killed)| Step::Follow { faults, killed }),
        1 => faults().prop_map(|faults| Step::Poll { faults }),
        2 => (rarely(), rarely()).prop_map(|(sweep, fails)| Step::Upkeep { sweep, fails }),
        1 => (0..3_usize, rarely()).prop_map(|(room, is_lost)| Step::End { room, is_lost }),
        1 => Just(Step::Backup),
        1 => Just(Step::Restore),
    ]
}

struct Played {
    world: World,
    calendars: Calendars,
    /// Notifications under way: when they arrive, and what they say.
    sent: Vec<(Timestamp, String, Hint)>,
    started: Timestamp,
    backup: Option<TempDir>,
}

impl Played {
    fn new() -> Self {
        let mut world = World::new(ROOMS);
        world.ones.options.limit = Limit { count: u64::MAX, percent: 100 };
        let started = world.now;
        Self { world, calendars: Calendars::default(), sent: Vec::new(), started, backup: None }
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Change { room, number, item, arrive } => {
                self.calendars.set(room, number, item, false);
                for subscription in self.world.vendor.of_room(ROOMS[room]) {
                    for seconds in &arrive {
                        let at = self.world.now + i64::from(*seconds).seconds();
                        self.sent.push((at, subscription.clone(), Hint::Changed));
                    }
                }
            }
            Step::Pass { seconds } => {
                self.world.pass(i64::from(seconds).seconds());
                let now = self.world.now;
                self.sent.sort_by_key(|(at, ..)| *at);
                let arrived = self.sent.partition_point(|(at, ..)| *at <= now);
                for (_, subscription, hint) in self.sent.drain(..arrived) {
                    self.world.notify(&subscription, hint);
                }
            }
            Step::Follow { faults, killed } => self.follow(faults, killed),
            Step::Poll { faults } => {
                self.poll(faults);
            }
            Step::Upkeep { sweep, fails } => {
                self.world.vendor.state().fails = fails.then(crate::fake::unavailable);
                if sweep {
                    self.world.sweep()
                } else {
                    self.world.upkeep()
                };
                self.world.vendor.state().fails = None;
            }
            Step::End { room, is_lost } => {
                for subscription in self.world.vendor.of_room(ROOMS[room]) {
                    self.world.vendor.state().subscriptions.remove(&subscription);
                    if !is_lost {
                        self.sent.push((self.world.now, subscription, Hint::Ended));
                    }
                }
            }
            Step::Backup => {
                let backup = TempDir::new().unwrap();
                copy(&self.world.ones.folder, &backup);
                self.backup = Some(backup);
            }
            Step::Restore => {
                let Some(backup) = &self.backup else { return };
                for file in fs::read_dir(self.world.ones.folder.path()).unwrap() {
                    fs::remove_file(file.unwrap().path()).unwrap();
                }
                copy(backup, &self.world.ones.folder);
                self.started = self.world.now;
                self.world.sweep();
            }
        }
    }

    /// Reads the rooms whose hints are ripe.
    fn follow(&mut self, faults: Faults, killed: bool) {
        let (store, id) = self.world.store();
        let (ripe, _) = ripe(store.waiting_hints(id, true).unwrap(), self.world.now);
        drop(store);
        if ripe.is_empty() {
            return;
        }
        let rooms = ripe.iter().map(|hint| match &hint.subject {
            WatchSubject::Room(room) => room.clone(),
            other => panic!("{other:?}"),
        });
        let read = self.read(Some(rooms.collect()), Occasion::Notified, faults);
        if read && !killed {
            let (mut store, _) = self.world.store();
            store.settle_hints(&ripe).unwrap();
        }
    }

    /// Does a scheduled run. Returns whether it succeeded.
    fn poll(&mut self, faults: Faults) -> bool {
        let (mut store, id) = self.world.store();
        let key = crate::fake::key(&self.world.ones);
        let address = store.notification_address(id, &key).unwrap();
        let address = format!("{}/notifications/{}", super::upkeep::ORIGIN, address.key);
        let (now, started) = (self.world.now, self.started);
        let polling = Polling { address: &address, now, started, interval: INTERVAL };
        let rooms = store.polled_rooms(id, polling).unwrap();
        drop(store);
        let occasion = if rooms.is_some() { Occasion::Due } else { Occasion::Asked };
        self.read(rooms, occasion, faults)
    }

    fn read(&mut self, rooms: Option<Vec<String>>, occasion: Occasion, faults: Faults) -> bool {
        self.calendars.faults = faults;
        let (mut store, id) = self.world.store();
        let mut options = self.world.ones.options.clone();
        options.now = Some(self.world.now);
        (options.bookings.rooms, options.occasion) = (rooms, occasion);
        let calendars = &mut self.calendars;
        let mut unobserved = Unobserved;
        let sync = Sync::new(&mut store, calendars, &mut unobserved, options);
        sync.run(RunKind::Bookings, id).is_ok()
    }

    /// Returns whether ONES has what the calendars have.
    fn agrees(&self) -> Result<(), TestCaseError> {
        for (room, calendar) in ROOMS.iter().zip(&self.calendars.rooms) {
            let stored = stored(self.world.ones.all_of(room));
            prop_assert_eq!(stored, calendar.truth(), "in {}", room);
        }
        Ok(())
    }
}

fn copy(from: &TempDir, to: &TempDir) {
    for file in fs::read_dir(from.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn law_10_without_further_notifications_polling_leads_to_what_the_calendars_have(
        steps in vec(step(), 1..40),
    ) {
        let mut played = Played::new();
        played.world.sweep();
        for step in steps {
            played.play(step);
        }
        // All that is under way is lost. Each room is read within six hours.
        played.sent.clear();
        for _ in 0..14 {
            played.world.pass(30.minutes());
            played.world.upkeep();
            prop_assert!(played.poll(Faults::quiet()));
        }
        played.agrees()?;
        // Once nothing changes any more, nothing is written.
        played.follow(Faults::quiet(), false);
        let before = played.world.ones.runs().len();
        prop_assert_eq!(played.world.sweep().len(), 1);
        played.world.pass(10.seconds());
        played.follow(Faults::quiet(), false);
        prop_assert!(played.world.waiting().is_empty());
        prop_assert_eq!(played.world.ones.runs().len(), before);
        let (rooms, subscriptions) = (ROOMS.len(), played.world.vendor.state().subscriptions.len());
        prop_assert_eq!(rooms, subscriptions, "each room has one subscription");
        played.agrees()?;
    }

    #[test]
    fn law_10_with_notifications_that_arrive_no_scheduled_run_is_needed(
        changes in vec((0..3_usize, 0..6_u8, option::weighted(0.7, item()), 0..40_u32), 1..20),
    ) {
        let mut played = Played::new();
        played.world.sweep();
        played.world.pass(2.seconds());
        played.follow(Faults::quiet(), false);
        for (room, number, item, delay) in changes {
            played.play(Step::Change { room, number, item, arrive: vec![delay, delay / 2] });
            played.play(Step::Pass { seconds: 3 });
            played.follow(Faults::quiet(), false);
        }
        for _ in 0..20 {
            played.play(Step::Pass { seconds: 3 });
            played.follow(Faults::quiet(), false);
        }
        // What one answer did not find is looked for once more.
        prop_assert!(played.poll(Faults::quiet()));
        played.agrees()?;
    }
}
