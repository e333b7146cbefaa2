//! Invents buildings and the rooms in them.

use serde_json::{Map, Value, json};

use super::names::{SITES, Site};
use super::words::{DEVICES, ROOMS, TAGS};
use crate::cloud::Cloud;
use crate::random::Random;
use crate::tenant::place::Kind;

/// A building, which is a room list in Exchange.
pub(crate) struct Building {
    pub(super) site: &'static Site,
    pub(crate) name: &'static str,
    pub(crate) list: Map<String, Value>,
}

/// Invents the buildings of the company.
pub(crate) fn buildings(random: &mut Random, domain: &str, cloud: Cloud) -> Vec<Building> {
    let all = SITES.iter().flat_map(|site| site.buildings.iter().map(move |name| (site, *name)));
    all.enumerate()
        .map(|(number, (site, name))| {
            let mut list = Map::new();
            list.insert("id".to_owned(), random.guid().to_uppercase().into());
            list.insert("displayName".to_owned(), format!("{} {name}", site.city).into());
            list.insert("address".to_owned(), address(site));
            list.insert("geoCoordinates".to_owned(), Value::Null);
            list.insert("phone".to_owned(), Value::Null);
            list.insert("emailAddress".to_owned(), format!("bldg{}@{domain}", number + 1).into());
            list.insert("placeId".to_owned(), random.guid().into());
            list.retain(|name, _| name == "id" || Kind::RoomList.has(cloud, name));
            Building { site, name, list }
        })
        .collect()
}

/// Invents the room of this number. As with real rooms, some properties are null, and some are
/// missing.
pub(crate) fn room(
    random: &mut Random,
    building: &Building,
    number: usize,
    domain: &str,
    cloud: Cloud,
) -> Map<String, Value> {
    let site = building.site;
    let mut nickname = ROOMS[number % ROOMS.len()].to_owned();
    if number >= ROOMS.len() {
        nickname = format!("{nickname} {}", number / ROOMS.len() + 1);
    }
    let floor = i32::try_from(random.below(14)).unwrap_or_default() - 1;
    let mut p = Map::new();
    let mut put = |name: &str, value: Value| {
        p.insert(name.to_owned(), value);
    };
    put("id", random.guid().to_uppercase().into());
    put("emailAddress", format!("room-{}@{domain}", number + 1).into());
    put("displayName", format!("{} {nickname}", building.name).into());
    put("nickname", nickname.into());
    let place_id = random.guid();
    // Id of the floor, if the room is the first one on it.
    let parent_id = random.guid();
    // A room that was never edited has none of the following properties.
    let edited = !random.percent(10);
    if edited {
        put("address", address(site));
        let coordinates = json!({
            "latitude": site.latitude + random.below(1000) as f64 / 1e6,
            "longitude": site.longitude + random.below(1000) as f64 / 1e6,
        });
        put("geoCoordinates", if random.percent(70) { coordinates } else { Value::Null });
        let phone = match random.below(10) {
            0 => json!(""),
            1..4 => Value::Null,
            _ => json!(format!("{} 555 {}", site.dialling, random.digits(4))),
        };
        put("phone", phone);
        put("label", json!(format!("{}{:02}", floor.max(0), number % 100)));
        put("building", json!(building.name));
        put("floorNumber", json!(floor));
        let floor_label = if floor < 0 { json!("UG") } else { json!(floor.to_string()) };
        put("floorLabel", if random.percent(60) { floor_label } else { Value::Null });
        put("isWheelChairAccessible", json!(random.percent(70)));
        put("bookingType", json!(if random.percent(85) { "standard" } else { "reserved" }));
        let mut tags: Vec<&str> = (0..random.below(4)).map(|_| random.pick(TAGS)).collect();
        tags.sort_unstable();
        tags.dedup();
        put("tags", json!(tags));
        for name in ["audioDeviceName", "videoDeviceName", "displayDeviceName"] {
            put(name, if random.percent(50) { json!(random.pick(DEVICES)) } else { Value::Null });
        }
    }
    let capacity = match random.below(20) {
        0 => Value::Null,
        1 => json!(0),
        seats => json!(2 * seats),
    };
    put("capacity", capacity);
    put("placeId", place_id.into());
    if edited && random.percent(60) {
        put("parentId", parent_id.into());
    }
    p.retain(|name, _| name == "id" || Kind::Room.has(cloud, name));
    p
}

/// Invents the workspace of this number: some desks that are booked together.
pub(crate) fn workspace(
    random: &mut Random,
    building: &Building,
    number: usize,
    domain: &str,
) -> Map<String, Value> {
    let floor = random.below(5);
    let place = json!({
        "id": random.guid().to_uppercase(),
        "emailAddress": format!("workspace-{}@{domain}", number + 1),
        "displayName": format!("{} Workspace {}", building.name, number + 1),
        "nickname": format!("Workspace {}", number + 1),
        "address": address(building.site),
        "geoCoordinates": null,
        "phone": null,
        "label": format!("W{}", number + 1),
        "building": building.name,
        "floorNumber": floor,
        "floorLabel": floor.to_string(),
        "isWheelChairAccessible": random.percent(70),
        "tags": [],
        "capacity": 2 + random.below(20),
        "placeId": random.guid(),
        "parentId": random.guid(),
        "mode": {"@odata.type": "#microsoft.graph.reservablePlaceMode"},
    });
    place.as_object().cloned().unwrap_or_default()
}

/// Returns the time zone of a room: that of its building; none if it is in no building.
pub(crate) fn time_zone_of(place: &Map<String, Value>) -> Option<&'static str> {
    let text = |name: &str| place.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, building) = (text("displayName"), text("building"));
    let has = |site: &&Site| {
        let is_named = |own: &str| name.starts_with(own) || building == own;
        site.buildings.iter().any(|own| is_named(own))
    };
    SITES.iter().find(has).map(|site| site.time_zone)
}

pub(super) fn address(site: &Site) -> Value {
    json!({
        "street": site.street,
        "city": site.city,
        "state": site.state,
        "postalCode": site.postal_code,
        "countryOrRegion": site.country,
    })
}
