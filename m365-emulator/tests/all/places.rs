//! `/places`.

use m365_emulator::{Cloud, Config, Fault, Then};
use serde_json::json;

use crate::session::{Session, members, payload, properties};

async fn with_rooms(rooms: usize) -> Session {
    Session::start(Config { users: 2, rooms, ..Config::default() }).await
}

#[tokio::test]
async fn a_page_has_a_hundred_rooms() {
    let session = with_rooms(250).await;
    let (rooms, pages) = session.all("/places/microsoft.graph.room").await;
    assert_eq!((rooms.len(), pages), (250, 3));
    let page =
        session.get("/places/microsoft.graph.room?$top=7&$skip=248&$count=true").await.expect(200);
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    assert_eq!(page["@odata.count"], 250);
    assert!(page.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn rooms_can_come_without_a_next_link() {
    let session = with_rooms(150).await;
    session.emulator.update_settings(|settings| settings.places_next_link = false);
    let page = session.get("/places/microsoft.graph.room").await.expect(200);
    assert_eq!(page["value"].as_array().unwrap().len(), 100);
    assert!(page.get("@odata.nextLink").is_none());
    let rest = session.get("/places/microsoft.graph.room?$skip=100").await.expect(200);
    assert_eq!(rest["value"].as_array().unwrap().len(), 50);
    let past = session.get("/places/microsoft.graph.room?$skip=150").await.expect(200);
    assert_eq!(past["value"], json!([]));
}

#[tokio::test]
async fn a_room_has_the_members_of_microsofts_samples() {
    let session = with_rooms(40).await;
    let (rooms, _) = session.all("/places/microsoft.graph.room").await;
    let sample = payload("places-rooms");
    // `isManaged` and `displayDevice` are errors of the document: no schema has them.
    let is_known = |member: &&&str| !matches!(**member, "isManaged" | "displayDevice");
    let wanted: Vec<_> = members(&sample["value"][0]);
    assert!(
        rooms
            .iter()
            .any(|room| wanted.iter().filter(is_known).all(|member| room.get(*member).is_some()))
    );
    // A room that was never edited has only a name and an address.
    assert!(rooms.iter().any(|room| room.get("bookingType").is_none()));

    let email = rooms[0]["emailAddress"].as_str().unwrap();
    for key in [email, rooms[0]["placeId"].as_str().unwrap(), rooms[0]["id"].as_str().unwrap()] {
        let room = session.get(&format!("/places/{key}")).await.expect(200);
        let sample = payload("place-room-v1-placeid");
        assert_eq!(room["@odata.type"], sample["@odata.type"]);
        assert_eq!(room["id"], rooms[0]["id"]);
    }
    let selected =
        session.get("/places/microsoft.graph.room?$select=id,capacity").await.expect(200);
    assert_eq!(members(&selected["value"][0]), ["capacity", "id"]);
}

#[tokio::test]
async fn paths_are_accepted_in_the_forms_of_documents_and_libraries() {
    let session = with_rooms(3).await;
    for path in
        ["microsoft.graph.room", "microsoft.graph.room/", "graph.room", "Microsoft.Graph.Room"]
    {
        let page = session.get(&format!("/places/{path}")).await.expect(200);
        assert_eq!(page["value"].as_array().unwrap().len(), 3, "{path}");
    }
    for path in ["microsoft.graph.roomList", "microsoft.graph.roomlist", "graph.roomList"] {
        session.get(&format!("/places/{path}")).await.expect(200);
    }
    let count = session.get("/places/graph.room/$count").await;
    assert_eq!((count.status, count.text.as_str()), (200, "3"));
    assert_eq!(session.get("/places").await.refused(400, "UnknownError"), "");
}

#[tokio::test]
async fn a_room_list_has_its_rooms() {
    let session = with_rooms(60).await;
    let lists = session.get("/places/microsoft.graph.roomList").await.expect(200);
    let sample = payload("places-roomlists");
    for member in members(&sample["value"][0]) {
        // Written `geocoordinates` in the document, `geoCoordinates` in the schema.
        assert!(member == "geocoordinates" || lists["value"][0].get(member).is_some(), "{member}");
    }
    let truth = session.emulator.room_lists();
    let list = &truth[0];
    let email = list["emailAddress"].as_str().unwrap();
    let path = format!("/places/{email}/microsoft.graph.roomlist/rooms");
    let page = session.get(&path).await.expect(200);
    let ids: Vec<_> =
        page["value"].as_array().unwrap().iter().map(|room| room["id"].clone()).collect();
    assert_eq!(json!(ids), list["rooms"]);
    let encoded = email.replace('@', "%40");
    let context = page["@odata.context"].as_str().unwrap();
    assert!(
        context.ends_with(&format!("#places('{encoded}')/microsoft.graph.roomList/rooms")),
        "{context}"
    );
    // A list is named by address or place id, not by id.
    let id = list["id"].as_str().unwrap();
    session
        .get(&format!("/places/{id}/microsoft.graph.roomlist/rooms"))
        .await
        .refused(404, "ResourceNotFound");
    let entity = session.get(&format!("/places/{email}")).await.expect(200);
    assert_eq!(entity["@odata.type"], payload("place-get-roomlist")["@odata.type"]);
}

#[tokio::test]
async fn china_has_no_place_ids() {
    let config = Config { users: 1, rooms: 30, cloud: Cloud::China21Vianet, ..Config::default() };
    let session = Session::start(config).await;
    let (rooms, _) = session.all("/places/microsoft.graph.room").await;
    assert!(
        rooms.iter().all(|room| room.get("placeId").is_none() && room.get("parentId").is_none())
    );
    session.get("/places/microsoft.graph.room?$select=placeId").await.refused(400, "BadRequest");
}

#[tokio::test]
async fn places_refuses_options_that_it_does_not_serve() {
    let session = with_rooms(2).await;
    session
        .get("/places/microsoft.graph.room?$filter=capacity gt 5")
        .await
        .refused(400, "ErrorInvalidUrlQueryFilter");
    session
        .get("/places/microsoft.graph.room?$orderby=capacity")
        .await
        .refused(400, "Request_UnsupportedQuery");
    session.get("/places/microsoft.graph.room?$select=seats").await.refused(400, "BadRequest");
    session.get("/places/microsoft.graph.room?$skip=-1").await.refused(400, "BadRequest");
    session.get("/places/nowhere@contoso.com").await.refused(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_new_room_is_in_the_directory_before_it_is_in_places() {
    let session = with_rooms(2).await;
    let new = json!({
        "displayName": "Fresh",
        "emailAddress": "fresh@contoso.com",
        "@emulator.inPlaces": false,
    });
    let id = session.emulator.add_room(properties(new)).unwrap();
    let (rooms, _) = session.all("/places/microsoft.graph.room").await;
    assert_eq!(rooms.len(), 2);
    let user = session
        .get("/users/fresh@contoso.com?$select=displayName,accountEnabled,mail")
        .await
        .expect(200);
    assert_eq!(user["accountEnabled"], false);
    session
        .emulator
        .patch_room(&id, properties(json!({"@emulator.inPlaces": true, "capacity": "50"})))
        .unwrap();
    let room = session.get("/places/fresh@contoso.com").await.expect(200);
    assert_eq!(room["capacity"], "50");
    session.emulator.patch_room(&id, properties(json!({"displayName": "Stale"}))).unwrap();
    let user = session.get("/users/fresh@contoso.com?$select=displayName").await.expect(200);
    assert_eq!(user["displayName"], "Stale");
    session.emulator.remove_room("fresh@contoso.com").unwrap();
    session.get("/users/fresh@contoso.com").await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_tenant_without_exchange_online_has_neither_places_nor_calendars() {
    let session = with_rooms(3).await;
    session.emulator.update_settings(|settings| settings.exchange_online = false);
    let email = session.emulator.rooms()[0]["emailAddress"].as_str().unwrap().to_owned();
    for path in [
        "/places/microsoft.graph.room".to_owned(),
        "/places/microsoft.graph.building".to_owned(),
        format!("/places/{email}"),
        format!("/users/{email}/calendarView"),
    ] {
        let words = session.get(&path).await.refused(401, "OrganizationFromTenantGuidNotFound");
        assert!(words.contains(&session.emulator.tenant_id()), "{words}");
    }
    session.get("/users").await.expect(200);
    session.get("/groups").await.expect(200);
}

#[tokio::test]
async fn a_tenant_that_places_does_not_know_yet_has_no_places() {
    let session = with_rooms(3).await;
    session.emulator.update_settings(|settings| settings.places_provisioned = false);
    for path in ["/places/microsoft.graph.room", "/places/microsoft.graph.roomList"] {
        let words = session.get(path).await.refused(404, "UnknownError");
        assert!(words.contains("invalid_place"), "{words}");
    }
}

#[tokio::test]
async fn one_room_list_the_buildings_or_all_of_places_can_fail() {
    let session = with_rooms(30).await;
    let list = session.emulator.room_lists()[0]["emailAddress"].as_str().unwrap().to_owned();
    let other = session.emulator.room_lists()[1]["emailAddress"].as_str().unwrap().to_owned();
    let rooms_of = |list: &str| format!("/places/{list}/microsoft.graph.roomList/rooms");
    let fails = |path: &str| Fault::once(path, Then::fail(500));
    session.emulator.add_fault(fails(&rooms_of(&list))).unwrap();
    session.emulator.add_fault(fails("/places/microsoft.graph.building")).unwrap();
    session.get(&rooms_of(&other)).await.expect(200);
    session.get("/places/microsoft.graph.floor").await.expect(200);
    session.get(&rooms_of(&list)).await.expect(500);
    session.get("/places/microsoft.graph.building").await.expect(500);
    session.emulator.add_fault(fails("/places/").times(2)).unwrap();
    session.get("/places/microsoft.graph.room").await.expect(500);
    session.get(&rooms_of(&list)).await.expect(500);
    session.get("/places/microsoft.graph.room").await.expect(200);
}
