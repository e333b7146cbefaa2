//! When an integration is synced again.

use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    model::Refusal,
    schedule::{LONGEST, SHORTEST, pause},
    store::{IntegrationId, RunKind, Store},
};
use proptest::{option, prelude::*};
use serde_json::json;

use crate::fake::*;

const HOUR: Duration = Duration::from_secs(3600);

fn seconds() -> impl Strategy<Value = Duration> {
    (0..200_000_u64).prop_map(Duration::from_secs)
}

proptest! {
    #[test]
    fn a_pause_is_neither_too_short_nor_too_long(
        interval in any::<Duration>(),
        failures: u32,
        asked in option::of(any::<Duration>()),
        chance: u32,
    ) {
        let pause = pause(interval, failures, asked, chance);
        prop_assert!((SHORTEST..=LONGEST).contains(&pause));
    }

    #[test]
    fn no_vendor_is_asked_earlier_than_it_said(
        interval in seconds(), failures: u32, asked in seconds(), chance: u32,
    ) {
        let pause = pause(interval, failures, Some(asked), chance);
        prop_assert!(pause >= asked.min(LONGEST));
    }

    #[test]
    fn without_a_failure_it_is_the_interval_give_or_take_a_tenth(
        interval in 60..86_400_u64, chance: u32,
    ) {
        let interval = Duration::from_secs(interval);
        let pause = pause(interval, 0, None, chance);
        prop_assert!(pause >= interval.mul_f64(0.9) && pause <= interval.mul_f64(1.1));
    }

    #[test]
    fn each_failure_doubles_it_until_it_is_the_longest(
        interval in seconds(), failures in 0..40_u32, chance: u32,
    ) {
        let pause = |failures| pause(interval, failures, None, chance);
        let (now, next) = (pause(failures), pause(failures + 1));
        // Neither the bounds nor the tenth less that is left of the longest are doubled.
        if now > SHORTEST && next < LONGEST.mul_f64(0.9) {
            let difference = next.abs_diff(now * 2);
            prop_assert!(difference < Duration::from_micros(1), "{:?}", difference);
        }
        prop_assert!(next >= now);
    }
}

#[test]
fn chance_moves_it_by_a_tenth() {
    let pause = |chance| pause(HOUR, 0, None, chance).as_secs();
    assert_eq!((pause(0), pause(u32::MAX / 2), pause(u32::MAX)), (3240, 3599, 3960));
}

fn configured() -> (Ones, Store, IntegrationId) {
    let ones = Ones::with_users(&ids(3));
    let (mut store, id) = ones.integration();
    let settings = json!({ "server": { "name": NAME } }).into();
    store.keep_settings(Some(id), &settings, &key(&ones)).unwrap();
    (ones, store, id)
}

#[test]
fn no_run_is_planned_without_an_interval() {
    let (_ones, mut store, id) = configured();
    let schedule = store.schedule(id).unwrap();
    assert_eq!((schedule.interval, schedule.next, schedule.failing), (None, None, None));
    store.plan(id, Timestamp::now(), None, 0).unwrap();
    assert_eq!(store.schedule(id).unwrap().next, None);
    assert_eq!(store.due(Timestamp::MAX).unwrap(), []);
}

#[test]
fn an_integration_is_due_when_its_time_has_come() {
    let (_ones, mut store, id) = configured();
    store.set_interval(id, Some(HOUR)).unwrap();
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    store.plan(id, now, None, u32::MAX).unwrap();
    let next = store.schedule(id).unwrap().next.unwrap();
    assert_eq!(next, now + 66.minutes());
    assert_eq!(store.due(next - 1.nanosecond()).unwrap(), []);
    assert_eq!(store.due(next).unwrap(), [id]);
    // The same interval again changes nothing, another one plans again, none deletes the plan.
    store.set_interval(id, Some(HOUR)).unwrap();
    assert_eq!(store.schedule(id).unwrap().next, Some(next));
    store.set_interval(id, Some(2 * HOUR)).unwrap();
    assert!(store.schedule(id).unwrap().next.unwrap() < next);
    store.set_interval(id, None).unwrap();
    assert_eq!(store.due(Timestamp::MAX).unwrap(), []);
}

#[test]
fn those_that_wait_longest_are_due_first() {
    let (ones, mut store, first) = configured();
    let other = json!({ "server": { "name": "Other" } }).into();
    let second = store.keep_settings(None, &other, &key(&ones)).unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    // As texts, these would sort the other way round.
    for (id, now) in [(first, "2030-01-01T00:00:00.5Z"), (second, "2030-01-01T00:00:00Z")] {
        store.set_interval(id, Some(HOUR)).unwrap();
        store.plan(id, at(now), None, 0).unwrap();
    }
    assert_eq!(store.due(Timestamp::MAX).unwrap(), [second, first]);
}

#[test]
fn without_settings_nothing_is_due() {
    let ones = Ones::with_users(&ids(1));
    let (mut store, id) = ones.integration();
    store.set_interval(id, Some(HOUR)).unwrap();
    assert_eq!(store.due(Timestamp::MAX).unwrap(), []);
}

#[test]
fn an_interval_is_brought_into_bounds() {
    let (_ones, mut store, id) = configured();
    for (asked, set) in [(Duration::ZERO, SHORTEST), (100 * HOUR, LONGEST)] {
        store.set_interval(id, Some(asked)).unwrap();
        assert_eq!(store.schedule(id).unwrap().interval, Some(set));
    }
}

impl Ones {
    fn failing(&self) -> Option<(RunKind, u32, String)> {
        let (store, id) = self.integration();
        let failing = store.schedule(id).unwrap().failing;
        failing.map(|it| (it.kind, it.count, it.problem.code))
    }
}

#[test]
fn failures_in_a_row_are_counted_since_the_first() {
    let mut ones = Ones::with_users(&ids(3));
    assert_eq!(ones.failing(), None);
    ones.sync_users(&mut Fake::default().then_fails()).unwrap_err();
    let (store, id) = ones.integration();
    let since = store.schedule(id).unwrap().failing.unwrap().since;
    drop(store);
    ones.sync_users(&mut Fake { fails: Some(Refusal::Throttled(7)), ..Fake::default() })
        .unwrap_err();
    assert_eq!(ones.failing(), Some((RunKind::Users, 2, "throttled".to_owned())));
    let (store, id) = ones.integration();
    assert_eq!(store.schedule(id).unwrap().failing.unwrap().since, since);
}

#[test]
fn a_success_sets_it_back_for_what_succeeded() {
    let mut ones = Ones::with_users(&ids(3));
    for _ in 0..2 {
        ones.sync_users(&mut Fake::default().then_fails()).unwrap_err();
    }
    ones.sync_rooms(&mut Fake::default().then_fails()).unwrap_err();
    assert_eq!(ones.failing(), Some((RunKind::Users, 2, "timeout".to_owned())));
    ones.sync_users(&mut Fake::default()).unwrap();
    assert_eq!(ones.failing(), Some((RunKind::Rooms, 1, "timeout".to_owned())));
    ones.sync_rooms(&mut Fake::rooms(["a"])).unwrap();
    assert_eq!(ones.failing(), None);
}

#[test]
fn a_run_that_was_cancelled_is_neither_failure_nor_success() {
    let mut ones = Ones::with_users(&ids(3));
    let cancelled = || Fake { fails: Some(Refusal::Cancelled), ..Fake::default() };
    ones.sync_users(&mut cancelled()).unwrap_err();
    assert_eq!(ones.failing(), None);
    ones.sync_users(&mut Fake::default().then_fails()).unwrap_err();
    ones.sync_users(&mut cancelled()).unwrap_err();
    assert_eq!(ones.failing().unwrap().1, 1);
}
