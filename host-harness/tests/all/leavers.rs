//! What happens to users who were removed.

use jiff::{Timestamp, ToSpan as _};
use ones_host::store::{Admission, Kind, Leavers};

use crate::fake::*;

/// ONES in which p000 and p001 left, of 20.
fn with_leavers(leavers: Leavers) -> Ones {
    let mut ones = Ones::new();
    ones.options.default_groups = vec!["Staff".to_owned()];
    let users = ids(20).iter().map(|it| reported(it)).collect();
    let mirrored = vec![group("a"), within("a", "p000"), group("b"), group("c")];
    let batches = [batch(COMPLETE, "c1", users), of_groups(COMPLETE, "c2", mirrored)];
    ones.sync_users(&mut Fake::users(batches)).unwrap();
    let (mut store, id) = ones.integration();
    store.set_leavers(id, leavers).unwrap();
    drop(store);
    let left = batch(CHANGES, "c3", vec![gone("p000"), gone("p001")]);
    let groups = of_groups(CHANGES, "c4", vec![group_gone("b")]);
    ones.sync_users(&mut Fake::users([left, groups])).unwrap();
    ones
}

/// Number of users that a run without changes deletes, that many days from now.
fn later(ones: &mut Ones, days: i64) -> u64 {
    ones.options.now = Some(Timestamp::now() + (days * 24).hours());
    ones.sync_users(&mut Fake::users([])).unwrap().counts.deleted
}

const AFTER_30: Leavers = Leavers::Remove { after_days: 30 };

#[test]
fn a_removed_user_stays_stored_by_default() {
    let mut ones = with_leavers(Leavers::default());
    assert_eq!(later(&mut ones, 9_999), 0);
    assert_eq!(ones.rows(Kind::User, true).len(), 20);
    let (mut store, id) = ones.integration();
    assert_eq!(store.admit(id, &user("p000"), &[]).unwrap(), Admission::Removed);
}

#[test]
fn a_user_who_was_removed_long_ago_is_deleted() {
    let mut ones = with_leavers(AFTER_30);
    assert_eq!(later(&mut ones, 29), 0);
    assert_eq!(ones.rows(Kind::User, true).len(), 20);
    assert_eq!(later(&mut ones, 31), 2);
    assert_eq!(ones.rows(Kind::User, true).len(), 18);
    assert_eq!(ones.runs().pop().unwrap().deleted, 2);
    assert_eq!(later(&mut ones, 31), 0);
    let (store, id) = ones.integration();
    assert_eq!(store.user(id, "p000").unwrap(), None);
    assert_eq!(store.own_groups(id, false).unwrap()[0].members, 18);
    drop(store);
    assert_eq!(ones.rows(Kind::Group, true).len(), 3, "groups stay");
}

#[test]
fn rooms_that_are_gone_stay() {
    let mut ones = with_leavers(AFTER_30);
    ones.sync_rooms(&mut Fake::rooms(["attic", "cellar"])).unwrap();
    ones.sync_rooms(&mut Fake::rooms(["attic"])).unwrap();
    later(&mut ones, 31);
    assert_eq!(ones.rows(Kind::Room, true).len(), 2);
}

#[test]
fn a_failed_run_and_a_run_of_rooms_delete_no_user() {
    let mut ones = with_leavers(AFTER_30);
    ones.options.now = Some(Timestamp::now() + 9_999.hours());
    ones.sync_users(&mut Fake::users([]).then_fails()).unwrap_err();
    ones.sync_rooms(&mut Fake::rooms(["attic"])).unwrap();
    assert_eq!(ones.rows(Kind::User, true).len(), 20);
}

#[test]
fn a_user_whose_removal_is_held_does_not_count_as_removed() {
    let mut ones = Ones::with_users(&ids(30));
    let (mut store, id) = ones.integration();
    store.set_leavers(id, AFTER_30).unwrap();
    drop(store);
    let left = ids(12).iter().map(|it| gone(it)).collect();
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", left)])).unwrap();
    assert_eq!(later(&mut ones, 9_999), 0);
    assert_eq!(ones.users().len(), 30);
}

#[test]
fn a_deleted_user_who_is_back_is_new_and_still_in_the_directorys_groups() {
    let mut ones = with_leavers(AFTER_30);
    later(&mut ones, 31);
    ones.options.default_groups = vec!["Late".to_owned()];
    let back = batch(CHANGES, "c5", vec![reported("p000")]);
    assert_eq!(ones.sync_users(&mut Fake::users([back])).unwrap().counts.added, 1);
    let (store, id) = ones.integration();
    assert_eq!(store.user(id, "p000").unwrap().unwrap().groups, ["Late"]);
    assert_eq!(store.groups_of(id, "p000").unwrap()[0].name, "A");
}

#[test]
fn a_user_who_exists_but_cannot_be_read_is_not_deleted() {
    let mut ones = with_leavers(AFTER_30);
    ones.options.now = Some(Timestamp::now() + (31 * 24).hours());
    let back = batch(CHANGES, "c5", vec![unreadable("p000")]);
    let run = ones.sync_users(&mut Fake::users([back])).unwrap();
    assert_eq!(run.counts.deleted, 1, "the other one who left");
    assert_eq!(later(&mut ones, 60), 0);
    assert_eq!(later(&mut ones, 62), 1);
}

#[test]
fn an_incomplete_run_deletes_no_user() {
    let mut ones = with_leavers(AFTER_30);
    ones.options.now = Some(Timestamp::now() + (31 * 24).hours());
    let run = ones.sync_users(&mut Fake::users([]).incomplete()).unwrap();
    assert_eq!(run.counts.deleted, 0);
}
