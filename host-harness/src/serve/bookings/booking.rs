//! The page of one booking.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    history::{HistoryView, history},
    viewer::{Sees, Viewer},
    words,
};
use crate::{
    model::Hold,
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, ProblemView, page, problem},
    },
    store::{
        BookingPage, BookingRow, ConflictRow, Gone, HistoryEntry, ReleaseRow, ReleaseState,
        Reservation, StoreError,
    },
    zones,
};

#[derive(Template)]
#[template(path = "bookings/booking.html")]
struct Shown<'a> {
    page: Page,
    viewer: &'a Viewer,
    found: &'a BookingPage,
    row: &'a BookingRow,
    zone: TimeZone,
    /// Where it was made in ONES, and the viewer may see that.
    reservation: Option<Reservation>,
    /// The last request to make the room free again.
    release: Option<ReleaseRow>,
    history: Option<HistoryView>,
}

impl Shown<'_> {
    fn title(&self) -> &str {
        self.viewer.sees.label(self.row)
    }

    fn when(&self, row: &BookingRow) -> String {
        words::when(row, &self.zone)
    }

    fn zone(&self) -> String {
        words::zone(&self.found.zone, self.row.instants, &self.zone)
    }

    /// Returns the address of the week of the room in which the booking begins.
    fn week(&self) -> String {
        let day = zones::day_of(self.row.instants.starts, &self.zone);
        self.viewer.week(&self.found.room.id, &day.to_string())
    }

    /// Returns the other dates of the series.
    fn dates(&self) -> Vec<&BookingRow> {
        let others = self.found.series.iter();
        others.filter(|row| row.number != self.row.number && self.viewer.sees.shows(*row)).collect()
    }

    /// Whether the viewer sees who meets, about what, and in which other rooms.
    fn shows_meeting(&self) -> bool {
        self.viewer.sees.shows_meeting(self.row)
    }

    fn organizer(&self) -> Option<String> {
        let organizer = self.viewer.sees.organizer(self.row)?;
        match (&organizer.name, &organizer.email) {
            (Some(name), Some(email)) => Some(format!("{name} ({email})")),
            (name, email) => name.clone().or_else(|| email.clone()),
        }
    }

    fn state(&self) -> &'static str {
        match self.row.booking.hold {
            Hold::Confirmed => "Confirmed",
            Hold::Tentative => "Tentative: the room has not decided yet",
            Hold::Free => "In the calendar, but the room stays free",
        }
    }

    /// Returns the other booking of a conflict.
    fn other<'a>(&self, conflict: &'a ConflictRow) -> &'a BookingRow {
        match conflict.one.number == self.row.number {
            true => &conflict.other,
            false => &conflict.one,
        }
    }

    /// Returns why the booking ended.
    fn ended(&self, gone: &Gone) -> &'static str {
        match gone.reason.as_str() {
            "cancelled" => "The meeting was cancelled",
            "declined" => "The room declined the meeting",
            "outside-window" => "The meeting was moved to a time that ONES does not read",
            "not-in-series" => "The series no longer has this date",
            _ => "The meeting was deleted from the calendar of the room",
        }
    }

    /// Whether the viewer sees that the meeting is private.
    fn is_known_private(&self) -> bool {
        self.row.booking.private && self.viewer.sees != Sees::Times
    }

    /// Returns the failure of the last release.
    fn failed_release<'b>(&self, release: &'b ReleaseRow) -> Option<ProblemView<'b>> {
        Some(problem(release.problem.as_ref()?, "release"))
    }

    /// Whether the administrator can make the room free again.
    fn is_releasable(&self) -> bool {
        let is_over = self.row.instants.ends <= Timestamp::now().as_second();
        self.viewer.is_admin()
            && self.viewer.books
            && !is_over
            && self.row.history.gone.is_none()
            && self.row.booking.hold != Hold::Free
            && !self.is_releasing()
            && !self.is_released()
    }

    fn is_releasing(&self) -> bool {
        self.release.as_ref().is_some_and(|release| release.state == ReleaseState::Waiting)
    }

    /// Whether the room was made free, and its calendar was not read since.
    fn is_released(&self) -> bool {
        let is_released = |release: &ReleaseRow| release.state == ReleaseState::Released;
        self.row.history.gone.is_none() && self.release.as_ref().is_some_and(is_released)
    }
}

pub(in crate::serve) async fn show(
    app: &App,
    viewer: Viewer,
    number: i64,
) -> Result<Response, Failure> {
    if viewer.settings.is_none() && !viewer.is_admin() {
        return Err(Failure::not_found());
    }
    let id = viewer.integration;
    let found = app.look(move |store| store.booking(id, number, Timestamp::now())).await?;
    let found = found.filter(|found| viewer.sees.shows(&found.booking));
    let mut found = found.ok_or_else(Failure::not_found)?;
    found.elsewhere.retain(|(_, row)| viewer.sees.shows(row));
    let zone = zones::zone_or_utc(&found.zone);
    let row = &found.booking;
    let title = format!("{} · {}", viewer.sees.label(row), words::when(row, &zone));
    let shown = viewer.page(&title);
    let (reservation, release, entries) = made_in_ones(app, &viewer, &found).await?;
    let shows_history = viewer.is_admin() || reservation.is_some();
    let history =
        shows_history.then(|| history(app, &viewer, entries).and_reported(app, &viewer, row));
    Ok(page(&Shown {
        page: shown,
        viewer: &viewer,
        found: &found,
        row,
        zone,
        reservation,
        release,
        history,
    }))
}

/// Returns the reservation of a booking, where the viewer may see it, the last request to make the
/// room free again, which only the administrator sees, and the history of both.
async fn made_in_ones(
    app: &App,
    viewer: &Viewer,
    found: &BookingPage,
) -> Result<(Option<Reservation>, Option<ReleaseRow>, Vec<HistoryEntry>), Failure> {
    let (id, room) = (viewer.integration, found.room.id.clone());
    let booking = &found.booking.booking;
    let ids: Vec<_> = booking.series.iter().chain([&booking.id]).cloned().collect();
    let read = app.look(move |store| {
        let (mut reservation, mut release, mut entries) = (None, None::<ReleaseRow>, Vec::new());
        for booking in &ids {
            let found = store.last_release(id, &room, booking)?;
            release = release.into_iter().chain(found).max_by_key(|row| row.number);
            reservation = reservation.or(store.reservation_of_booking(id, &room, booking)?);
            entries.extend(store.history_of_booking(id, &room, booking)?);
        }
        Ok::<_, StoreError>((reservation, release, entries))
    });
    let (reservation, release, mut entries) = read.await?;
    if reservation.as_ref().is_some_and(|found| !viewer.shows_meeting(found)) {
        entries.iter_mut().for_each(HistoryEntry::hide_comment);
    }
    let reservation = reservation.filter(|found| viewer.manages(found));
    Ok((reservation, release.filter(|_| viewer.is_admin()), entries))
}
