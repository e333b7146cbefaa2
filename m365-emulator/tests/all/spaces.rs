//! Buildings, floors, sections and workspaces, and tenants with less of Places.

use m365_emulator::{Cloud, Config, SpaceKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Session, fixture, members, payload, properties};

async fn company() -> Session {
    Session::start(Config { users: 1, rooms: 200, workspaces: 10, ..Config::default() }).await
}

/// Returns the members of a sample that the schema has. `hasWiFi` is an error of the document: the
/// schema has `wifiState`.
fn known(sample: &Value) -> Vec<&str> {
    members(sample).into_iter().filter(|member| *member != "hasWiFi").collect()
}

#[track_caller]
fn looks_as(places: &[Value], sample: &Value) {
    let has = |place: &Value, member: &str| member.starts_with('@') || place.get(member).is_some();
    assert!(
        places.iter().any(|place| known(sample).iter().all(|member| has(place, member))),
        "{sample}\n{:?}",
        places.first()
    );
}

#[tokio::test]
async fn spaces_have_the_members_of_microsofts_samples() {
    let session = company().await;
    let (buildings, _) = session.all("/places/microsoft.graph.building").await;
    looks_as(&buildings, &payload("place-building-v1"));
    let (floors, _) = session.all("/places/microsoft.graph.floor").await;
    let mut floor = payload("place-floor-v1");
    // Most floors have no coordinates.
    floor.as_object_mut().unwrap().remove("geoCoordinates");
    looks_as(&floors, &floor);
    let (sections, _) = session.all("/places/microsoft.graph.section").await;
    looks_as(&sections, &payload("places-sections-beta")["value"][0]);
    let (workspaces, pages) = session.all("/places/graph.workspace").await;
    assert_eq!((workspaces.len(), pages), (10, 1));
    looks_as(&workspaces, &fixture("place-workspace-v1"));
    for (place, kind) in
        [(&buildings[0], "building"), (&floors[0], "floor"), (&workspaces[0], "workspace")]
    {
        let id = place["placeId"].as_str().unwrap();
        let alone = session.get(&format!("/places/{id}")).await.expect(200);
        assert_eq!(alone["@odata.type"], format!("#microsoft.graph.{kind}"));
        assert_eq!(alone["displayName"], place["displayName"]);
        let cast = session.get(&format!("/places/{id}/microsoft.graph.{kind}")).await;
        assert_eq!(cast.expect(200)["id"], place["id"]);
    }
    let truth = session.emulator.truth();
    assert_eq!(
        (truth.buildings, truth.floors, truth.sections, truth.workspaces),
        (buildings.len(), floors.len(), sections.len(), 10)
    );
}

#[tokio::test]
async fn every_parent_leads_to_a_building() {
    let session = company().await;
    let mut spaces = session.emulator.spaces(SpaceKind::Building);
    let buildings = spaces.len();
    spaces.extend(session.emulator.spaces(SpaceKind::Floor));
    let floors = spaces.len() - buildings;
    spaces.extend(session.emulator.spaces(SpaceKind::Section));
    assert!(buildings > 1 && floors > buildings && spaces.len() > buildings + floors);
    let parent = |place: &Value| {
        let id = place.get("parentId")?;
        Some(spaces.iter().position(|space| &space["placeId"] == id).expect("a parent"))
    };
    let (mut on_floors, mut in_sections) = (0, 0);
    for place in session.emulator.rooms().iter().chain(&session.emulator.workspaces()) {
        let Some(at) = parent(place) else { continue };
        let floor = if at >= buildings + floors {
            in_sections += 1;
            parent(&spaces[at]).unwrap()
        } else {
            on_floors += 1;
            at
        };
        assert_eq!(spaces[floor]["sortOrder"], place["floorNumber"]);
        let building = parent(&spaces[floor]).unwrap();
        assert!(building < buildings);
        assert_eq!(spaces[building]["label"], place["building"]);
    }
    assert!(on_floors > 20 && in_sections > 10, "{on_floors} {in_sections}");
}

#[tokio::test]
async fn a_room_list_has_rooms_and_workspaces_apart() {
    let session = company().await;
    let workspace = session.emulator.workspaces()[0].clone();
    let lists = session.emulator.room_lists();
    let list = lists
        .iter()
        .find(|list| list["rooms"].as_array().unwrap().contains(&workspace["id"]))
        .unwrap();
    let path =
        format!("/places/{}/microsoft.graph.roomlist", list["emailAddress"].as_str().unwrap());
    let (rooms, _) = session.all(&format!("{path}/rooms")).await;
    let (workspaces, _) = session.all(&format!("{path}/workspaces")).await;
    assert_eq!(rooms.len() + workspaces.len(), list["rooms"].as_array().unwrap().len());
    assert!(workspaces.iter().any(|found| found["id"] == workspace["id"]));
    assert!(rooms.iter().all(|room| room["id"] != workspace["id"]));
    let address = workspace["emailAddress"].as_str().unwrap();
    let mailbox = session.get(&format!("/users/{address}")).await.expect(200);
    assert_eq!(mailbox["displayName"], workspace["displayName"]);
}

#[tokio::test]
async fn a_page_has_a_thousand_spaces() {
    let session = Session::start(Config { users: 1, rooms: 0, ..Config::default() }).await;
    let floors = session.emulator.truth().floors;
    for number in floors..1001 {
        let floor = json!({"displayName": format!("Floor {number}"), "sortOrder": number});
        session.emulator.add_space(SpaceKind::Floor, properties(floor)).unwrap();
    }
    let (floors, pages) = session.all("/places/microsoft.graph.floor").await;
    assert_eq!((floors.len(), pages), (1001, 2));
}

#[tokio::test]
async fn spaces_and_workspaces_are_made_changed_and_removed() {
    let session = Session::with_users(1).await;
    let admin = async |method, path: &str, body| session.admin(method, path, body).await;
    for (kind, own) in [("building", "wifiState"), ("floor", "sortOrder"), ("section", "label")] {
        let path = format!("{kind}s");
        let id = admin(Method::POST, &path, Some(json!({"displayName": "One", own: "a"}))).await;
        let id = id.expect(201)["id"].as_str().unwrap().to_owned();
        admin(Method::POST, &path, Some(json!({"id": id}))).await.expect(409);
        admin(Method::POST, &path, Some(json!({"capacity": 5}))).await.expect(400);
        let one = format!("{path}/{id}");
        let change = Some(json!({"displayName": "Two"}));
        assert_eq!(admin(Method::PATCH, &one, change).await.status, 204);
        admin(Method::PATCH, &one, Some(json!({"id": "other"}))).await.expect(400);
        let place = session.get(&format!("/places/{id}")).await.expect(200);
        assert_eq!((&place["displayName"], &place[own]), (&json!("Two"), &json!("a")));
        assert_eq!(admin(Method::DELETE, &one, None).await.status, 204);
        admin(Method::DELETE, &one, None).await.expect(404);
        session.get(&format!("/places/{id}")).await.refused(404, "ResourceNotFound");
    }
    let new = json!({"displayName": "Desks", "emailAddress": "desks@contoso.com", "capacity": 12});
    admin(Method::POST, "workspaces", Some(new)).await.expect(201);
    let change = Some(json!({"@emulator.inPlaces": false}));
    assert_eq!(admin(Method::PATCH, "workspaces/desks@contoso.com", change).await.status, 204);
    session.get("/places/desks@contoso.com").await.refused(404, "ResourceNotFound");
    session.get("/users/desks@contoso.com").await.expect(200);
    admin(Method::DELETE, "rooms/desks@contoso.com", None).await.expect(404);
    assert_eq!(admin(Method::DELETE, "workspaces/desks@contoso.com", None).await.status, 204);
    session.get("/users/desks@contoso.com").await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn china_has_neither_spaces_nor_workspaces() {
    let config = Config {
        users: 1,
        rooms: 30,
        workspaces: 5,
        cloud: Cloud::China21Vianet,
        ..Config::default()
    };
    let session = Session::start(config).await;
    let truth = session.emulator.truth();
    assert_eq!((truth.buildings, truth.floors, truth.sections, truth.workspaces), (0, 0, 0, 0));
    for kind in ["building", "floor", "section", "workspace"] {
        let text = session.get(&format!("/places/microsoft.graph.{kind}")).await;
        let text = text.refused(400, "BadRequest");
        assert_eq!(text, format!("Resource not found for the segment 'microsoft.graph.{kind}'."));
    }
    let list = session.emulator.room_lists()[0]["emailAddress"].as_str().unwrap().to_owned();
    let path = format!("/places/{list}/microsoft.graph.roomlist");
    session.get(&format!("{path}/rooms")).await.expect(200);
    session.get(&format!("{path}/workspaces")).await.refused(400, "BadRequest");
    for property in ["placeId", "tags", "label"] {
        let path = format!("/places/microsoft.graph.roomList?$select={property}");
        session.get(&path).await.refused(400, "BadRequest");
    }
    session.get("/places/microsoft.graph.room?$select=tags,label").await.expect(200);
    assert!(session.emulator.add_space(SpaceKind::Floor, properties(json!({}))).is_err());
    assert!(session.emulator.add_workspace(properties(json!({}))).is_err());
}

#[tokio::test]
async fn a_tenant_can_be_without_places() {
    let config = Config { users: 1, rooms: 3, places: false, ..Config::default() };
    let session = Session::start(config).await;
    for path in ["", "/microsoft.graph.room", "/microsoft.graph.roomList", "/room-1@contoso.com"] {
        let text = session.get(&format!("/places{path}")).await.refused(400, "BadRequest");
        assert_eq!(text, "Resource not found for the segment 'places'.");
    }
    session.get("/users/room-1@contoso.com").await.expect(200);
    let settings = json!({"places": true, "roomLists": false});
    session.admin(Method::PATCH, "settings", Some(settings)).await.expect(200);
    let (rooms, _) = session.all("/places/microsoft.graph.room").await;
    let (lists, _) = session.all("/places/microsoft.graph.roomList").await;
    assert_eq!((rooms.len(), lists.len()), (3, 0));
    session.get("/places/bldg1@contoso.com").await.refused(404, "ResourceNotFound");
    session
        .get("/places/bldg1@contoso.com/microsoft.graph.roomlist/rooms")
        .await
        .refused(404, "ResourceNotFound");
}
