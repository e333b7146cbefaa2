//! Microsoft's published payloads. They are in `tests/payloads`.

use serde_json::{Value, json};

use super::script::{Asked, GRAPH, Reply, Script, nothing, ok, settings, sync_rooms, sync_users};
use crate::{
    entra::{Asker, Proof, Refusal, read_token},
    error::Error,
    graph::GraphError,
    host::Response,
    model::{Address, Coordinates, Removed, Room, UserChange},
    secret::Secret,
};

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("../../tests/payloads/", $name, ".json"))
    };
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn response(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn rooms_of(body: &'static str) -> Vec<Room> {
    let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
        path if path.contains("microsoft.graph.roomList?") => ok(json!({"value": []})),
        path if path.contains("$skip=") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => {
            Reply::Raw(200, Vec::new(), body.to_owned())
        }
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    assert_eq!(result.expect("a good run").unreadable, 0);
    batches.into_iter().flat_map(|batch| batch.rooms).collect()
}

fn conference_room(number: u32) -> Room {
    let text = |it: &str| Some(it.to_owned());
    let first = number == 100;
    Room {
        id: format!("cf{number}@contoso.com"),
        email: format!("cf{number}@contoso.com"),
        name: format!("Conf Room {number}"),
        nickname: text("Conf Room"),
        capacity: Some(if first { 50 } else { 40 }),
        building: text(if first { "1" } else { "2" }),
        floor_number: Some(if first { 1 } else { 2 }),
        label: Some(number.to_string()),
        phone: text("000-000-0000"),
        address: Some(Address {
            street: text("4567 Main Street"),
            city: text("Buffalo"),
            state: text("NY"),
            postal_code: text("98052"),
            country: text("USA"),
        }),
        position: Some(match first {
            true => {
                Coordinates { latitude: 47.640_568_390_488_626, longitude: -122.129_373_103_380_3 }
            }
            false => {
                Coordinates { latitude: 47.640_568_390_488_625, longitude: -122.129_373_103_380_2 }
            }
        }),
        wheelchair_accessible: Some(false),
        display_device: text("surface hub"),
        booking_type: text("standard"),
        tags: match first {
            true => vec!["bean bags".to_owned()],
            false => vec!["benches".to_owned(), "nice view".to_owned()],
        },
        ..Room::default()
    }
}

#[test]
fn rooms_of_version_1_are_read_in_full() {
    assert_eq!(rooms_of(payload!("places-rooms")), [conference_room(100), conference_room(200)]);
    assert_eq!(rooms_of(payload!("places-rooms-count-no-nextlink")), [conference_room(100)]);
    assert_eq!(rooms_of(payload!("places-roomlist-rooms")), [conference_room(200)]);
}

#[test]
fn rooms_with_a_place_id_are_known_by_it() {
    let page = json!({"value": [json_of(payload!("place-room-v1-placeid"))]}).to_string();
    let room = &rooms_of(page.leak())[0];
    assert_eq!(room.id, "080ed1a0-7b54-4995-85a5-eeec751786f5");
    assert_eq!(room.floor_label.as_deref(), Some("1P"));
    assert_eq!(room.display_device.as_deref(), Some("surface hub"));
    let beta = rooms_of(payload!("places-rooms-beta-placeid"));
    let ids: Vec<_> = json_of(payload!("places-rooms-beta-placeid"))["value"]
        .as_array()
        .expect("rooms")
        .iter()
        .map(|it| it["placeId"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(beta.iter().map(|it| it.id.clone()).collect::<Vec<_>>(), ids);
}

#[test]
fn room_lists_are_asked_for_by_their_address() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        path if path.contains("microsoft.graph.roomList?") => {
            Reply::Raw(200, Vec::new(), payload!("places-roomlists").to_owned())
        }
        path if path.contains("/places/bldg2@contoso.com/microsoft.graph.roomList/rooms") => {
            Reply::Raw(200, Vec::new(), payload!("places-roomlist-rooms").to_owned())
        }
        path if path.contains("microsoft.graph.roomList/rooms") => ok(json!({"value": []})),
        path if path.contains("microsoft.graph.room?") => {
            Reply::Raw(200, Vec::new(), payload!("places-rooms").to_owned())
        }
        _ => nothing(),
    });
    let (batches, _) = sync_rooms(&script, &settings(json!({})));
    let lists: Vec<_> =
        batches.iter().flat_map(|batch| &batch.rooms).map(|it| it.lists.clone()).collect();
    assert_eq!(lists, [Vec::<String>::new(), vec!["Building 2".to_owned()]]);
}

#[test]
fn a_room_is_read_however_sparse_or_oddly_spelled() {
    let page = json!({"value": [
        {"id": "A", "emailAddress": "a@contoso.com", "displayName": "A", "capacity": "50",
         "phone": "", "geocoordinates": {"latitude": 1.5, "longitude": 2.5},
         "isWheelchairAccessible": true, "floorNumber": "3"},
        {"id": "B", "emailAddress": "b@contoso.com", "displayName": "B", "capacity": null,
         "geoCoordinates": null, "geocoordinates": null, "address": null, "tags": null,
         "phone": null},
        {"id": "C", "emailAddress": "c@contoso.com", "capacity": 0},
    ]});
    let rooms = rooms_of(page.to_string().leak());
    assert_eq!(rooms[0].capacity, Some(50));
    assert_eq!(rooms[0].phone, None);
    assert_eq!(rooms[0].floor_number, Some(3));
    assert_eq!(rooms[0].wheelchair_accessible, Some(true));
    assert_eq!(rooms[0].position, Some(Coordinates { latitude: 1.5, longitude: 2.5 }));
    assert_eq!((rooms[1].capacity, rooms[1].tags.len()), (None, 0));
    assert_eq!((rooms[2].capacity, rooms[2].name.as_str()), (Some(0), "c@contoso.com"));
}

#[test]
fn users_are_read_as_published() {
    let users = [payload!("user-get"), payload!("user-get-null-mail")].map(json_of);
    let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
        path if path.contains("latest") => ok(json!({
            "value": [],
            "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=A"),
        })),
        path if path.contains("=A") => {
            Reply::Raw(200, Vec::new(), payload!("users-delta-4-no-changes").to_owned())
        }
        path if path.starts_with("/v1.0/users?") => ok(json!({ "value": users })),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    assert_eq!(result.expect("a good run").unreadable, 0);
    let UserChange::User(adele) = &batches[0].changes[0] else { panic!("{batches:?}") };
    assert_eq!(adele.id, "87d349ed-44d7-43e1-9a83-5f2406dee5bd");
    assert_eq!(adele.username, "AdeleV@contoso.onmicrosoft.com");
    assert_eq!(adele.business_phone.as_deref(), Some("+1 425 555 0109"));
    assert_eq!(adele.office.as_deref(), Some("18/2111"));
    assert_eq!(adele.language.as_deref(), Some("en-US"));
    let UserChange::User(chris) = &batches[0].changes[1] else { panic!("{batches:?}") };
    assert_eq!((chris.email.as_deref(), chris.language.as_deref()), (None, None));
    // Microsoft's link leads to Microsoft, so it is the next checkpoint.
    assert!(batches[1].checkpoint.contains("MF1LuFYbK6Lw4DtZ4o9PDrcGekRP65WEJfDmM0H26l4v9z"));
}

#[test]
fn a_round_of_delta_is_followed_through_its_pages() {
    let answered = |asked: &Asked| match asked.path.as_str() {
        path if path.contains("latest") => ok(json!({
            "value": [],
            "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=A"),
        })),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": []})),
        path if path.contains("deltatoken=A") => {
            Reply::Raw(200, Vec::new(), payload!("users-delta-1-initial").to_owned())
        }
        path if path.contains("skiptoken=oEBwdSP6uehIAxQOWq_3Ksh") => {
            Reply::Raw(200, Vec::new(), payload!("users-delta-2-next").to_owned())
        }
        path if path.contains("skiptoken=pqwSUjGYvb3jQpbwVAwEL7yuI3dU1Lecfk") => {
            Reply::Raw(200, Vec::new(), payload!("users-delta-3-final-deltalink").to_owned())
        }
        path if path
            .contains("deltatoken=oEcOySpF_hWYmTIUZBOIfPzcwisr_rPe8o9M54L45qEXQGmvQC6T2dbL") =>
        {
            Reply::Raw(200, Vec::new(), payload!("users-delta-5-changes-removed").to_owned())
        }
        "/v1.0/$batch" => {
            let requests: Value = serde_json::from_str(&asked.body).expect("JSON");
            let respond = |request: &Value| {
                let url = request["url"].as_str().expect("a url");
                let id = url.trim_start_matches("/users/").split('?').next();
                let user = json!({"id": id, "userPrincipalName": id});
                json!({"id": request["id"], "status": 200, "body": user})
            };
            let requests = requests["requests"].as_array().expect("requests").iter();
            ok(json!({ "responses": requests.map(respond).collect::<Vec<_>>() }))
        }
        _ => nothing(),
    };
    let settings = settings(json!({}));
    let (batches, result) = sync_users(&Script::new(answered), &settings, None);
    result.expect("a good run");
    // They contain three of the selected properties; the others are read.
    let reported: Vec<_> = batches.iter().flat_map(|batch| &batch.changes).collect();
    assert_eq!(reported.len(), 6);
    let since = &batches.last().expect("a batch").checkpoint;
    let (batches, _) = sync_users(&Script::new(answered), &settings, Some(since));
    let removed = crate::model::Removal::Soft;
    let removed = UserChange::UserRemoved(Removed {
        id: "8ffff70c-1c63-4860-b963-e34ec660931d".to_owned(),
        removal: removed,
    });
    assert!(batches.iter().any(|batch| batch.changes.contains(&removed)), "{batches:?}");
}

#[test]
fn a_guest_without_a_user_type_is_known_by_the_name() {
    let reported = |settings| {
        let mut guest = json_of(payload!("users-list-guest"))["value"][0].clone();
        // Microsoft's sample leaves it out.
        guest["id"] = json!("g");
        let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
            path if path.contains("$deltatoken=") => {
                let link = format!("{GRAPH}/v1.0/users/delta?$deltatoken=A");
                ok(json!({"value": [], "@odata.deltaLink": link}))
            }
            path if path.starts_with("/v1.0/users?") => ok(json!({ "value": [guest.clone()] })),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        });
        let (batches, _) = sync_users(&script, &settings, None);
        batches.into_iter().flat_map(|batch| batch.changes).collect::<Vec<_>>()
    };
    assert_eq!(reported(settings(json!({}))), []);
    let changes = reported(settings(json!({"users": {"includeGuests": true}})));
    assert!(matches!(&changes[..], [UserChange::User(user)] if user.guest), "{changes:?}");
}

#[test]
fn token_answers_are_read() {
    let settings = settings(json!({}));
    let now = std::time::SystemTime::UNIX_EPOCH;
    let proof = Proof::Secret(Secret::new("not~a~real~secret"));
    for body in [payload!("token-success-client-credentials"), payload!("token-success-auth-code")]
    {
        // The published tokens are cut off with an ellipsis of full stops, which is fine.
        read_token(&settings, &proof, &response(200, body), now).expect("a token");
    }
}

#[test]
fn token_refusals_name_their_cause() {
    let explain = |status, body| {
        Refusal::read(&response(status, body)).explain(&settings(json!({})), Asker::App)
    };
    let cases = [
        (400, payload!("token-error-700016"), "AADSTS700016", "no app with this client ID"),
        (401, payload!("token-error-7000215"), "AADSTS7000215", "secret is wrong"),
        (401, payload!("token-error-7000222-app-named"), "AADSTS7000222", "expired"),
        (
            400,
            payload!("token-error-90002-invalid-tenant"),
            "AADSTS90002",
            "does not know this tenant",
        ),
        (400, payload!("token-error-90010"), "AADSTS90010", "does not name one tenant"),
        (
            400,
            payload!("token-error-70011-client-credentials"),
            "AADSTS70011",
            "under this address",
        ),
        (400, payload!("token-error-70011-error-uri"), "AADSTS70011", "under this address"),
        (400, payload!("token-error-50079-claims"), "AADSTS50079", "refused to issue"),
        (400, payload!("token-error-without-error-member"), "AADSTS991", "refused to issue"),
    ];
    for (status, body, code, words) in cases {
        let Error::Unauthorized(it) = explain(status, body) else { panic!("{code}") };
        assert_eq!(it.code, code);
        assert!(it.summary.contains(words), "{it:?}");
        assert!(it.detail.is_some_and(|text| text.contains(&code[6..])), "{code}");
    }
    let Error::Unavailable(it) = explain(503, payload!("token-error-503-no-description")) else {
        panic!()
    };
    assert_eq!(it.code, "http-503");
    let Error::Unexpected(it) = explain(403, "<html>") else { panic!() };
    assert_eq!(it.code, "not-entra-id");
}

#[test]
fn errors_of_graph_are_read_in_all_their_forms() {
    let read = |status, body| GraphError::read(&response(status, body));
    let cases = [
        (400, payload!("error-400-advanced-query"), "Request_BadRequest"),
        (400, payload!("error-400-expand-not-supported"), "ExpandNotSupported"),
        (400, payload!("error-400-search-needs-header"), "Request_UnsupportedQuery"),
        (403, payload!("error-403-authorization-requestdenied"), "Authorization_RequestDenied"),
        (403, payload!("error-403-erroraccessdenied"), "ErrorAccessDenied"),
        (404, payload!("error-404-mailbox-not-enabled"), "MailboxNotEnabledForRESTAPI"),
        (404, payload!("error-404-resource-not-found"), "Request_ResourceNotFound"),
        (410, payload!("error-410-syncstatenotfound"), "SyncStateNotFound"),
        (422, payload!("error-422-details"), "Request_UnprocessableEntity"),
        (429, payload!("error-429-throttled"), "TooManyRequests"),
        (500, payload!("error-500-nested-innererror"), "internalServerError"),
        (501, payload!("error-501-delta-property"), "NotImplemented"),
        (416, payload!("error-errors-md"), "invalidRange"),
        (400, payload!("error-known-issue-too-many-results"), "ErrorExceededFindCountLimit"),
        (400, payload!("error-places-empty-message"), "UnknownError"),
        (403, payload!("error-places-permission-json-in-message"), "invalid_permissions"),
    ];
    for (status, body, code) in cases {
        let error = read(status, body);
        assert_eq!((error.code.as_str(), error.is_graphs), (code, true));
    }
    assert!(read(410, payload!("error-410-syncstatenotfound")).is_forgotten_link());
    assert!(read(410, "").is_forgotten_link(), "a reset has a Location and no body");
    assert!(!read(403, payload!("error-403-erroraccessdenied")).is_forgotten_link());
    let numbers = read(400, r#"{"error": {"code": 7, "message": null}}"#);
    assert_eq!(numbers.code, "7");
}
