//! The bookings of all rooms on one day.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{
    dates,
    places::Places,
    timeline::{Group, Reading, Row, Timeline, bars},
    track::Track,
    viewer::Viewer,
    words,
};
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{Page, counted, page},
    },
    store::{BookableRoom, RoomBookings, StoreError},
    zones,
};

/// JSON Pointer of the setting that switches bookings on. Source: `manifest.settings-schema` in
/// `wit/types.wit`.
const BOOKINGS: &str = "/rooms/bookings";

/// Parameters of the page.
#[derive(Debug, Default, Deserialize)]
pub(in crate::serve) struct Asked {
    #[serde(default)]
    pub(super) day: String,
    #[serde(default)]
    building: String,
    #[serde(default)]
    floor: String,
}

#[derive(Template)]
#[template(path = "bookings/day.html")]
struct DayPage<'a> {
    page: Page,
    viewer: &'a Viewer,
    day: Date,
    places: Places,
    /// Whether bookings are off, and none are stored.
    is_off: bool,
    /// Whether the plugin has the setting for bookings.
    is_offered: bool,
    has_rooms: bool,
    rooms: usize,
    bookings: usize,
    timeline: Timeline,
}

impl DayPage<'_> {
    fn query(&self, days: i64) -> String {
        self.places.query(&dates::later(self.day, days).to_string())
    }

    fn title(&self) -> String {
        words::day(self.day)
    }

    fn counts(&self) -> String {
        let bookings = match self.bookings {
            0 => "Nothing is booked on this day".to_owned(),
            count => counted(count as u64, "booking"),
        };
        format!("{bookings} in {}", counted(self.rooms as u64, "room"))
    }
}

pub(in crate::serve) async fn show(
    app: &App,
    viewer: Viewer,
    asked: Asked,
) -> Result<Response, Failure> {
    let Asked { day, building, floor } = asked;
    let day = dates::read(&day)?;
    let id = viewer.integration;
    let zone = viewer.settings.as_ref().and_then(|settings| settings.time_zone.clone());
    let found = app.look(move |store| {
        let day = match day {
            Some(day) => day,
            None => dates::today(&store.bookable_rooms(id)?, zone.as_deref(), Timestamp::now()),
        };
        let mut places = Places { building, floor, ..Places::default() };
        let mut has_rooms = false;
        let selected = |room: &BookableRoom| {
            has_rooms = true;
            places.has(room)
        };
        let time = |zone: &TimeZone| zones::days(day, dates::later(day, 1), zone);
        let rooms = store.listed_at(id, selected, time)?;
        Ok::<_, StoreError>((day, places, has_rooms, rooms))
    });
    let (day, places, has_rooms, rooms) = found.await?;
    let is_stored = rooms.iter().any(|room| room.read_at.is_some() || room.failing.is_some());
    let is_off = viewer.settings.is_none() && !(viewer.is_admin() && is_stored);
    let groups = groups(&viewer, day, &rooms);
    let shown = groups.iter().flat_map(|group| &group.rows);
    let bookings = shown.map(|row| row.bars.len() + row.more).sum();
    Ok(page(&DayPage {
        page: viewer.page(&format!("Bookings on {}", words::day(day))),
        day,
        places,
        is_off,
        is_offered: app.form.steps().iter().any(|step| step.has(BOOKINGS)),
        has_rooms,
        rooms: rooms.len(),
        bookings,
        timeline: Timeline { base: viewer.base.clone(), rows: "Room", groups },
        viewer: &viewer,
    }))
}

/// Returns the rooms by building, and where a building has rooms in several time zones, by time
/// zone: each group has a time axis of its own.
fn groups(viewer: &Viewer, day: Date, rooms: &[RoomBookings]) -> Vec<Group> {
    let mut sorted: Vec<_> = rooms.iter().collect();
    // Rooms without a building come last. The order by name stays within a group.
    sorted.sort_by_key(|room| {
        let building = &room.room.building;
        (building.is_none(), building.clone(), room.zone.clone())
    });
    let mut tracks = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut latest = None;
    for room in sorted {
        let track = tracks
            .entry(room.zone.as_str())
            .or_insert_with(|| Track::new(day, zones::zone_or_utc(&room.zone)));
        let key = (&room.room.building, &room.zone);
        if latest != Some(key) {
            latest = Some(key);
            let heading = room.room.building.as_deref().unwrap_or("Rooms without a building");
            groups.push(Group::new(heading.to_owned(), &room.zone, track));
        }
        let (bars, more) = bars(viewer, track, &room.bookings);
        if let Some(group) = groups.last_mut() {
            group.rows.push(Row {
                name: room.room.name.clone(),
                address: viewer.week(&room.room.id, &day.to_string()),
                hint: hint(&room.room),
                book: viewer.books.then(|| {
                    (viewer.book(&room.room.id, &day.to_string()), room.room.name.clone())
                }),
                reading: Reading::of(room),
                bars,
                more,
            });
        }
    }
    groups
}

/// Returns floor and size of a room.
fn hint(room: &BookableRoom) -> String {
    words::floor(room).into_iter().chain(words::seats(room)).collect::<Vec<_>>().join(" · ")
}
