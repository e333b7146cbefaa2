//! The rooms that a run reports, in pages of any size.

use serde_json::{Value, json};

use super::script::{Asked, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_rooms};
use crate::{
    error::Error,
    model::{RoomBatch, RoomField},
};

fn room(number: usize) -> Value {
    json!({
        "id": format!("e{number}"),
        "placeId": format!("p{number}"),
        "emailAddress": format!("Room{number}@contoso.com"),
        "displayName": format!("Room {number}"),
    })
}

fn ids(batches: &[RoomBatch]) -> Vec<String> {
    batches.iter().flat_map(|batch| &batch.rooms).map(|it| it.id.clone()).collect()
}

fn skipped(asked: &Asked) -> usize {
    let skip = asked.path.split("$skip=").nth(1);
    skip.and_then(|it| it.split('&').next()?.parse().ok()).unwrap_or(0)
}

/// A tenant with rooms in pages of 100. With `links`, each page has a link to the next one.
fn rooms(count: usize, links: bool, counted: bool) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| {
        if asked.path.contains("/places/microsoft.graph.roomList?") {
            return ok(json!({"value": []}));
        }
        if !asked.path.contains("/places/microsoft.graph.room?") {
            return nothing();
        }
        let from = skipped(asked);
        let to = count.min(from + 100);
        let mut page = json!({"value": (from..to).map(room).collect::<Vec<_>>()});
        if links && to < count {
            page["@odata.nextLink"] =
                json!(format!("{GRAPH}/v1.0/places/microsoft.graph.room?$skip={to}"));
        }
        if counted {
            page["@odata.count"] = json!(count);
        }
        ok(page)
    })
}

#[test]
fn all_rooms_are_reported_with_and_without_links_between_the_pages() {
    for count in [0, 1, 99, 100, 101, 200, 250, 300] {
        for (links, counted) in [(true, true), (true, false), (false, true), (false, false)] {
            let script = rooms(count, links, counted);
            let (batches, result) = sync_rooms(&script, &settings(json!({})));
            let summary = result.expect("a good run");
            assert_eq!(ids(&batches).len(), count, "links {links}, counted {counted}");
            assert_eq!(summary.warnings.is_empty(), count > 0, "{:?}", summary.warnings);
            assert!(summary.requests as usize <= count.div_ceil(100).max(1) + 3, "{summary:?}");
        }
    }
}

#[test]
fn a_count_beyond_the_page_is_followed_up() {
    // As Microsoft publishes it: one room, a count of two, and no link.
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("$skip=1") => ok(json!({"@odata.count": 2, "value": [room(1)]})),
        path if path.contains("$skip=2") => ok(json!({"@odata.count": 2, "value": []})),
        path if path.contains("microsoft.graph.room?") => {
            ok(json!({"@odata.count": 2, "value": [room(0)]}))
        }
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    assert_eq!(ids(&batches), ["p0", "p1"]);
    assert!(result.expect("a good run").warnings.is_empty());
}

#[test]
fn a_server_that_ignores_skip_does_not_cause_an_endless_loop() {
    let page: Vec<_> = (0..100).map(room).collect();
    let script = Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => {
            ok(json!({"value": page, "@odata.count": 150}))
        }
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    assert_eq!(ids(&batches).len(), 100);
    let summary = result.expect("a good run");
    let words =
        "Microsoft Graph reports 150 rooms, but returned only 100: this run removes no room";
    assert_eq!(summary.warnings, [words]);
    assert!(!summary.complete, "rooms that were not returned are not removed");
}

#[test]
fn a_page_that_repeats_the_previous_one_ends_the_run() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => {
            let next = skipped(asked) + 1;
            let next = format!("{GRAPH}/v1.0/places/microsoft.graph.room?$skip={next}");
            ok(json!({"value": [room(0)], "@odata.nextLink": next}))
        }
        _ => nothing(),
    });
    let error = sync_rooms(&script, &settings(json!({}))).1.expect_err("no end");
    assert_eq!(
        error.explanation().map(|explanation| explanation.code.as_str()),
        Some("paging-loop")
    );
}

#[test]
fn a_room_whose_place_id_cannot_be_read_is_not_reported_under_another_id() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => {
            ok(json!({"value": [{"id": "e", "placeId": 7, "emailAddress": "r@contoso.com"}]}))
        }
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    assert_eq!(ids(&batches), Vec::<String>::new());
    let summary = result.expect("a good run");
    assert_eq!((summary.unreadable, summary.complete), (1, false), "its old id is unknown");
}

#[test]
fn no_rooms_are_a_warning() {
    let (batches, result) = sync_rooms(&rooms(0, true, true), &settings(json!({})));
    assert_eq!(ids(&batches), Vec::<String>::new());
    let warnings = result.expect("a good run").warnings;
    assert!(warnings[0].contains("hidden from the address lists"), "{warnings:?}");
}

#[test]
fn chosen_rooms_are_found_by_id_or_address_and_missing_ones_are_named() {
    let chosen = ["P7", "room12@CONTOSO.com", "e20", "nowhere@contoso.com"];
    let settings = settings(json!({"rooms": {"select": chosen}}));
    let (batches, result) = sync_rooms(&rooms(250, true, true), &settings);
    assert_eq!(ids(&batches), ["p7", "p12", "p20"]);
    let warnings = result.expect("a good run").warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("nowhere@contoso.com"), "{warnings:?}");
}

#[test]
fn a_chosen_room_stays_chosen_under_another_name_and_address() {
    let chosen = settings(json!({"rooms": {"select": ["p7"]}}));
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => ok(json!({"value": [
            {"id": "other", "placeId": "p7", "emailAddress": "moved@contoso.com",
             "displayName": "Renamed"},
            {"id": "e7", "placeId": "p8", "emailAddress": "Room7@contoso.com",
             "displayName": "Room 7"},
        ]})),
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &chosen);
    let rooms: Vec<_> = batches.iter().flat_map(|batch| &batch.rooms).collect();
    assert_eq!(rooms.len(), 1);
    assert_eq!((rooms[0].id.as_str(), rooms[0].email.as_str()), ("p7", "moved@contoso.com"));
    assert_eq!(result.expect("a good run").warnings, Vec::<String>::new());
}

#[test]
fn without_lasting_ids_chosen_rooms_are_warned_about_once() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => ok(json!({"value": [
            {"id": "e1", "emailAddress": "r1@contoso.com"},
            {"id": "e2", "emailAddress": "r2@contoso.com"},
        ]})),
        _ => nothing(),
    });
    let warnings = |select: Value| {
        let (batches, result) =
            sync_rooms(&script, &settings(json!({"rooms": {"select": select}})));
        assert_eq!(ids(&batches), ["r1@contoso.com", "r2@contoso.com"]);
        result.expect("a good run").warnings
    };
    let chosen = warnings(json!(["r1@contoso.com", "r2@contoso.com"]));
    assert_eq!(chosen.len(), 1, "{chosen:?}");
    assert!(chosen[0].contains("a room whose address changes counts as a new one"));
    assert_eq!(warnings(json!("all")), Vec::<String>::new());
}

#[test]
fn a_chosen_room_that_is_missing_may_be_hidden_or_new() {
    let settings = settings(json!({"rooms": {"select": ["p1", "p9999"]}}));
    let (_, result) = sync_rooms(&rooms(3, true, true), &settings);
    let warnings = result.expect("a good run").warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for words in ["p9999", "hidden from the address lists", "48 hours"] {
        assert!(warnings[0].contains(words), "{warnings:?}");
    }
}

#[test]
fn a_room_has_the_names_of_the_lists_that_contain_it() {
    let list = |name: &str| {
        let address = format!("{name}@contoso.com");
        json!({"id": name, "emailAddress": address, "displayName": name})
    };
    let script = Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("/places/microsoft.graph.roomList?") => {
            ok(json!({"value": [list("North"), list("Tall")]}))
        }
        path if path.contains("/places/North@contoso.com/microsoft.graph.roomList/rooms") => {
            ok(json!({"value": [room(0), room(1)]}))
        }
        path if path.contains("/places/Tall@contoso.com/") => ok(json!({"value": [room(1)]})),
        path if path.contains("/places/microsoft.graph.room?") => {
            ok(json!({"value": [room(0), room(1), room(2)]}))
        }
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    let rooms: Vec<_> = batches.iter().flat_map(|batch| &batch.rooms).collect();
    let lists: Vec<_> = rooms.iter().map(|room| room.lists.clone()).collect();
    assert_eq!(lists, [vec!["North"], vec!["North", "Tall"], vec![]]);
    assert!(rooms.iter().all(|room| room.unknown.is_empty()));
    assert_eq!(result.expect("a good run").warnings, Vec::<String>::new());
}

#[test]
fn case_048_where_one_list_cannot_be_read_the_lists_of_all_rooms_are_unknown() {
    let script = |failing: &'static str| {
        Script::new(move |asked: &Asked| match asked.path.as_str() {
            path if path.contains(failing) => refused(500, "InternalServerError"),
            path if path.contains("/places/microsoft.graph.roomList?") => ok(json!({"value": [
                {"id": "n", "emailAddress": "north@contoso.com", "displayName": "North"},
                {"id": "g", "emailAddress": "gone@contoso.com", "displayName": "Gone"},
            ]})),
            path if path.contains("roomList/rooms") => ok(json!({"value": [room(0)]})),
            path if path.contains("/places/microsoft.graph.room?") => {
                ok(json!({"value": [room(0), room(1)]}))
            }
            _ => nothing(),
        })
    };
    let failures = [
        ("/places/gone@contoso.com/", "The room list Gone could not be read"),
        ("/places/microsoft.graph.roomList?", "Room lists could not be read"),
    ];
    for (failing, words) in failures {
        let (batches, result) = sync_rooms(&script(failing), &settings(json!({})));
        let mut rooms = batches.iter().flat_map(|batch| &batch.rooms);
        assert!(rooms.all(|room| room.unknown == [RoomField::Lists]), "{words}");
        let warnings = result.expect("a good run").warnings;
        assert!(warnings[0].starts_with(words), "{warnings:?}");
    }
}

#[test]
fn a_sync_of_rooms_fails_in_a_cloud_without_places() {
    let answers = [
        (404, "ResourceNotFound", "unsupported"),
        (400, "BadRequest", "unsupported"),
        (403, "Authorization_RequestDenied", "missing"),
    ];
    for (status, code, expected) in answers {
        let message = "Resource not found for the segment 'places'.";
        let script = Script::new(move |asked| match asked.path.contains("/places/") {
            true => Reply::Json(status, json!({"error": {"code": code, "message": message}})),
            false => nothing(),
        });
        let (_, result) = sync_rooms(&script, &settings(json!({})));
        let found = match result {
            Err(Error::Unsupported(_)) => "unsupported",
            Err(Error::PermissionMissing(_)) => "missing",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected);
    }
}

#[test]
fn a_room_that_cannot_be_read_keeps_its_id() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("roomList?") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => ok(json!({"value": [
            {"id": "e", "placeId": "p", "emailAddress": "r@contoso.com", "capacity": "many"},
            {"id": "e2", "emailAddress": "r2@contoso.com", "building": {}},
            {"id": "e3", "displayName": "No mailbox"},
        ]})),
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    let unreadable: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.unreadable)
        .map(|it| (it.id.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(
        unreadable,
        [
            ("p", "capacity: not a whole number"),
            ("r2@contoso.com", "building: not a text"),
            ("e3", "emailAddress is missing"),
        ]
    );
    assert_eq!(result.map(|it| it.unreadable), Ok(3));
}
