//! Invents the location of rooms: buildings, the floors that have rooms, and sections of some
//! floors.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::places::{Building, address};
use crate::random::Random;
use crate::tenant::place::{Kind, Space, text};

const SECTIONS: &[&str] = &["North wing", "South wing"];

/// The buildings, floors and sections of a company, to which rooms are added.
pub(super) struct Plan {
    random: Random,
    /// Ids of the buildings, in order.
    buildings: Vec<String>,
    /// Ids of a floor and of its sections, by building and floor number.
    floors: HashMap<(usize, i64), (String, Vec<String>)>,
    spaces: Vec<Space>,
}

impl Plan {
    /// Returns buildings without floors.
    pub(super) fn new(mut random: Random, buildings: &[Building]) -> Self {
        let spaces: Vec<Space> =
            buildings.iter().map(|building| space(&mut random, building)).collect();
        Self {
            random,
            buildings: spaces.iter().map(|space| text(&space.place, "id").to_owned()).collect(),
            floors: HashMap::new(),
            spaces,
        }
    }

    /// Assigns a room to its floor, or to a section of the floor. The first room of a floor adds
    /// the floor, with the room's `parentId` as its id. A room without `parentId` is not assigned.
    pub(super) fn settle(&mut self, building: usize, room: &mut Map<String, Value>) {
        let parent = text(room, "parentId").to_owned();
        let number = room.get("floorNumber").and_then(Value::as_i64);
        let (Some(number), false) = (number, parent.is_empty()) else { return };
        if !self.floors.contains_key(&(building, number)) {
            self.add_floor(building, number, &parent);
        }
        let Some((floor, sections)) = self.floors.get(&(building, number)) else { return };
        let chosen = match sections.get(self.random.below(2 * SECTIONS.len())) {
            Some(section) => section,
            None => floor,
        };
        room.insert("parentId".to_owned(), chosen.as_str().into());
    }

    pub(super) fn into_spaces(self) -> Vec<Space> {
        self.spaces
    }

    fn add_floor(&mut self, building: usize, number: i64, id: &str) {
        let name = if number < 0 { "Basement".to_owned() } else { format!("Floor {number}") };
        let place = json!({
            "id": id,
            "placeId": id,
            "displayName": name,
            "parentId": self.buildings.get(building),
            "isWheelChairAccessible": self.random.percent(80),
            "sortOrder": number,
        });
        self.add(Kind::Floor, &place);
        let mut sections = Vec::new();
        if self.random.percent(40) {
            for name in SECTIONS {
                let section = self.random.guid();
                let place =
                    json!({"id": section, "placeId": section, "displayName": name, "parentId": id});
                self.add(Kind::Section, &place);
                sections.push(section);
            }
        }
        self.floors.insert((building, number), (id.to_owned(), sections));
    }

    fn add(&mut self, kind: Kind, place: &Value) {
        let place = place.as_object().cloned().unwrap_or_default();
        self.spaces.push(Space { kind, place });
    }
}

fn space(random: &mut Random, building: &Building) -> Space {
    let id = random.guid();
    let site = building.site;
    let place = json!({
        "id": id,
        "placeId": id,
        "displayName": format!("{} {}", site.city, building.name),
        "address": address(site),
        "geoCoordinates": {
            "latitude": site.latitude,
            "longitude": site.longitude,
            "accuracy": null,
            "altitude": null,
            "altitudeAccuracy": null,
        },
        "phone": format!("{} 555 {}", site.dialling, random.digits(4)),
        "label": building.name,
        "tags": [],
        "isWheelChairAccessible": random.percent(80),
        "wifiState": "enabled",
        "resourceLinks": [],
    });
    Space { kind: Kind::Building, place: place.as_object().cloned().unwrap_or_default() }
}
