use ones_host::{
    model::{RoomBatch, Unreadable},
    store::Kind,
};

use crate::fake::*;

#[test]
fn a_room_that_is_not_told_is_removed() {
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
fn an_unreadable_room_is_kept() {
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
