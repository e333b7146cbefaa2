use ones_host::{
    model::{Room, RoomBatch, Unreadable},
    store::{Kind, RunCounts},
};

use crate::fake::*;

#[test]
fn a_room_that_is_not_reported_is_removed() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b", "c"])).unwrap();
    let outcome = ones.sync_rooms(&mut Fake::rooms(["a", "c"])).unwrap();
    assert_eq!(outcome.counts.removed, 1);
    assert_eq!(ones.offered(Kind::Room), ["a", "c"]);
}

#[test]
fn a_failed_run_removes_no_room() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b"])).unwrap();
    ones.sync_rooms(&mut Fake::rooms(["a"]).then_fails()).unwrap_err();
    assert_eq!(ones.offered(Kind::Room), ["a", "b"]);
}

#[test]
fn an_unreadable_room_stays() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b"])).unwrap();
    let unreadable = vec![Unreadable { id: "b".to_owned(), reason: "no e-mail".to_owned() }];
    let source = &mut Fake {
        rooms: vec![RoomBatch { rooms: vec![room("a")], unreadable }],
        ..Fake::default()
    };
    let outcome = ones.sync_rooms(source).unwrap();
    assert_eq!((outcome.counts.removed, outcome.unreadable.len()), (0, 1));
    assert_eq!(ones.offered(Kind::Room), ["a", "b"]);
}

#[test]
fn a_run_without_rooms_is_held() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a"])).unwrap();
    assert_eq!(ones.sync_rooms(&mut Fake::rooms([])).unwrap().counts.held, 1);
    assert_eq!(ones.offered(Kind::Room), ["a"]);
    assert_eq!(ones.held(), ["a"]);
}

#[test]
fn where_no_room_is_read_none_is_removed_even_if_some_are_unreadable() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b"])).unwrap();
    let unreadable = vec![Unreadable { id: "b".to_owned(), reason: "no e-mail".to_owned() }];
    let source =
        &mut Fake { rooms: vec![RoomBatch { rooms: vec![], unreadable }], ..Fake::default() };
    assert_eq!(ones.sync_rooms(source).unwrap().counts.held, 1);
}

#[test]
fn a_batch_of_too_many_rooms_breaks_the_interface() {
    let mut ones = Ones::new();
    let all = ids(1001);
    let source = &mut Fake::rooms(all.iter().map(String::as_str));
    assert_eq!(ones.sync_rooms(source).unwrap_err().problem().code, "plugin-broke-interface");
}

/// A room whose address serves as its id, as long as the vendor gives it no other.
fn makeshift(email: &str) -> Room {
    Room { id: email.to_owned(), email: email.to_owned(), ..room("attic") }
}

fn report(ones: &mut Ones, rooms: Vec<Room>) -> RunCounts {
    let batch = RoomBatch { rooms, unreadable: Vec::new() };
    ones.sync_rooms(&mut Fake { rooms: vec![batch], ..Fake::default() }).unwrap().counts
}

#[test]
fn a_room_known_by_its_address_is_the_same_when_it_gets_an_id() {
    let mut ones = Ones::new();
    report(&mut ones, vec![makeshift("Attic@contoso.com"), room("cellar")]);
    let lasting = || Room { id: "42".to_owned(), ..makeshift("Attic@contoso.com") };
    let counts = report(&mut ones, vec![lasting(), room("cellar")]);
    assert_eq!((counts.added, counts.updated, counts.removed), (0, 1, 0));
    let rows = ones.rows(Kind::Room, true);
    assert_eq!(rows.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["42", "cellar"]);
    assert_eq!(ones.changes[0].fields[0].field, "id");
    // From now on the id counts: another address changes nothing.
    let moved = Room { email: "loft@contoso.com".to_owned(), ..lasting() };
    assert_eq!(report(&mut ones, vec![moved, room("cellar")]).updated, 1);
    assert_eq!(ones.offered(Kind::Room), ["42", "cellar"]);
}

#[test]
fn a_room_whose_removal_is_held_can_get_an_id_and_is_held_no_more() {
    let mut ones = Ones::new();
    report(&mut ones, vec![makeshift("attic@contoso.com")]);
    assert_eq!(report(&mut ones, vec![]).held, 1);
    let counts =
        report(&mut ones, vec![Room { id: "42".to_owned(), ..makeshift("attic@contoso.com") }]);
    assert_eq!((counts.updated, counts.held), (1, 0));
    assert_eq!(ones.offered(Kind::Room), ["42"]);
}

#[test]
fn a_room_with_an_id_of_its_own_gives_it_to_no_other() {
    let mut ones = Ones::new();
    report(&mut ones, vec![room("attic"), room("cellar")]);
    // The address went to another room.
    let other =
        Room { id: "42".to_owned(), email: "attic@contoso.com".to_owned(), ..room("attic") };
    let counts = report(&mut ones, vec![other, room("cellar")]);
    assert_eq!((counts.added, counts.removed), (1, 1));
    assert_eq!(ones.offered(Kind::Room), ["42", "cellar"]);
}

#[test]
fn a_removed_room_is_not_taken_for_a_new_one_with_its_address() {
    let mut ones = Ones::new();
    let known_as = |id: &str, name: &str| Room {
        id: id.to_owned(),
        email: "a@contoso.com".to_owned(),
        name: name.to_owned(),
        ..Room::default()
    };
    let mut report = |rooms: Vec<Room>| {
        let rooms = vec![RoomBatch { rooms, unreadable: Vec::new() }];
        ones.sync_rooms(&mut Fake { rooms, ..Fake::default() }).unwrap();
        ones.rows(Kind::Room, true).len()
    };
    report(vec![known_as("a@contoso.com", "Old"), room("cellar")]);
    report(vec![room("cellar")]);
    assert_eq!(report(vec![room("cellar"), known_as("42", "New")]), 3, "the old one is on record");
}

#[test]
fn a_room_that_may_be_the_unreadable_one_stays() {
    let mut ones = Ones::new();
    let mut report = |rooms: Vec<Room>, unreadable: &[&str]| {
        let unreadable = unreadable.iter().map(|id| Unreadable {
            id: (*id).to_owned(),
            reason: "capacity: not a number".to_owned(),
        });
        let rooms = vec![RoomBatch { rooms, unreadable: unreadable.collect() }];
        ones.sync_rooms(&mut Fake { rooms, ..Fake::default() }).unwrap().counts.removed
    };
    let known_by_address = Room { id: "attic@contoso.com".to_owned(), ..room("attic") };
    let rest = || ["b", "c", "d"].map(room).to_vec();
    report([rest(), vec![known_by_address]].concat(), &[]);
    assert_eq!(report(rest(), &["42"]), 0, "it may have got a lasting id");
    assert_eq!(report(rest(), &["other@contoso.com"]), 1);
}

#[test]
fn one_room_that_is_too_large_counts_as_unreadable_and_the_run_goes_on() {
    let mut ones = Ones::new();
    ones.sync_rooms(&mut Fake::rooms(["a", "b"])).unwrap();
    let large = Room { label: Some("x".repeat(64 << 10)), ..room("b") };
    let rooms = vec![RoomBatch { rooms: vec![large, room("c"), room("a")], unreadable: vec![] }];
    let outcome = ones.sync_rooms(&mut Fake { rooms, ..Fake::default() }).unwrap();
    assert_eq!((outcome.counts.added, outcome.counts.removed), (1, 0));
    assert_eq!(outcome.unreadable[0].id, "b");
    assert_eq!(ones.offered(Kind::Room), ["a", "b", "c"]);
}
