//! Rooms that are read by id.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    script::{Asked, Reply, Script, nothing, settings},
    users::batch,
};
use crate::{
    error::Error,
    model::{BATCH, Removal, Removed, RoomChange, RoomField},
    rooms,
};

const ROOM: &str = "#microsoft.graph.room";

fn room(number: u32, parent: Value) -> Value {
    json!({"@odata.type": ROOM, "id": format!("e{number}"), "placeId": format!("p{number}"),
        "emailAddress": format!("Room{number}@contoso.com"), "displayName": "Room",
        "parentId": parent})
}

/// Answers reads of places in a batch.
fn tenant(answer: impl Fn(&str) -> (u16, Value)) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked: &Asked| match asked.path.as_str() {
        "/v1.0/$batch" => {
            batch(asked, |url, _| answer(url.strip_prefix("/places/").expect("a place")))
        }
        path if path.ends_with("/token") => nothing(),
        path => panic!("no listing is asked for: {path}"),
    })
}

fn read(
    script: &Script<impl Fn(&Asked) -> Reply>,
    select: Value,
    ids: &[&str],
) -> Result<Vec<RoomChange>, Error> {
    let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    block_on(rooms::read(script, &settings(json!({"rooms": {"select": select}})), &ids))
}

fn not_found() -> (u16, Value) {
    (404, json!({"error": {"code": "ErrorItemNotFound", "message": "-"}}))
}

#[test]
fn case_024_a_room_that_a_listing_lacks_is_found_by_its_id() {
    let script = tenant(|id| match id {
        "p1" => (200, room(1, json!(null))),
        "room2@contoso.com" => (200, room(2, json!("floor"))),
        "list" => (200, json!({"@odata.type": "#microsoft.graph.roomList", "id": "list"})),
        "odd" => (
            200,
            json!({"@odata.type": ROOM, "placeId": "odd", "capacity": "many",
            "emailAddress": "odd@contoso.com"}),
        ),
        "ill" => (500, json!({"error": {"code": "UnknownError", "message": "-"}})),
        _ => not_found(),
    });
    let ids = ["p1", "room2@contoso.com", "gone", "list", "odd", "ill"];
    let changes = read(&script, json!("all"), &ids).expect("answers");
    let RoomChange::Room(first) = &changes[0] else { panic!("{changes:?}") };
    assert_eq!(first.id, "p1");
    assert_eq!(first.unknown, [RoomField::Lists], "that would take a listing");
    let RoomChange::Room(second) = &changes[1] else { panic!("{changes:?}") };
    assert_eq!(second.id, "room2@contoso.com", "under the id that was asked for");
    let held = [
        RoomField::Building,
        RoomField::FloorLabel,
        RoomField::Address,
        RoomField::Position,
        RoomField::Lists,
    ];
    assert_eq!(second.unknown, held);
    assert_eq!(
        changes[2],
        RoomChange::RoomMissing(Removed { id: "gone".to_owned(), removal: Removal::Soft })
    );
    assert_eq!(
        changes[3],
        RoomChange::RoomMissing(Removed { id: "list".to_owned(), removal: Removal::Soft })
    );
    let unreadable: Vec<_> = changes[4..]
        .iter()
        .map(|it| match it {
            RoomChange::RoomUnreadable(it) => it.id.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(unreadable, ["odd", "ill"]);
}

#[test]
fn a_room_that_is_not_chosen_any_more_is_out_of_scope() {
    let script = tenant(|id| match id {
        "p1" => (200, room(1, json!(null))),
        _ => (200, room(2, json!(null))),
    });
    let changes = read(&script, json!(["ROOM1@contoso.com"]), &["p1", "p2"]).expect("answers");
    assert!(matches!(&changes[0], RoomChange::Room(it) if it.id == "p1"), "{changes:?}");
    assert_eq!(
        changes[1],
        RoomChange::RoomMissing(Removed { id: "p2".to_owned(), removal: Removal::OutOfScope })
    );
}

#[test]
fn a_host_can_read_up_to_a_thousand_rooms_at_once() {
    let script = tenant(|_| not_found());
    let ids: Vec<_> = (0..=BATCH).map(|it| it.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    assert!(matches!(read(&script, json!("all"), &ids), Err(Error::Unexpected(_))));
    assert_eq!(read(&script, json!("all"), &ids[1..]).map(|it| it.len()), Ok(BATCH));
}
