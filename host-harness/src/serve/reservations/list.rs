//! The bookings that were made in ONES: all of them, or those of a user.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    booker::{Booker, Who},
    repeat,
    state::{self, Mark},
};
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{Page, page},
    },
    store::{Reservation, ReservationFilter, ReservationPage, ReservationState},
    zones,
};

/// Largest number of bookings on the page.
const LISTED: u32 = 200;

/// What is listed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A part of the name of a room.
    #[serde(default)]
    room: String,
    /// A part of the name or the address of a user. Only for the administrator.
    #[serde(default)]
    user: String,
    #[serde(default)]
    state: String,
    /// Whether the list has also what is over, declined or cancelled.
    #[serde(default)]
    all: bool,
    #[serde(default)]
    page: u32,
}

#[derive(Template)]
#[template(path = "reservations/list.html")]
struct List<'a> {
    page: Page,
    booker: &'a Booker,
    asked: &'a Asked,
    rows: Vec<Reservation>,
    /// Whether there are more after the page.
    more: bool,
}

impl List<'_> {
    fn title(&self) -> &'static str {
        if self.is_admin() { "Bookings made in ONES" } else { "My bookings" }
    }

    fn is_admin(&self) -> bool {
        self.booker.user.is_none()
    }

    fn is_filtered(&self) -> bool {
        let Asked { room, user, state, .. } = self.asked;
        [room, user, state].iter().any(|text| !text.trim().is_empty())
    }

    fn states(&self) -> Vec<(&'static str, &'static str, bool)> {
        let states = ReservationState::ALL.into_iter();
        let chosen = |state: ReservationState| self.asked.state == state.as_str();
        states.map(|state| (state.as_str(), state::name(state), chosen(state))).collect()
    }

    fn mark(&self, row: &Reservation) -> Mark {
        let (sign, _, class) = state::mark(row);
        (sign, state::name(row.state), class)
    }

    fn when(&self, row: &Reservation) -> String {
        state::when(row, &zones::zone_or_utc(&row.request.time_zone))
    }

    fn zone<'a>(&self, row: &'a Reservation) -> &'a str {
        &row.request.time_zone
    }

    fn repeats(&self, row: &Reservation) -> Option<String> {
        row.request.recurrence.as_ref().map(repeat::in_words)
    }

    fn rooms(&self, row: &Reservation) -> String {
        let names: Vec<_> = row.rooms.iter().map(|room| room.name.as_str()).collect();
        names.join(", ")
    }

    fn organizer<'a>(&self, row: &'a Reservation) -> &'a str {
        let organizer = &row.request.organizer;
        organizer.name.as_deref().or(organizer.email.as_deref()).unwrap_or_default()
    }

    /// Returns why no room is booked, or what waits.
    fn note(&self, row: &Reservation) -> Option<String> {
        let declined = || row.rooms.iter().find_map(|room| room.reason.as_ref());
        let is_refused = matches!(row.state, ReservationState::Declined | ReservationState::Partly);
        let problem = declined().filter(|_| is_refused).or(row.problem.as_ref());
        let shown = problem.map(|problem| match self.booker.user {
            Some(_) => state::for_user(problem, row.waiting.is_some()).summary,
            None => problem.summary.clone(),
        });
        state::waiting(row).or(shown)
    }

    fn address(&self, row: &Reservation) -> String {
        self.booker.viewer.reservation(&row.reference)
    }

    fn next(&self) -> String {
        let Asked { room, user, state, all, page } = self.asked;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("room", room), ("user", user), ("state", state)] {
            query.append_pair(name, value);
        }
        if *all {
            query.append_pair("all", "true");
        }
        query.append_pair("page", &page.saturating_add(1).to_string());
        format!("?{}", query.finish())
    }
}

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let state = ReservationState::ALL.into_iter().find(|state| state.as_str() == asked.state);
    // What is declined or cancelled is not open.
    let is_open = !asked.all && state.is_none_or(ReservationState::is_open);
    let filter = ReservationFilter {
        organizer: booker.viewer.user.clone(),
        state,
        open_at: is_open.then(Timestamp::now),
        room_name: asked.room.clone(),
        organizer_name: asked.user.clone(),
        ..ReservationFilter::default()
    };
    let id = booker.viewer.integration;
    let page_asked = ReservationPage {
        latest_first: !is_open,
        skip: asked.page.saturating_mul(LISTED),
        // One more, which shows that there is another page.
        limit: LISTED + 1,
    };
    let listed = app.look(move |store| store.reservations_page(id, &filter, page_asked));
    let mut rows = listed.await?;
    let more = rows.len() > LISTED as usize;
    rows.truncate(LISTED as usize);
    let mut shown =
        List { page: booker.viewer.page(""), booker: &booker, asked: &asked, rows, more };
    shown.page = booker.viewer.page(shown.title());
    Ok(page(&shown))
}
