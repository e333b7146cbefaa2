//! Who signs in.

use ones_host::{
    model::User,
    store::{Admission, Kind, PageOf, StoreError},
};

use crate::fake::*;

const GROUPS: [&str; 2] = ["Everybody", "Guests"];

fn groups() -> Vec<String> {
    GROUPS.map(str::to_owned).to_vec()
}

impl Ones {
    fn admit(&self, user: &User) -> Admission {
        let (mut store, id) = self.integration();
        store.admit(id, user, &groups()).unwrap()
    }

    fn is_provisional(&self, id: &str) -> bool {
        let (store, integration) = self.integration();
        let of = PageOf { search: "", after: None, removed: true, limit: 100 };
        let page = store.page(integration, Kind::User, of).unwrap();
        page.iter().find(|row| row.id == id).unwrap().provisional
    }
}

#[test]
fn a_known_user_is_admitted_and_the_record_stays_as_the_sync_reported_it() {
    let ones = Ones::with_users(&ids(3));
    let poorer = User { display_name: "From claims".to_owned(), email: None, ..user("p001") };
    assert_eq!(ones.admit(&poorer), Admission::Known);
    let (store, id) = ones.integration();
    let found = store.user(id, "p001").unwrap().unwrap();
    assert_eq!((found.record, found.active), (user("p001"), true));
    assert_eq!(found.groups, [""; 0]);
    assert!(store.user(id, "unknown").unwrap().is_none());
}

#[test]
fn a_new_user_is_stored_in_the_default_groups_until_a_sync_reports_the_user() {
    let mut ones = Ones::with_users(&ids(3));
    assert_eq!(ones.admit(&user("new")), Admission::Created);
    assert_eq!(ones.admit(&user("new")), Admission::Known);
    let (store, id) = ones.integration();
    let found = store.user(id, "new").unwrap().unwrap();
    assert_eq!((found.record, found.active), (user("new"), true));
    assert_eq!(found.groups, GROUPS);
    drop(store);
    assert!(ones.is_provisional("new") && !ones.is_provisional("p001"));

    // Also where the sync reports no change of the user.
    ones.options.default_groups = vec!["Late".to_owned()];
    let outcome = ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![reported("new")])]));
    assert_eq!(outcome.unwrap().counts.added, 0);
    assert!(!ones.is_provisional("new"));
    let (store, id) = ones.integration();
    assert_eq!(store.user(id, "new").unwrap().unwrap().groups, GROUPS);
}

#[test]
fn an_unreadable_user_stays_provisional() {
    let mut ones = Ones::with_users(&ids(3));
    ones.admit(&user("new"));
    let changes = vec![unreadable("new")];
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    assert!(ones.is_provisional("new"));
}

#[test]
fn a_provisional_user_whom_an_enumeration_does_not_report_is_read_like_any_other() {
    let users = || ids(20).iter().map(|it| reported(it)).collect();
    for stands in [None, Some(reported("new"))] {
        let mut ones = Ones::with_users(&ids(20));
        ones.admit(&user("new"));
        let mut source = Fake::users([batch(COMPLETE, "c2", users())]);
        source.stands.extend(stands.clone().map(|it| ("new".to_owned(), it)));
        ones.options.full = true;
        ones.sync_users(&mut source).unwrap();
        assert_eq!(source.read, ["new"]);
        assert_eq!(ones.users().contains(&"new".to_owned()), stands.is_some());
        if stands.is_some() {
            assert!(!ones.is_provisional("new"));
        }
    }
}

#[test]
fn a_user_who_signs_in_during_an_enumeration_is_read_at_its_end() {
    let mut ones = Ones::new();
    let some = ids(2).iter().map(|it| reported(it)).collect();
    ones.sync_users(&mut Fake::users([batch(FIRST, "c1", some)]).then_fails()).unwrap_err();
    ones.admit(&user("new"));
    let source = &mut Fake::users([batch(LAST, "c2", vec![])]).where_stands(reported("new"));
    ones.sync_users(source).unwrap();
    assert_eq!(source.read, ["new"]);
    assert!(ones.users().contains(&"new".to_owned()));
}

#[test]
fn a_removed_user_is_not_admitted() {
    let mut ones = Ones::with_users(&ids(20));
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("p001")])])).unwrap();
    assert_eq!(ones.admit(&user("p001")), Admission::Removed);
    assert!(!ones.users().contains(&"p001".to_owned()));
    let (store, id) = ones.integration();
    assert!(!store.user(id, "p001").unwrap().unwrap().active);
}

#[test]
fn a_user_whose_removal_is_held_is_admitted_until_it_is_approved() {
    let mut ones = Ones::with_users(&ids(3));
    let changes = ids(3).iter().map(|it| gone(it)).collect();
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    assert_eq!(ones.held(), ids(3));
    assert_eq!(ones.admit(&user("p001")), Admission::Known);
    assert_eq!(ones.held(), ids(3), "signing in decides nothing");
}

#[test]
fn a_user_whose_account_is_blocked_is_not_admitted() {
    let blocked = |id| User { enabled: false, ..user(id) };
    let mut ones = Ones::with_users(&ids(3));
    let changes = vec![ones_host::model::UserChange::User(blocked("p002"))];
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    assert_eq!(ones.admit(&user("p002")), Admission::Disabled, "as the sync reported");
    assert_eq!(ones.admit(&blocked("p001")), Admission::Disabled, "as the vendor says now");
    assert_eq!(ones.admit(&blocked("new")), Admission::Disabled);
    assert_eq!(ones.users(), ids(3));
    let (store, id) = ones.integration();
    assert!(!store.user(id, "p002").unwrap().unwrap().active);
}

#[test]
fn a_room_does_not_sign_in() {
    let mut ones = Ones::with_users(&ids(2));
    ones.sync_rooms(&mut Fake::rooms(["attic", "p001"])).unwrap();
    let attic = User { email: Some("Attic@Contoso.com".to_owned()), ..user("new") };
    assert_eq!(ones.admit(&attic), Admission::Room);
    assert_eq!(ones.admit(&user("p001")), Admission::Room);
    assert_eq!(ones.users(), ["p000"]);
}

#[test]
fn a_record_that_is_too_large_is_not_stored() {
    let ones = Ones::with_users(&ids(1));
    let (mut store, id) = ones.integration();
    let large = User { job_title: Some("x".repeat(70_000)), ..user("new") };
    let error = store.admit(id, &large, &[]).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error:?}");
    assert!(store.user(id, "new").unwrap().is_none());
}
