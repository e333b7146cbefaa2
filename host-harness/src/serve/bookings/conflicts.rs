//! Bookings that take the same room at the same time.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, tz::TimeZone};

use super::{viewer::Viewer, words};
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, page},
    },
    store::{BookingRow, ConflictRow},
    zones,
};

/// Largest number of conflicts on the page.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "bookings/conflicts.html")]
struct Conflicts<'a> {
    page: Page,
    viewer: &'a Viewer,
    rows: Vec<ConflictRow>,
    count: usize,
}

impl Conflicts<'_> {
    fn both(&self, row: &ConflictRow) -> String {
        words::range(row.both, &zone(row))
    }

    fn zone(&self, row: &ConflictRow) -> String {
        words::zone(&row.zone, row.both, &zone(row))
    }

    fn when(&self, booking: &BookingRow, row: &ConflictRow) -> String {
        words::when(booking, &zone(row))
    }

    /// Returns the address of the week of the room in which the conflict begins.
    fn week(&self, row: &ConflictRow) -> String {
        let day = zones::day_of(row.both.starts, &zone(row));
        self.viewer.week(&row.room.id, &day.to_string())
    }
}

fn zone(row: &ConflictRow) -> TimeZone {
    zones::zone_or_utc(&row.zone)
}

pub(in crate::serve) async fn show(app: &App, viewer: Viewer) -> Result<Response, Failure> {
    let id = viewer.integration;
    let mut rows = app.look(move |store| store.conflicts(id, Timestamp::now())).await?;
    let count = rows.len();
    rows.truncate(LISTED);
    Ok(page(&Conflicts { page: viewer.page("Conflicts"), viewer: &viewer, rows, count }))
}
