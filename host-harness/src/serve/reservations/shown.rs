//! The page of a booking that was made in ONES.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    One,
    booker::{Booker, Who},
    change::{EXTENSIONS, running},
    repeat,
    state::{self, Mark},
    when,
};
use crate::{
    model::BookingCalendar,
    problem::Problem,
    serve::{
        app::App,
        bookings::{HistoryView, history, words},
        failure::Failure,
        view::{self, Page, ProblemView, page},
    },
    store::{HistoryEntry, Reservation, ReservedRoom},
    zones,
};

/// The part of the page that changes by itself.
#[derive(Template)]
#[template(path = "reservations/state.html")]
struct StateView<'a> {
    booker: &'a Booker,
    found: &'a Reservation,
    zone: TimeZone,
    /// The address of the booking of each room that ONES has read.
    links: Vec<Option<String>>,
    problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "reservations/reservation.html")]
struct Shown<'a> {
    page: Page,
    booker: &'a Booker,
    found: &'a Reservation,
    zone: TimeZone,
    state: StateView<'a>,
    history: HistoryView,
    now: Timestamp,
}

impl StateView<'_> {
    fn mark(&self) -> Mark {
        state::mark(self.found)
    }

    fn room_mark(&self, room: &ReservedRoom) -> Mark {
        state::room_mark(room, self.found)
    }

    fn when(&self) -> String {
        state::when(self.found, &self.zone)
    }

    fn dates(&self, room: &ReservedRoom) -> Vec<String> {
        room.declined.iter().map(|time| words::time(time, &self.zone)).collect()
    }

    fn rooms(&self) -> impl Iterator<Item = (&ReservedRoom, Option<&str>)> {
        self.found.rooms.iter().zip(self.links.iter().map(Option::as_deref))
    }

    fn count(&self, dates: usize) -> String {
        view::counted(dates as u64, "date")
    }

    fn reason(&self, room: &ReservedRoom) -> Option<Problem> {
        let reason = room.reason.as_ref()?;
        Some(match self.booker.user {
            Some(_) => state::for_user(reason, false),
            None => reason.clone(),
        })
    }

    fn problem_view<'a>(&self, problem: &'a Problem) -> ProblemView<'a> {
        view::problem(problem, "problem")
    }

    fn is_admin(&self) -> bool {
        self.booker.user.is_none()
    }
}

impl Shown<'_> {
    fn address(&self) -> String {
        self.booker.viewer.reservation(&self.found.reference)
    }

    fn zone(&self) -> String {
        let name = &self.found.request.time_zone;
        words::zone(name, self.found.instants, &self.zone)
    }

    fn repeats(&self) -> Option<String> {
        self.found.request.recurrence.as_ref().map(repeat::in_words)
    }

    fn organizer(&self) -> String {
        let organizer = &self.found.request.organizer;
        match (&organizer.name, &organizer.email) {
            (Some(name), Some(email)) => format!("{name} ({email})"),
            (name, email) => name.clone().or_else(|| email.clone()).unwrap_or_default(),
        }
    }

    fn calendar(&self) -> Option<&'static str> {
        let calendar = self.found.calendar.filter(|_| self.found.state.is_open())?;
        Some(match calendar {
            BookingCalendar::Organizer => "The calendar of the organizer; the rooms are invited",
            BookingCalendar::Room => {
                "Only the calendar of the room: invited people get no meeting in theirs"
            }
        })
    }

    /// Whether the state changes soon by itself.
    fn is_open(&self) -> bool {
        state::is_open(self.found)
    }

    /// Whether the booking can be changed and cancelled.
    fn is_changeable(&self) -> bool {
        let time = self.found.time.as_ref().unwrap_or(&self.found.request.time);
        let is_over =
            self.found.request.recurrence.is_none() && when::is_over(time, &self.zone, self.now);
        self.found.state.is_open() && !is_over && self.booker.viewer.books
    }

    fn is_running(&self) -> bool {
        self.is_changeable() && running(self.found, self.now.as_second()).is_some()
    }

    fn extensions(&self) -> [i64; 4] {
        EXTENSIONS
    }
}

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let found = booker.find(&app, reference).await?;
    let (id, reference) = (booker.viewer.integration, found.reference.clone());
    let read = app.look(move |store| store.reservation_history(id, &reference));
    let mut entries = read.await?;
    if !booker.viewer.shows_meeting(&found) {
        entries.iter_mut().for_each(HistoryEntry::hide_comment);
    }
    let zone = zones::zone_or_utc(&found.request.time_zone);
    let state = read_state(&app, &booker, &found, zone.clone()).await?;
    let title = format!("{} · {}", booker.viewer.title(&found), state::when(&found, &zone));
    Ok(page(&Shown {
        page: booker.viewer.page(&title),
        history: history(&app, &booker.viewer, entries),
        booker: &booker,
        found: &found,
        zone,
        state,
        now: Timestamp::now(),
    }))
}

/// Returns the part of the page that changes, for the script of the page. No content once nothing
/// changes by itself any more.
pub(super) async fn state<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let found = booker.find(&app, reference).await?;
    if !state::is_open(&found) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let zone = zones::zone_or_utc(&found.request.time_zone);
    Ok(page(&read_state(&app, &booker, &found, zone).await?))
}

async fn read_state<'a>(
    app: &App,
    booker: &'a Booker,
    found: &'a Reservation,
    zone: TimeZone,
) -> Result<StateView<'a>, Failure> {
    let id = booker.viewer.integration;
    let rooms: Vec<_> =
        found.rooms.iter().map(|it| (it.room.clone(), it.booking.clone())).collect();
    let links = app.look(move |store| {
        let numbers = rooms.iter().map(|(room, booking)| match booking {
            Some(booking) => {
                let rows = store.bookings_with_id(id, room, booking)?;
                Ok(rows.first().map(|row| row.number))
            }
            None => Ok(None),
        });
        numbers.collect::<Result<Vec<_>, crate::store::StoreError>>()
    });
    let base = &booker.viewer.base;
    let links = links.await?.into_iter().map(|number| Some(format!("{base}/{}", number?)));
    let links = links.collect();
    let problem = found.problem.as_ref().map(|problem| match booker.user {
        Some(_) => state::for_user(problem, found.waiting.is_some()),
        None => problem.clone(),
    });
    Ok(StateView { booker, found, zone, links, problem })
}
