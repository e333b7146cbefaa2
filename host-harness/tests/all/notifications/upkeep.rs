//! Upkeep of subscriptions, on a simulated clock.

use std::{collections::BTreeSet, fs, time::Duration};

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    model::{Hint, NotificationHint, Refusal, WatchSubject},
    notifications::Upkeep,
    store::{IntegrationId, Store},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::vendor::*;
use crate::{bookings::calendar::NOW, fake::*};

pub(crate) const ORIGIN: &str = "https://ones.example.com";

/// ONES with rooms, a vendor that notifies, and a clock.
pub(crate) struct World {
    pub(crate) ones: Ones,
    pub(crate) vendor: Notifier,
    pub(crate) now: Timestamp,
    pub(crate) origin: Option<&'static str>,
}

impl World {
    /// Returns ONES with these rooms and bookings on, at [`NOW`].
    pub(crate) fn new<'a>(rooms: impl IntoIterator<Item = &'a str>) -> Self {
        let ones = Ones::with_rooms(rooms.into_iter().map(room));
        let now = NOW.parse().unwrap();
        let vendor = Notifier::default();
        let world = Self { ones, vendor, now, origin: Some(ORIGIN) };
        world.keep(json!({ "bookings": "on" }));
        world
    }

    /// Stores other settings of the rooms.
    pub(crate) fn keep(&self, rooms: Value) {
        let (mut store, id) = self.ones.integration();
        let settings = json!({ "server": { "name": NAME }, "rooms": rooms });
        store.keep_settings(Some(id), &settings.into(), &key(&self.ones)).unwrap();
    }

    pub(crate) fn pass(&mut self, length: jiff::Span) {
        self.now = self.now.checked_add(length).unwrap();
        self.ones.options.now = Some(self.now);
    }

    /// Does what is to be done. Returns what the vendor was asked for.
    pub(crate) fn upkeep(&self) -> Vec<String> {
        self.upkeep_with(false)
    }

    pub(crate) fn sweep(&self) -> Vec<String> {
        self.upkeep_with(true)
    }

    fn upkeep_with(&self, sweep: bool) -> Vec<String> {
        self.vendor.state().now = self.now.as_second();
        let (mut store, integration) = self.ones.integration();
        let key = key(&self.ones);
        let settings = store.settings(integration, &key).unwrap().unwrap();
        let (origin, now) = (self.origin, self.now);
        let mut upkeep = Upkeep { store: &mut store, integration, key: &key, origin, now };
        if let Some(planned) = upkeep.plan(&settings, sweep).unwrap() {
            let mut source = Fake { notifier: Some(self.vendor.clone()), ..Fake::default() };
            upkeep.carry_out(planned, &mut source).unwrap();
        }
        self.vendor.calls()
    }

    pub(crate) fn store(&self) -> (Store, IntegrationId) {
        self.ones.integration()
    }

    /// Returns the rooms, and `users` and `groups`, whose changes wait for a sync.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let (store, id) = self.store();
        let rooms = store.waiting_hints(id, true).unwrap();
        let directory = store.waiting_hints(id, false).unwrap();
        let all = rooms.into_iter().chain(directory).map(|hint| match hint.subject {
            WatchSubject::Room(room) => room,
            WatchSubject::Users => "users".to_owned(),
            WatchSubject::Groups => "groups".to_owned(),
        });
        all.collect()
    }

    /// Settles all hints, as runs of what they name do.
    pub(crate) fn settle(&self) {
        let (mut store, id) = self.store();
        for rooms in [true, false] {
            let hints = store.waiting_hints(id, rooms).unwrap();
            store.settle_hints(&hints).unwrap();
        }
    }

    /// The vendor notifies about a subscription.
    pub(crate) fn notify(&self, subscription: &str, hint: Hint) -> usize {
        let (mut store, id) = self.store();
        let hint = NotificationHint { subscription: subscription.to_owned(), hint };
        store.note_hints(&[(id, vec![hint])], self.now).unwrap()[0].known
    }
}

#[test]
fn each_room_is_watched_and_then_read_where_bookings_are_on() {
    let world = World::new(["r1", "r2"]);
    assert_eq!(world.upkeep(), ["watch r1 r2"]);
    assert_eq!(world.waiting(), ["r1", "r2"], "what changed before is read");
    assert_eq!(world.upkeep(), [""; 0], "nothing is left to be done");
    let (store, id) = world.store();
    let view = store.notifications(id, world.now).unwrap();
    assert_eq!((view.rooms.wanted, view.rooms.watched), (2, 2));
    let kept = world.vendor.state().subscriptions["s1"].clone();
    let (place, path) = kept.address.rsplit_once('/').unwrap();
    assert_eq!(place, "https://ones.example.com/notifications");
    for text in [path, &kept.secret] {
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|it| it.is_ascii_hexdigit()), "{text}");
    }
    let database = fs::read(world.ones.folder.path().join("ones.db")).unwrap();
    let log = fs::read(world.ones.folder.path().join("ones.db-wal")).unwrap_or_default();
    let stored = [database, log].concat();
    let secret = kept.secret.as_bytes();
    assert!(!stored.windows(secret.len()).any(|it| it == secret), "it is stored encrypted");
}

#[test]
fn users_and_groups_are_watched_where_they_are_synced_on_a_schedule() {
    let world = World::new([]);
    world.keep(json!({ "bookings": "off" }));
    assert_eq!(world.sweep(), [""; 0]);
    let (mut store, id) = world.store();
    store.set_interval(id, Some(Duration::from_secs(3_600))).unwrap();
    drop(store);
    assert_eq!(world.upkeep(), ["watch users groups"]);
    assert_eq!(world.waiting(), ["users", "groups"]);
}

#[test]
fn nothing_is_watched_without_a_public_address() {
    let mut world = World::new(["r1"]);
    world.origin = None;
    assert_eq!(world.sweep(), [""; 0]);
    world.origin = Some(ORIGIN);
    world.upkeep();
    world.origin = None;
    assert_eq!(world.upkeep(), ["unwatch r1"], "what is left over is ended");
    assert_eq!(world.upkeep(), [""; 0]);
}

#[test]
fn subscriptions_are_renewed_after_half_of_their_life_and_not_all_at_once() {
    let rooms: Vec<_> = (0..100).map(|it| format!("r{it}")).collect();
    let mut world = World::new(rooms.iter().map(String::as_str));
    assert_eq!(world.upkeep().len(), 1);
    world.settle();
    world.pass(83.hours());
    assert_eq!(world.upkeep(), [""; 0], "before half of a week");
    let mut renewed = Vec::new();
    for _ in 0..27 {
        world.pass(1.hour());
        renewed.push(world.upkeep().iter().map(|call| call.split(' ').count() - 1).sum::<usize>());
    }
    assert_eq!(renewed.iter().sum::<usize>(), 100, "{renewed:?}");
    assert!(renewed.iter().all(|count| *count < 20), "{renewed:?}");
    assert!(world.waiting().is_empty(), "a renewal loses nothing");
    let expires = world.now.as_second() + LIFE / 2;
    assert!(world.vendor.state().subscriptions.values().all(|it| it.expires > expires));
}

#[test]
fn c50_a_subscription_that_no_longer_exists_is_replaced_and_its_room_is_read() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    world.vendor.state().subscriptions.remove("s1");
    world.pass(120.hours());
    assert_eq!(world.upkeep(), ["watch r1 r2"]);
    assert_eq!(world.waiting(), ["r1"]);
    assert_eq!(world.vendor.of_room("r1"), ["s3"]);
    assert_eq!((world.notify("s1", Hint::Changed), world.notify("s3", Hint::Changed)), (0, 1));
}

#[test]
fn a_room_that_fails_is_tried_again_later_and_the_others_are_watched() {
    let mut world = World::new(["r1", "r2", "r3"]);
    world.vendor.state().refused.insert("r2".to_owned());
    world.upkeep();
    let (store, id) = world.store();
    let view = store.notifications(id, world.now).unwrap();
    assert_eq!(view.words(), "2 of 3 rooms");
    let failing = &view.failing[0];
    assert_eq!(
        (failing.words(), failing.problem.code.as_str()),
        ("1 failed: R2".into(), "timeout")
    );
    drop(store);
    assert_eq!(world.upkeep(), [""; 0], "not at once");
    world.pass(6.minutes());
    assert_eq!(world.upkeep(), ["watch r2"]);
    world.pass(6.minutes());
    assert_eq!(world.upkeep(), [""; 0], "the pause becomes longer");
    world.vendor.state().refused.clear();
    world.pass(6.minutes());
    assert_eq!(world.upkeep(), ["watch r2"]);
    let (store, id) = world.store();
    let view = store.notifications(id, world.now).unwrap();
    assert_eq!((view.words(), view.failing.len()), ("3 rooms".into(), 0));
}

#[test]
fn a_vendor_that_does_not_answer_ends_no_subscription() {
    let mut world = World::new(["r1"]);
    world.upkeep();
    world.vendor.state().fails = Some(Refusal::Throttled(7_200));
    world.pass(120.hours());
    assert_eq!(world.upkeep(), ["watch r1"]);
    world.pass(119.minutes());
    assert_eq!(world.upkeep(), [""; 0], "it asked to wait for two hours");
    let (store, id) = world.store();
    let view = store.notifications(id, world.now).unwrap();
    assert_eq!((view.rooms.watched, view.failing[0].problem.code.as_str()), (1, "throttled"));
    drop(store);
    world.vendor.state().fails = None;
    world.pass(2.minutes());
    assert_eq!(world.upkeep(), ["watch r1"]);
    assert_eq!(world.vendor.of_room("r1"), ["s1"]);
}

#[test]
fn what_is_no_longer_wanted_is_ended_and_nothing_else_is_asked_of_the_vendor() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.ones.options.limit.percent = 100;
    world.ones.sync_rooms(&mut Fake::rooms(["r2", "r3"])).unwrap();
    assert_eq!(world.upkeep(), ["unwatch r1", "watch r3"]);
    assert_eq!(world.waiting(), ["r2", "r3"]);
    world.keep(json!({ "bookings": "off" }));
    world.vendor.state().fails = Some(unavailable());
    assert_eq!(world.upkeep(), ["unwatch r2 r3"]);
    world.vendor.state().fails = None;
    world.pass(6.minutes());
    assert_eq!(world.upkeep(), ["unwatch r2 r3"], "it is tried again");
    assert!(world.vendor.state().subscriptions.is_empty());
    world.keep(json!({ "bookings": "on" }));
    assert_eq!(world.upkeep(), ["watch r2 r3"]);
}

#[test]
fn with_another_public_address_all_subscriptions_are_replaced() {
    let mut world = World::new(["r1"]);
    world.upkeep();
    world.origin = Some("https://other.example.com");
    assert_eq!(world.upkeep(), ["unwatch r1"]);
    assert_eq!(world.upkeep(), ["watch r1"]);
    let addresses: BTreeSet<_> = world
        .vendor
        .state()
        .subscriptions
        .values()
        .map(|kept| kept.address.rsplit_once('/').unwrap().0.to_owned())
        .collect();
    assert_eq!(addresses, BTreeSet::from(["https://other.example.com/notifications".to_owned()]));
}

#[test]
fn after_a_restore_from_a_backup_subscriptions_that_it_does_not_have_are_ended() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    let backup = TempDir::new().unwrap();
    let copy = |from: &TempDir, to: &TempDir| {
        for file in fs::read_dir(from.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
        }
    };
    copy(&world.ones.folder, &backup);
    world.ones.sync_rooms(&mut Fake::rooms(["r1", "r2", "r3"])).unwrap();
    world.vendor.state().subscriptions.remove("s1");
    world.pass(1.hour());
    assert_eq!(world.upkeep(), ["watch r3"]);
    assert_eq!(world.vendor.of_room("r3"), ["s3"]);
    for file in fs::read_dir(world.ones.folder.path()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    copy(&backup, &world.ones.folder);
    assert_eq!(world.sweep(), ["sweep r1 r2"]);
    assert_eq!(world.vendor.of_room("r3"), [""; 0], "ONES does not have it");
    assert_eq!(world.vendor.of_room("r1"), ["s4"], "made again, since the vendor had ended it");
    assert_eq!(world.waiting(), ["r1"]);
}

#[test]
fn a_subscription_whose_result_was_lost_is_ended_by_the_next_sweep() {
    let world = World::new(["r1"]);
    world.upkeep();
    let (mut store, id) = world.store();
    // As if the process had ended before it stored the result.
    store.note_unwatched(id, &[WatchSubject::Room("r1".to_owned())]).unwrap();
    drop(store);
    assert_eq!(world.sweep(), ["sweep", "watch r1"]);
    assert_eq!(world.vendor.of_room("r1"), ["s2"]);
}

#[test]
fn what_the_vendor_asks_to_renew_is_renewed_and_what_it_ended_is_made_again() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    world.pass(1.hour());
    assert_eq!(world.notify("s1", Hint::Renew), 1);
    assert_eq!(world.waiting(), [""; 0], "nothing was lost");
    assert_eq!(world.upkeep(), ["watch r1"]);
    assert_eq!(world.vendor.state().subscriptions["s1"].expires, world.now.as_second() + LIFE);
    world.vendor.state().subscriptions.remove("s2");
    assert_eq!(world.notify("s2", Hint::Ended), 1);
    assert_eq!(world.waiting(), ["r2"]);
    assert_eq!(world.upkeep(), ["watch r2"]);
    assert_eq!(world.vendor.of_room("r2"), ["s3"]);
}

#[test]
fn c51_missed_notifications_of_a_room_have_it_read() {
    let world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    assert_eq!(world.notify("s2", Hint::Missed), 1);
    assert_eq!(world.waiting(), ["r2"]);
    assert_eq!(world.notify("s9", Hint::Changed), 0, "ONES does not have it");
    assert_eq!(world.waiting(), ["r2"]);
}

#[test]
fn a_key_that_does_not_decrypt_the_secret_leads_to_another_address() {
    let mut world = World::new(["r1"]);
    world.upkeep();
    let before = world.vendor.state().subscriptions["s1"].clone();
    fs::remove_file(world.ones.folder.path().join("ones.key")).unwrap();
    world.keep(json!({ "bookings": "on" }));
    world.pass(1.minute());
    assert_eq!(world.upkeep(), ["unwatch r1"]);
    assert_eq!(world.upkeep(), ["watch r1"]);
    let after = world.vendor.state().subscriptions["s2"].clone();
    assert!(before.address != after.address && before.secret != after.secret);
}
