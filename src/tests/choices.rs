//! The choices that the wizard offers.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, TENANT, nothing, ok, refused};
use super::users::with;
use crate::{choices::choices, error::Error, model::Choice};

const ROOMS: &str = "/rooms/select";
const CARD_NUMBER: &str = "/users/cardNumber";

fn first_step() -> Value {
    json!({
        "name": "Contoso",
        "tenantId": TENANT,
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    })
}

fn room(id: &str, name: &str, more: Value) -> Value {
    let mut room =
        json!({"placeId": id, "displayName": name, "emailAddress": format!("{id}@contoso.com")});
    for (field, value) in more.as_object().expect("an object") {
        room[field] = value.clone();
    }
    room
}

fn tenant(rooms: Vec<Value>) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| {
        let skip = asked.path.split("$skip=").nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        match asked.path.contains("/places/microsoft.graph.room?") {
            // As Graph does: a hundred at once, and no link to the rest.
            true => ok(json!({"value": rooms.iter().skip(skip).take(100).collect::<Vec<_>>()})),
            false => nothing(),
        }
    })
}

fn some_rooms() -> Vec<Value> {
    vec![
        room(
            "r1",
            "Rainier",
            json!({
                "building": "Main building", "floorLabel": "P", "floorNumber": 2, "capacity": 8,
            }),
        ),
        room(
            "r2",
            "adams",
            json!({"building": "Annex", "floorNumber": 3, "capacity": 1, "nickname": "Quiet"}),
        ),
        room("r3", "Baker", json!({"capacity": 0})),
    ]
}

fn choose(
    script: &Script<impl Fn(&Asked) -> Reply>,
    field: &str,
    typed: &str,
    limit: usize,
) -> Vec<Choice> {
    let settings = json!({"server": first_step()}).to_string();
    block_on(choices(script, &settings, field, typed, limit)).expect("choices")
}

fn labels(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(|choice| choice.label.as_str()).collect()
}

#[test]
fn rooms_are_listed_by_name_with_what_distinguishes_them() {
    let rooms = choose(&tenant(some_rooms()), ROOMS, "", 100);
    let choice = |value: &str, label: &str, hint: Option<&str>| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: hint.map(str::to_owned),
    };
    assert_eq!(
        rooms,
        [
            choice("r2", "adams", Some("Annex, floor 3, 1 person")),
            choice("r3", "Baker", None),
            choice("r1", "Rainier", Some("Main building, floor P, 8 people")),
        ]
    );
}

#[test]
fn rooms_are_found_by_the_building_that_holds_them() {
    let rooms = vec![
        room("r1", "Rainier", json!({"parentId": "f1", "building": "B7", "capacity": 8})),
        room("r2", "Adams", json!({"building": "B7"})),
    ];
    let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
        path if path.contains("graph.room?") => ok(json!({ "value": rooms })),
        path if path.contains("graph.building?") => {
            ok(json!({"value": [{"placeId": "b1", "displayName": "Main building"}]}))
        }
        path if path.contains("graph.floor?") => {
            ok(json!({"value": [{"placeId": "f1", "displayName": "Floor A", "parentId": "b1"}]}))
        }
        _ => nothing(),
    });
    let found = choose(&script, ROOMS, "main", 100);
    assert_eq!(labels(&found), ["Rainier"]);
    assert_eq!(found[0].hint.as_deref(), Some("Main building, Floor A, 8 people"));
}

#[test]
fn every_typed_word_must_match() {
    let script = tenant(some_rooms());
    for (typed, found) in [
        ("rain", &["Rainier"][..]),
        ("RAIN", &["Rainier"]),
        ("  main   p ", &["Rainier"]),
        ("quiet", &["adams"]),
        ("r3@contoso.com", &["Baker"]),
        ("8 people", &["Rainier"]),
        ("contoso", &["adams", "Baker", "Rainier"]),
        ("rainier annex", &[]),
        ("elsewhere", &[]),
        ("   ", &["adams", "Baker", "Rainier"]),
    ] {
        assert_eq!(labels(&choose(&script, ROOMS, typed, 100)), found, "{typed}");
    }
}

#[test]
fn choices_are_sorted_over_all_pages_before_they_are_cut() {
    let rooms = (0..250)
        .map(|number| room(&format!("r{number}"), &format!("Room {:03}", 249 - number), json!({})));
    let script = tenant(rooms.collect());
    assert_eq!(choose(&script, ROOMS, "", usize::MAX).len(), 250);
    assert_eq!(
        labels(&choose(&script, ROOMS, "", 2)),
        ["Room 000", "Room 001"],
        "of the last page"
    );
    assert_eq!(labels(&choose(&script, ROOMS, "room 000", 100)), ["Room 000"]);
    assert_eq!(choose(&script, ROOMS, "", 0), []);
}

#[test]
fn rooms_that_a_sync_cannot_read_and_duplicates_are_not_offered() {
    let mut rooms = some_rooms();
    rooms.push(room("r1", "Rainier again", json!({})));
    rooms.push(json!({"placeId": "r4", "displayName": "Without address"}));
    rooms.push(room("r5", "Odd", json!({"building": {}})));
    let found = choose(&tenant(rooms), ROOMS, "", 100);
    assert_eq!(labels(&found), ["adams", "Baker", "Rainier"]);
}

#[test]
fn later_steps_may_be_unfinished_but_the_first_may_not() {
    let script = tenant(some_rooms());
    let with = |settings: Value| {
        block_on(choices(&script, &settings.to_string(), ROOMS, "", 100)).map(|it| it.len())
    };
    let unfinished = json!({
        "server": first_step(),
        "rooms": {"select": []},
        "users": {"loginButton": ""},
        "later": 7,
    });
    assert_eq!(with(unfinished), Ok(3));
    let before = script.asked.borrow().len();
    let mut wrong = first_step();
    wrong["tenantId"] = json!("contoso");
    wrong["clientSecret"] = json!("");
    let fields = |settings| match with(settings) {
        Err(Error::InvalidSettings(fields)) => {
            fields.into_iter().map(|field| field.field).collect()
        }
        other => panic!("{other:?}"),
    };
    let found: Vec<_> = fields(json!({ "server": wrong }));
    assert_eq!(found, ["/server/tenantId", "/server/clientSecret"]);
    assert_eq!(fields(json!({})), ["/server"]);
    assert_eq!(fields(json!("no object")), ["/server"]);
    assert_eq!(script.asked.borrow().len(), before, "no request is sent");
}

#[test]
fn a_field_without_choices_is_unsupported() {
    let script = tenant(some_rooms());
    for field in ["", "/", "/server/name", "/rooms", "/rooms/select/0", "rooms/select"] {
        let refused = block_on(choices(&script, "{}", field, "", 100));
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{field}: {refused:?}");
    }
    assert_eq!(script.asked.borrow().len(), 0);
}

#[test]
fn choices_of_card_numbers_need_no_request_and_are_valid_settings() {
    let script = Script::new(|_| nothing());
    let all = choose(&script, CARD_NUMBER, "", 100);
    assert_eq!(all.len(), 18);
    assert_eq!(all[0].label, "Pager");
    for choice in &all {
        super::script::settings(json!({"users": {"cardNumber": choice.value}}));
    }
    assert_eq!(labels(&choose(&script, CARD_NUMBER, "employee", 100)), ["Employee ID"]);
    assert_eq!(
        labels(&choose(&script, CARD_NUMBER, "attribute 15", 100)),
        ["Extension attribute 15"]
    );
    assert_eq!(
        labels(&choose(&script, CARD_NUMBER, "extensionattribute7", 9)),
        ["Extension attribute 7"]
    );
    assert_eq!(choose(&script, CARD_NUMBER, "", 3).len(), 3);
    assert_eq!(script.asked.borrow().len(), 0);
}

#[test]
fn a_refusal_of_graph_is_reported() {
    let script = Script::new(|asked: &Asked| match asked.path.contains("/places/") {
        true => refused(403, "Authorization_RequestDenied"),
        false => nothing(),
    });
    let settings = json!({"server": first_step()}).to_string();
    let refused = block_on(choices(&script, &settings, ROOMS, "", 100));
    assert!(matches!(refused, Err(Error::PermissionMissing(_))), "{refused:?}");
}

#[test]
fn groups_are_offered_by_the_beginning_of_their_name_or_by_id() {
    let id = "0000000a-0000-4000-8000-000000000001";
    let group = |name: &str, types: Value, security: bool| {
        json!({"id": id, "displayName": name, "mail": null, "groupTypes": types,
            "securityEnabled": security})
    };
    let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
        path if path.starts_with(&format!("/v1.0/groups/{id}?")) => {
            ok(with(group("Staff", json!([]), false), "mail", json!("staff@contoso.com")))
        }
        path if path.starts_with("/v1.0/groups/") => {
            Reply::Json(404, json!({"error": {"code": "Request_ResourceNotFound", "message": ""}}))
        }
        path if path.contains("/groups?") => ok(json!({"value": [
            group("Zebra", json!([]), true),
            group("O'Hara", json!(["Unified"]), false),
            group("apes", json!(["DynamicMembership"]), true),
            {"displayName": "no id"},
        ]})),
        _ => nothing(),
    });
    let ask = |typed: &str| choose(&script, "/users/onlyGroups", typed, 10);
    let reported: Vec<_> =
        ask("O'Ha").into_iter().map(|it| (it.label, it.hint.unwrap_or_default())).collect();
    let expected = [
        ("apes", "security group, members by a rule"),
        ("O'Hara", "Microsoft 365 group"),
        ("Zebra", "security group"),
    ];
    assert_eq!(reported, expected.map(|(label, hint)| (label.to_owned(), hint.to_owned())));
    let path = script.paths().pop().expect("a path");
    assert!(path.contains("$filter=startswith%28displayName,%27O%27%27Ha%27%29%20or%20"), "{path}");
    let found = ask(id);
    assert_eq!(found[0].hint.as_deref(), Some("distribution list, staff@contoso.com"));
    assert_eq!(ask("0000000b-0000-4000-8000-000000000001"), []);
    assert!(!ask("").is_empty());
    assert!(!script.paths().pop().expect("a path").contains("$filter"));
}
