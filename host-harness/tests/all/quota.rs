//! What one integration may store.

use ones_host::{
    Error,
    model::{Booking, RoomChange, Summary, User, UserBatch, UserChange},
    plugin::Packed,
    store::{Kind, RunKind, StoreError},
    sync::{Options, Source, Sync, Unobserved},
};

use crate::{bookings::calendar::*, fake::*};

const KIB: u64 = 1 << 10;

/// As many users, each of about a KiB.
fn large(ids: &[String]) -> Vec<UserChange> {
    let job_title = Some("x".repeat(1_000));
    let user = |id: &String| User { job_title: job_title.clone(), ..user(id) };
    ids.iter().map(|id| UserChange::User(user(id))).collect()
}

fn quota_of(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::Quota { .. })) && error.problem().code == "quota"
}

#[test]
fn an_integration_that_stores_too_much_is_stopped_and_what_was_stored_stays() {
    let mut ones = Ones::new();
    ones.quota = Some(900 * KIB);
    let mut batches: Vec<_> =
        ids(900).chunks(100).map(|it| batch(MIDDLE, "c2", large(it))).collect();
    batches[0] = batch(FIRST, "c1", large(&ids(100)));
    let error = ones.sync_users(&mut Fake::users(batches)).unwrap_err();
    assert!(quota_of(&error), "{error}");
    let stored = ones.users();
    assert!(
        (100..900).contains(&stored.len()) && stored.len().is_multiple_of(100),
        "{}",
        stored.len()
    );
    // The run is recorded with its cause, and goes on once more is allowed.
    assert_eq!(ones.runs().pop().unwrap().error.unwrap().code, "quota");
    ones.quota = None;
    let source = &mut Fake::users([batch(LAST, "c3", Vec::new())]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c2"));
}

#[test]
fn memberships_count_as_well() {
    let mut ones = Ones::with_users(&ids(3));
    ones.quota = Some(600 * KIB);
    let members = |from: usize| {
        let members = (from..from + 1_000).map(|it| within("g", &format!("{it:040}")));
        of_groups(if from == 0 { FIRST } else { MIDDLE }, "c2", members.collect())
    };
    let all: Vec<_> = (0..20).map(|it| members(it * 1_000)).collect();
    assert!(quota_of(&ones.sync_users(&mut Fake::users(all)).unwrap_err()));
}

#[test]
fn the_quota_of_one_integration_is_not_used_up_by_another() {
    let mut ones = Ones::new();
    ones.quota = Some(900 * KIB);
    let mut sync = |name: &str, count: usize| {
        let source = &mut Fake::users([batch(COMPLETE, "c1", large(&ids(count)))]);
        ones.sync(source, |sync| sync.users(name))
    };
    sync("A", 500).unwrap();
    sync("B", 500).unwrap();
    assert!(quota_of(&sync("C", 900).unwrap_err()));
    sync("D", 500).unwrap();
    // What is stored already can be reported again.
    sync("A", 500).unwrap();
}

#[test]
fn removals_and_what_is_unchanged_are_stored_whatever_the_quota() {
    let mut ones = Ones::with_users(&ids(900));
    ones.quota = Some(1);
    let changes = vec![reported("p001"), gone("p002"), unreadable("p003")];
    let counts = ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap().counts;
    assert_eq!((counts.added, counts.removed, counts.unreadable), (0, 1, 1));
    assert_eq!(ones.offered(Kind::User).len(), 899);
}

#[test]
fn bookings_count_as_well() {
    let mut ones = Ones::with_rooms([room("r1")]);
    ones.quota = Some(900 * KIB);
    let many = |from: usize| {
        let booking = |number: usize| {
            let title = Some("x".repeat(1_000));
            one(Booking { title, ..booked(&format!("{number:04}"), "12:00", "13:00") })
        };
        let mode = if from == 0 { FIRST } else { MIDDLE };
        of_room("r1", mode, &format!("c{from}"), (from..from + 100).map(booking))
    };
    let all = (0..20).map(|number| many(number * 100));
    assert!(quota_of(&ones.sync_bookings(&mut Fake::bookings(all)).unwrap_err()));
    // What was stored before stays, with its checkpoint.
    let stored = ones.booked().len();
    assert!((100..2_000).contains(&stored), "{stored}");
    ones.quota = None;
    let source = &mut Fake::bookings([]);
    ones.sync_bookings(source).unwrap();
    assert_eq!(source.asked[0].since, Some(format!("c{}", stored - 100)));
}

/// A plugin that has nothing but warnings to report.
struct Warns;

impl Source for Warns {
    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(ones_host::model::RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let warnings = vec!["x".repeat(100_000)];
        Ok(Summary { complete: true, warnings, ..Summary::default() })
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        _: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        Ok(Summary::default())
    }

    fn read_users(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_rooms(&mut self, _: &[String]) -> Result<Vec<RoomChange>, Error> {
        Ok(Vec::new())
    }
}

#[test]
fn warnings_of_many_runs_count_as_well() {
    let mut ones = Ones::with_users(&ids(3));
    ones.quota = Some(900 * KIB);
    let mut store = ones.open();
    let id = store.integration(NAME).unwrap().unwrap();
    let mut run = || {
        let options = Options::default();
        Sync::new(&mut store, &mut Warns, &mut Unobserved, options).run(RunKind::Rooms, id)
    };
    let refused = (0..20).find_map(|_| run().err()).unwrap();
    assert!(quota_of(&refused), "{refused}");
}
