//! The page on which the administrator makes a room free again, whoever booked it.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::booker::{Booker, Who};
use crate::{
    serve::{
        app::App,
        bookings::words,
        failure::Failure,
        guard::Posted,
        view::{Page, page},
    },
    store::{BookingPage, ReleaseState, StoreError},
    zones,
};

/// The address of a booking.
#[derive(Deserialize)]
pub(super) struct Numbered {
    number: i64,
}

#[derive(Template)]
#[template(path = "reservations/release.html")]
struct Release<'a> {
    page: Page,
    booker: &'a Booker,
    found: &'a BookingPage,
    zone: TimeZone,
}

impl Release<'_> {
    fn title(&self) -> &str {
        self.booker.viewer.sees.label(&self.found.booking)
    }

    fn when(&self) -> String {
        words::when(&self.found.booking, &self.zone)
    }

    fn back(&self) -> String {
        self.booker.viewer.booking(&self.found.booking)
    }

    fn organizer(&self) -> Option<&str> {
        let organizer = self.booker.viewer.sees.organizer(&self.found.booking)?;
        organizer.name.as_deref().or(organizer.email.as_deref())
    }
}

/// Returns the booking that the administrator sees.
async fn find(app: &App, booker: &Booker, number: i64) -> Result<BookingPage, Failure> {
    booker.check_books()?;
    if booker.user.is_some() {
        return Err(Failure::not_found());
    }
    let id = booker.viewer.integration;
    let found = app.look(move |store| store.booking(id, number, Timestamp::now())).await?;
    let found = found.filter(|found| found.booking.history.gone.is_none());
    found.ok_or_else(Failure::not_found)
}

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(Numbered { number }): Path<Numbered>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let found = find(&app, &booker, number).await?;
    let zone = zones::zone_or_utc(&found.zone);
    let shown = booker.viewer.page(&format!("Release {}", found.room.name));
    Ok(page(&Release { page: shown, booker: &booker, found: &found, zone }))
}

pub(super) async fn release<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(Numbered { number }): Path<Numbered>,
    posted: Posted,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let entered = posted.checked(booker.csrf())?;
    let found = find(&app, &booker, number).await?;
    let comment = entered.text("comment").unwrap_or_default().trim().to_owned();
    let booking = match (entered.text("what"), &found.booking.booking.series) {
        (Some("series"), Some(series)) => series.clone(),
        _ => found.booking.booking.id.clone(),
    };
    let room = found.room.id.clone();
    let stored = super::store(&app, &booker, move |store, id, by, now| {
        store.release(id, &room, &booking, &comment, by, now)
    });
    stored.await?.map_err(|error| super::refused(&error))?;
    Ok(Redirect::to(&booker.viewer.booking(&found.booking)).into_response())
}

/// Answers the script of the booking's page: without content once the release is carried out, or
/// has failed.
pub(super) async fn state<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(Numbered { number }): Path<Numbered>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    if booker.user.is_some() {
        return Err(Failure::not_found());
    }
    let id = booker.viewer.integration;
    let waits = app.look(move |store| {
        let Some(found) = store.booking(id, number, Timestamp::now())? else { return Ok(false) };
        let booking = &found.booking.booking;
        for booking in [Some(&booking.id), booking.series.as_ref()].into_iter().flatten() {
            // Another one is requested only after this one was carried out, or has failed.
            let last = store.last_release(id, &found.room.id, booking)?;
            if last.is_some_and(|row| row.state == ReleaseState::Waiting) {
                return Ok(true);
            }
        }
        Ok::<_, StoreError>(false)
    });
    Ok(match waits.await? {
        true => page(&Waits),
        false => StatusCode::NO_CONTENT.into_response(),
    })
}

#[derive(Template)]
#[template(
    source = r#"<p role="status"><strong>The release of the room was requested.</strong> The room
is taken until it is carried out.</p>"#,
    ext = "html"
)]
struct Waits;
