//! Which rooms scheduled runs read, and bursts of notifications.

use std::time::Duration;

use jiff::ToSpan as _;
use ones_host::{model::Hint, notifications::ripe, store::Polling, sync::Occasion};

use super::upkeep::World;
use crate::{bookings::calendar::*, fake::*};

/// A run of bookings of these rooms, which reports no changes.
fn read(world: &mut World, rooms: &[String]) {
    let updates = rooms.iter().map(|room| of_room(room, COMPLETE, "c1", []));
    world.ones.options.bookings.rooms = Some(rooms.to_vec());
    world.ones.options.occasion = Occasion::Due;
    world.ones.sync_bookings(&mut Fake::bookings(updates)).unwrap();
}

/// The rooms that a scheduled run reads, where runs come every half hour.
fn polled(world: &World, started: jiff::Timestamp) -> Option<Vec<String>> {
    let (store, id) = world.store();
    let address = world.vendor.state().subscriptions.values().next().map(|it| it.address.clone());
    let address = address.unwrap_or_default();
    let interval = Duration::from_secs(30 * 60);
    store
        .polled_rooms(id, Polling { address: &address, now: world.now, started, interval })
        .unwrap()
}

#[test]
fn without_notifications_each_scheduled_run_reads_all_rooms() {
    let mut world = World::new(["r1", "r2"]);
    assert_eq!(polled(&world, world.now), None);
    read(&mut world, &["r1".to_owned(), "r2".to_owned()]);
    assert_eq!(polled(&world, world.now), None);
}

#[test]
fn a_room_for_which_notifications_work_is_read_a_few_times_a_day() {
    let rooms: Vec<_> = (0..24).map(|it| format!("r{it:02}")).collect();
    let mut world = World::new(rooms.iter().map(String::as_str));
    world.upkeep();
    world.settle();
    let started = world.now;
    read(&mut world, &rooms);
    let mut counts = std::collections::BTreeMap::new();
    let mut most = 0;
    for _ in 0..48 {
        world.pass(30.minutes());
        world.upkeep();
        world.settle();
        let polled = polled(&world, started).unwrap();
        most = most.max(polled.len());
        for room in &polled {
            *counts.entry(room.clone()).or_insert(0) += 1;
        }
        read(&mut world, &polled);
    }
    assert_eq!(most, 2, "a twelfth of the rooms in each half hour");
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|count| (3..=5).contains(count)), "{counts:?}");
}

#[test]
fn a_room_that_is_not_watched_or_fails_is_read_in_each_scheduled_run() {
    let mut world = World::new(["r1", "r2", "r3", "r4"]);
    world.vendor.state().refused.insert("r2".to_owned());
    world.upkeep();
    world.settle();
    let started = world.now;
    assert_eq!(polled(&world, started), None, "none was read yet");
    let all = ["r1", "r2", "r3", "r4"].map(str::to_owned);
    read(&mut world, &all);
    assert_eq!(polled(&world, started), Some(vec!["r2".to_owned()]));
    world.ones.options.bookings.rooms = Some(vec!["r3".to_owned()]);
    world.ones.sync_bookings(&mut Fake::bookings([failed("r3", unavailable())])).unwrap();
    assert_eq!(polled(&world, started), Some(vec!["r2".to_owned(), "r3".to_owned()]));
    assert_eq!(world.ones.runs().last().unwrap().rooms.failed, 1);
    // After another start, notifications may have been lost.
    world.pass(1.hour());
    assert_eq!(polled(&world, world.now), None);
    // A subscription that is over is none.
    world.pass((8 * 24).hours());
    assert_eq!(polled(&world, started), None);
}

#[test]
fn a_booking_that_one_answer_did_not_find_is_looked_for_in_the_next_scheduled_run() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    let started = world.now;
    world.ones.options.bookings.missing_grace = Duration::from_secs(60);
    let booking = one(booked("a", "12:00", "13:00"));
    let missing = ones_host::model::BookingChange::BookingMissing("a".to_owned());
    read(&mut world, &["r1".to_owned(), "r2".to_owned()]);
    world.ones.options.bookings.rooms = Some(vec!["r1".to_owned()]);
    for change in [booking, missing] {
        let update = of_room("r1", CHANGES, "c2", [change]);
        world.ones.sync_bookings(&mut Fake::bookings([update])).unwrap();
    }
    assert_eq!(polled(&world, started), Some(vec!["r1".to_owned()]));
}

#[test]
fn c65_five_notifications_in_two_seconds_are_one_run_and_a_late_one_is_another() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    let mut runs = Vec::new();
    let mut look = |world: &World| {
        let (mut store, id) = world.store();
        let (ripe, next) = ripe(store.waiting_hints(id, true).unwrap(), world.now);
        if !ripe.is_empty() {
            runs.push(world.now);
            store.settle_hints(&ripe).unwrap();
        }
        next
    };
    let start = world.now;
    for tenth in 0..100 {
        world.now = start + (100 * tenth).milliseconds();
        // Two of them in one request.
        if [0, 5, 10, 15, 20].contains(&tenth) {
            assert_eq!(world.notify("s1", Hint::Changed), 1);
        }
        look(&world);
    }
    world.now = start + 30.minutes();
    world.notify("s1", Hint::Changed);
    assert_eq!(look(&world), Some(Duration::from_secs(1)));
    world.now = start + 30.minutes() + 1.second();
    assert_eq!(look(&world), None);
    assert_eq!(runs, [start + 3.seconds(), world.now]);
}

#[test]
fn a_burst_that_does_not_end_is_followed_every_three_seconds() {
    let mut world = World::new(["r1"]);
    world.upkeep();
    world.settle();
    let (start, mut runs) = (world.now, 0);
    for tenth in 0..300 {
        world.now = start + (100 * tenth).milliseconds();
        world.notify("s1", Hint::Changed);
        let (mut store, id) = world.store();
        let (ripe, _) = ripe(store.waiting_hints(id, true).unwrap(), world.now);
        runs += ripe.len();
        store.settle_hints(&ripe).unwrap();
    }
    assert_eq!(runs, 9);
}

#[test]
fn a_hint_that_comes_during_a_run_waits_for_the_next_one() {
    let mut world = World::new(["r1"]);
    world.upkeep();
    let (store, id) = world.store();
    let taken = store.waiting_hints(id, true).unwrap();
    drop(store);
    world.pass(1.second());
    world.notify("s1", Hint::Changed);
    let (mut store, id) = world.store();
    store.settle_hints(&taken).unwrap();
    assert_eq!(store.waiting_hints(id, true).unwrap()[0].first, world.now);
    // The same hints settled again, as after a crash, settle nothing that came since.
    let rest = store.waiting_hints(id, true).unwrap();
    store.settle_hints(&rest).unwrap();
    store.settle_hints(&rest).unwrap();
    assert!(store.waiting_hints(id, true).unwrap().is_empty());
}

#[test]
fn runs_because_of_notifications_fill_no_list_of_runs() {
    let mut world = World::new(["r1"]);
    world.ones.options.occasion = Occasion::Notified;
    let update = of_room("r1", COMPLETE, "c1", [one(booked("a", "12:00", "13:00"))]);
    world.ones.sync_bookings(&mut Fake::bookings([update])).unwrap();
    world.ones.sync_bookings(&mut Fake::bookings([of_room("r1", CHANGES, "c2", [])])).unwrap();
    world.ones.sync_bookings(&mut Fake::bookings([failed("r1", unavailable())])).unwrap();
    let failing = Fake::bookings([]).then_fails();
    assert!(world.ones.sync_bookings(&mut { failing }).is_err());
    let runs = world.ones.runs();
    let bookings: Vec<_> = runs.iter().filter(|run| run.notified).map(|run| run.added).collect();
    assert_eq!(bookings, [1, 0, 0], "the one that changed nothing is not stored");
    let (store, id) = world.store();
    let listed = store.latest_runs(id, None, 9).unwrap();
    let states: Vec<_> = listed.iter().map(|run| run.state).collect();
    assert_eq!(states, ["failed", "done"], "the last one, and that of the rooms");
    assert_eq!(store.failing_bookings(id).unwrap(), None);
}

#[test]
fn a_room_with_a_hint_that_waits_is_read_in_the_next_scheduled_run() {
    let mut world = World::new(["r1", "r2"]);
    world.upkeep();
    world.settle();
    let started = world.now;
    read(&mut world, &["r1".to_owned(), "r2".to_owned()]);
    assert_eq!(polled(&world, started), Some(Vec::new()));
    world.notify("s1", Hint::Changed);
    assert_eq!(polled(&world, started), Some(vec!["r1".to_owned()]));
}
