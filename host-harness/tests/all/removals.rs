use ones_host::{
    store::{Decision, Kind},
    sync::{Action, Limit},
};

use crate::fake::*;

/// Removes a number of users, of that many.
fn remove(of: usize, removed: usize) -> (Ones, u64, u64) {
    let mut ones = Ones::with_users(&ids(of));
    let changes = ids(removed).iter().map(|it| gone(it)).collect();
    let counts = ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap().counts;
    (ones, counts.removed, counts.held)
}

#[test]
fn up_to_the_limit_removals_are_applied_and_over_it_all_are_held() {
    for (of, removed, expected) in [
        (50, 10, (10, 0)),
        (50, 11, (0, 11)),
        (200, 20, (20, 0)),
        (200, 21, (0, 21)),
        // The last user is not removed without approval.
        (1, 1, (0, 1)),
        (5, 5, (0, 5)),
        (5, 4, (4, 0)),
    ] {
        let (ones, applied, held) = remove(of, removed);
        assert_eq!((applied, held), expected, "{removed} of {of}");
        assert_eq!(ones.users().len(), of - usize::try_from(applied).unwrap());
    }
}

#[test]
fn the_limit_can_be_set() {
    let limit = |count, percent| Limit { count, percent };
    assert!(limit(0, 0).holds(1, 100));
    assert!(!limit(0, 1).holds(1, 100));
    assert!(!limit(u64::MAX, 0).holds(99, 100));
    assert!(limit(u64::MAX, 100).holds(100, 100));
}

#[test]
fn a_held_removal_is_cancelled_when_the_user_is_reported_again() {
    let (mut ones, _, held) = remove(30, 12);
    assert_eq!(held, 12);
    let source =
        &mut Fake::users([batch(CHANGES, "c3", vec![reported("p000"), unreadable("p001")])]);
    assert_eq!(ones.sync_users(source).unwrap().counts.held, 10);
    assert_eq!(ones.held(), ids(12)[2..]);
    assert_eq!(ones.users().len(), 30);
}

#[test]
fn a_held_removal_stays_held_until_an_administrator_decides() {
    let (mut ones, ..) = remove(30, 12);
    let source =
        &mut Fake::users([batch(CHANGES, "c3", ids(8).iter().map(|it| reported(it)).collect())]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (0, 4), "below the limit, but held before");
}

#[test]
fn removals_held_before_count_against_the_limit() {
    let (mut ones, ..) = remove(30, 11);
    let source = &mut Fake::users([batch(CHANGES, "c3", vec![gone("p020")])]);
    assert_eq!(ones.sync_users(source).unwrap().counts.held, 12);
}

#[test]
fn approved_removals_are_applied() {
    let (ones, ..) = remove(30, 12);
    let (mut store, id) = ones.integration();
    let some = ["p000".to_owned(), "p001".to_owned()];
    assert_eq!(store.decide(id, Decision::Approve, &some).unwrap(), 2);
    drop(store);
    assert_eq!(ones.users(), ids(30)[2..]);
    let (mut store, id) = ones.integration();
    assert_eq!(store.decide(id, Decision::Approve, &[]).unwrap(), 10);
    assert_eq!(store.held(id).unwrap(), 0);
    drop(store);
    assert_eq!(ones.users(), ids(30)[12..]);
}

#[test]
fn discarded_removals_keep_the_user_and_are_requested_again() {
    let (mut ones, ..) = remove(30, 12);
    let (mut store, id) = ones.integration();
    assert_eq!(store.decide(id, Decision::Discard, &[]).unwrap(), 12);
    drop(store);
    assert_eq!((ones.users().len(), ones.held().len()), (30, 0));

    ones.options.full = true;
    let rest = ids(30).iter().skip(12).map(|it| reported(it)).collect();
    let counts = ones.sync_users(&mut Fake::users([batch(COMPLETE, "c3", rest)])).unwrap().counts;
    assert_eq!(counts.held, 12);
}

#[test]
fn a_discarded_removal_is_held_again_however_few_there_are() {
    let (mut ones, ..) = remove(30, 12);
    decide(&ones, Decision::Approve, &ids(12)[1..]);
    decide(&ones, Decision::Discard, &[]);
    ones.options.full = true;
    let rest = || ids(30).iter().skip(13).map(|it| reported(it)).collect();
    let counts = ones.sync_users(&mut Fake::users([batch(COMPLETE, "c3", rest())])).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (1, 1), "no administrator asked to keep p012");
    assert_eq!(ones.held(), ["p000"]);
    let held: Vec<_> = ones.changes.iter().filter(|it| it.action == Action::Held).collect();
    assert_eq!(held.len(), 1);

    // Reported again, it is a user like any other.
    ones.options.full = false;
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c4", vec![reported("p000")])])).unwrap();
    ones.options.full = true;
    let counts = ones.sync_users(&mut Fake::users([batch(COMPLETE, "c5", rest())])).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (1, 0));
}

#[test]
fn a_swapped_tenant_removes_no_user() {
    let others: Vec<_> = (0..915).map(|it| format!("q{it:03}")).collect();
    let changes = || others.iter().map(|it| reported(it)).collect();
    let mut ones = Ones::with_users(&ids(19));
    ones.options.limit = Limit { count: 25, percent: 10 };
    ones.options.full = true;
    let counts =
        ones.sync_users(&mut Fake::users([batch(COMPLETE, "x", changes())])).unwrap().counts;
    assert_eq!((counts.added, counts.removed, counts.held), (915, 0, 19));

    // Nor where a run that failed reported the others.
    let mut ones = Ones::with_users(&ids(19));
    ones.options.full = true;
    let broken = &mut Fake::users([batch(FIRST, "x", changes())]).then_fails();
    ones.sync_users(broken).unwrap_err();
    ones.options.full = false;
    let rest = &mut Fake::users([batch(LAST, "y", Vec::new())]);
    assert_eq!(ones.sync_users(rest).unwrap().counts.held, 19);
    assert_eq!(ones.users().len(), 19 + 915);
}

#[test]
fn swapped_rooms_remove_none() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b"])).unwrap();
    let counts = ones.sync_rooms(&mut Fake::rooms(["c", "d", "e"])).unwrap().counts;
    assert_eq!((counts.added, counts.removed, counts.held), (3, 0, 2));
}

#[test]
fn an_incomplete_run_removes_no_user_for_being_absent() {
    let mut ones = Ones::with_users(&ids(5));
    ones.options.full = true;
    let changes = vec![reported("p000"), reported("new"), gone("p004")];
    let source = &mut Fake::users([batch(COMPLETE, "c2", changes)]).incomplete();
    let outcome = ones.sync_users(source).unwrap();
    assert!(source.read.is_empty() && !outcome.summary.complete);
    assert_eq!((outcome.counts.added, outcome.counts.removed), (1, 1), "what was reported counts");
    // Nor does the run after it.
    ones.options.full = false;
    let counts = ones.sync_users(&mut Fake::users([batch(CHANGES, "c3", vec![])])).unwrap().counts;
    assert_eq!((counts.removed, counts.held, ones.users().len()), (0, 0, 5));

    ones.sync_rooms(&mut Fake::rooms(["a", "b", "c"])).unwrap();
    ones.sync_rooms(&mut Fake::rooms(["a"]).incomplete()).unwrap();
    assert_eq!(ones.offered(Kind::Room), ["a", "b", "c"]);
    assert!(!ones.runs().last().unwrap().summary.complete);
}

fn decide(ones: &Ones, decision: Decision, ids: &[String]) {
    let (mut store, id) = ones.integration();
    store.decide(id, decision, ids).unwrap();
}

#[test]
fn a_decision_on_an_unknown_id_decides_nothing() {
    let (ones, ..) = remove(30, 12);
    let (mut store, id) = ones.integration();
    let some = ["p000".to_owned(), "unknown".to_owned(), "p029".to_owned()];
    let error = store.decide(id, Decision::Approve, &some).unwrap_err().to_string();
    assert!(error.contains("p029, unknown"), "{error}");
    drop(store);
    assert_eq!(ones.held().len(), 12);
}

#[test]
fn held_removals_of_rooms_are_approved_like_those_of_users() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a"])).unwrap();
    ones.sync_rooms(&mut Fake::rooms([])).unwrap();
    let (mut store, id) = ones.integration();
    assert_eq!(store.decide(id, Decision::Approve, &["a".to_owned()]).unwrap(), 1);
    drop(store);
    assert!(ones.offered(Kind::Room).is_empty());
}

#[test]
fn what_is_held_is_not_asked_for_again() {
    let (mut ones, ..) = remove(30, 12);
    ones.options.full = true;
    let rest = ids(30).iter().skip(12).map(|it| reported(it)).collect();
    let source = &mut Fake::users([batch(COMPLETE, "c3", rest)]);
    assert_eq!(ones.sync_users(source).unwrap().counts.held, 12);
    assert!(source.read.is_empty());
}
