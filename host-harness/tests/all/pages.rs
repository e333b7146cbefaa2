//! Users and rooms page by page.

use ones_host::{
    model::{User, UserChange},
    store::{IntegrationId, Kind, PageOf, RecordRow, Store, StoreOptions},
};
use proptest::{collection::vec, prelude::*};

use crate::fake::*;

fn called(id: &str, name: &str, email: Option<&str>, username: &str) -> UserChange {
    UserChange::User(User {
        display_name: name.to_owned(),
        email: email.map(str::to_owned),
        username: username.to_owned(),
        ..user(id)
    })
}

fn with(changes: Vec<UserChange>) -> (Ones, Store, IntegrationId) {
    let mut ones = Ones::new();
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
    let (store, id) = ones.integration();
    (ones, store, id)
}

fn ids_of(rows: &[RecordRow]) -> Vec<&str> {
    rows.iter().map(|it| it.id.as_str()).collect()
}

#[track_caller]
fn check(store: &Store, id: IntegrationId, search: &str, found: &[&str]) {
    let of = PageOf { search, after: None, removed: false, limit: 10 };
    assert_eq!(ids_of(&store.page(id, Kind::User, of).unwrap()), found, "{search:?}");
}

#[test]
fn a_person_is_found_by_name_e_mail_and_name_to_sign_in_with() {
    let (_ones, store, id) = with(vec![
        called("1", "Ödön Älg", Some("o.alg@contoso.com"), "u1@contoso.com"),
        called("2", "100% Berta_B", None, "Berta@Contoso.com"),
        called("3", "Anna", Some("anna@fabrikam.com"), "u3@contoso.com"),
    ]);
    check(&store, id, "", &["2", "3", "1"]);
    check(&store, id, "ödön ä", &["1"]);
    check(&store, id, "ÄLG", &["1"]);
    check(&store, id, " alg@CONTOSO ", &["1"]);
    check(&store, id, "berta@contoso", &["2"]);
    check(&store, id, "fabrikam", &["3"]);
    check(&store, id, "unknown", &[]);
}

#[test]
fn what_is_searched_for_is_taken_to_the_letter() {
    let (_ones, store, id) = with(vec![
        called("1", "100% Berta_B", None, "a@contoso.com"),
        called("2", "1000 BertaXB", None, "b@contoso.com"),
    ]);
    check(&store, id, "100%", &["1"]);
    check(&store, id, "a_b", &["1"]);
    check(&store, id, "\\", &[]);
    check(&store, id, "' OR 1=1 --", &[]);
}

#[test]
fn a_name_that_changed_is_found_under_the_new_one() {
    let (mut ones, store, _) = with(vec![called("1", "Before", None, "a@contoso.com")]);
    drop(store);
    let changes = vec![called("1", "After", None, "a@contoso.com")];
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    let (store, id) = ones.integration();
    check(&store, id, "before", &[]);
    check(&store, id, "after", &["1"]);
}

#[test]
fn removed_ones_are_listed_where_they_are_asked_for() {
    let mut ones = Ones::with_users(&ids(20));
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("p001")])])).unwrap();
    let (store, id) = ones.integration();
    let page = |removed| {
        let of = PageOf { search: "p00", after: None, removed, limit: 3 };
        store.page(id, Kind::User, of).unwrap()
    };
    assert_eq!(ids_of(&page(false)), ["p000", "p002", "p003"]);
    let all = page(true);
    assert_eq!(ids_of(&all), ["p000", "p001", "p002"]);
    assert_eq!(all[1].removed.as_ref().unwrap().1, "permanent");
}

#[test]
fn the_account_of_a_room_is_neither_listed_nor_counted() {
    let mut ones = Ones::with_users(&ids(3));
    ones.sync_rooms(&mut Fake::rooms(["p001", "attic"])).unwrap();
    let (store, id) = ones.integration();
    check(&store, id, "", &["p000", "p002"]);
    let counts = store.counts(id).unwrap();
    assert_eq!((counts.users, counts.rooms, counts.held), (2, 2, 0));
    let of = PageOf { search: "att", after: None, removed: false, limit: 10 };
    assert_eq!(ids_of(&store.page(id, Kind::Room, of).unwrap()), ["attic"]);
}

#[test]
fn runs_are_listed_from_the_latest_on() {
    let mut ones = Ones::with_users(&ids(1));
    for _ in 0..4 {
        ones.sync_rooms(&mut Fake::rooms(["a"])).unwrap();
    }
    let (store, id) = ones.integration();
    let page = |before| {
        let runs = store.latest_runs(id, before, 2).unwrap();
        runs.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None), [5, 4]);
    assert_eq!(page(Some(4)), [3, 2]);
    assert_eq!(page(Some(2)), [1]);
    assert_eq!(page(Some(1)), [0; 0]);
}

#[test]
fn data_of_an_older_version_are_searched_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("ones.db")).unwrap();
    database.execute_batch(include_str!("../../src/store/001-first.sql")).unwrap();
    database
        .execute_batch(
            r#"PRAGMA user_version = 1;
               INSERT INTO integration VALUES (1, 'Contoso', '2026-01-01T00:00:00Z');
               INSERT INTO record (integration, kind, id, json, seen, first_seen) VALUES (1, 'user',
                   'a', '{"id":"a","displayName":"ÄLG","username":"x@y"}', 1,
                   '2026-01-01T00:00:00Z');"#,
        )
        .unwrap();
    drop(database);
    let store = Store::read(folder.path()).unwrap();
    let id = store.integration(NAME).unwrap().unwrap();
    check(&store, id, "älg", &["a"]);
    drop(store);
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    check(&store, id, "x@Y", &["a"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever the names are, also where many share one.
    #[test]
    fn all_pages_together_list_each_record_once(
        names in vec("[aAbäÄ\u{130} %]{0,3}", 1..30),
        search in "[aäb]{0,1}",
        limit in 1_u32..7,
    ) {
        let users = ids(names.len());
        let changes = users.iter().zip(&names);
        let changes = changes.map(|(id, name)| called(id, name, None, "x@y")).collect();
        let (_ones, store, id) = with(changes);

        let mut all: Vec<_> = users.iter().zip(&names)
            .map(|(id, name)| (name.to_lowercase() + "\nx@y", id.clone()))
            .filter(|(text, _)| text.contains(&search))
            .collect();
        all.sort();
        let all: Vec<_> = all.into_iter().map(|(_, id)| id).collect();

        let mut read: Vec<String> = Vec::new();
        loop {
            let of = PageOf {
                search: &search,
                after: read.last().map(String::as_str),
                removed: false,
                limit,
            };
            let page = store.page(id, Kind::User, of).unwrap();
            prop_assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            read.extend(page.into_iter().map(|it| it.id));
        }
        prop_assert_eq!(read, all);
    }
}
