//! The bookings of one room in a week.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    dates,
    day::Asked,
    timeline::{Group, Reading, Row, Timeline, bars},
    track::Track,
    viewer::Viewer,
    words,
};
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, ProblemView, page, problem},
    },
    store::RoomBookings,
    zones,
};

/// Number of days of a week.
const DAYS: i64 = 7;

#[derive(Template)]
#[template(path = "bookings/week.html")]
struct WeekPage<'a> {
    page: Page,
    viewer: &'a Viewer,
    room: &'a RoomBookings,
    monday: Date,
    timeline: Timeline,
}

impl WeekPage<'_> {
    fn address(&self, days: i64) -> String {
        let day = dates::later(self.monday, days).to_string();
        self.viewer.week(&self.room.room.id, &day)
    }

    fn days(&self) -> String {
        let last = dates::later(self.monday, DAYS - 1);
        format!("{} – {}", words::day(self.monday), words::day(last))
    }

    /// Returns the failure of the room's sync, which only the administrator sees.
    fn failing(&self) -> Option<ProblemView<'_>> {
        let failing = self.room.failing.as_ref().filter(|_| self.viewer.is_admin())?;
        Some(problem(&failing.problem, "failing"))
    }
}

pub(in crate::serve) async fn show(
    app: &App,
    viewer: Viewer,
    room: String,
    asked: Asked,
) -> Result<Response, Failure> {
    let day = dates::read(&asked.day)?;
    if viewer.settings.is_none() && !viewer.is_admin() {
        return Err(Failure::not_found());
    }
    let id = viewer.integration;
    let now = Timestamp::now().as_second();
    let monday =
        move |zone: &TimeZone| dates::monday(day.unwrap_or_else(|| zones::day_of(now, zone)));
    let found = app.look(move |store| {
        store.listed_at(
            id,
            |found| found.id == room,
            |zone| zones::days(monday(zone), dates::later(monday(zone), DAYS), zone),
        )
    });
    let room = found.await?.pop().ok_or_else(Failure::not_found)?;
    let zone = zones::zone_or_utc(&room.zone);
    let monday = monday(&zone);
    let groups = groups(&viewer, monday, &zone, &room);
    Ok(page(&WeekPage {
        page: viewer.page(&format!("{}, week of {}", room.room.name, words::day(monday))),
        monday,
        timeline: Timeline { base: viewer.base.clone(), rows: "Day", groups },
        room: &room,
        viewer: &viewer,
    }))
}

/// Returns the days. Days on which the clock changes have a time axis of their own.
fn groups(viewer: &Viewer, monday: Date, zone: &TimeZone, room: &RoomBookings) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for track in (0..DAYS).map(|days| Track::new(dates::later(monday, days), zone.clone())) {
        let name = words::short_day(track.day);
        if groups.last().is_none_or(|group| group.axis != track.axis) {
            groups.push(Group::new(format!("From {name}"), &room.zone, &track));
        }
        let (bars, more) = bars(viewer, &track, &room.bookings);
        if let Some(group) = groups.last_mut() {
            let address = format!("{}?day={}", viewer.base, track.day);
            // That they may have changed is above the days.
            let reading = match room.read_at {
                Some(_) => Reading::Known,
                None => Reading::Unknown,
            };
            let book = viewer
                .books
                .then(|| (viewer.book(&room.room.id, &track.day.to_string()), name.clone()));
            group.rows.push(Row { name, address, hint: String::new(), book, reading, bars, more });
        }
    }
    groups
}
