//! The page that cancels a booking, or one date of a series.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    One,
    booker::{Booker, Who},
    occurrences,
};
use crate::{
    model::BookingTime,
    serve::{
        app::App,
        bookings::words,
        failure::Failure,
        guard::Posted,
        view::{Page, page},
    },
    store::Reservation,
    zones,
};

#[derive(Template)]
#[template(path = "reservations/cancel.html")]
struct Cancel<'a> {
    page: Page,
    booker: &'a Booker,
    found: &'a Reservation,
    zone: TimeZone,
    /// The dates of a series, by their keys.
    dates: Vec<(String, BookingTime)>,
}

impl Cancel<'_> {
    fn when(&self, time: &BookingTime) -> String {
        words::time(time, &self.zone)
    }

    fn time(&self) -> String {
        self.when(self.found.time.as_ref().unwrap_or(&self.found.request.time))
    }

    fn rooms(&self) -> String {
        let names: Vec<_> = self.found.rooms.iter().map(|room| room.name.as_str()).collect();
        names.join(", ")
    }
}

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let found = booker.find(&app, reference).await?;
    let zone = zones::zone_or_utc(&found.request.time_zone);
    let dates = occurrences::coming(&app, &booker, &found, &zone, Timestamp::now()).await?;
    let shown = booker.viewer.page("Cancel the booking");
    Ok(page(&Cancel { page: shown, booker: &booker, found: &found, zone, dates }))
}

pub(super) async fn cancel<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
    posted: Posted,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let entered = posted.checked(booker.csrf())?;
    let found = booker.find(&app, reference).await?;
    let zone = zones::zone_or_utc(&found.request.time_zone);
    let occurrence = match (entered.text("what"), entered.text("date")) {
        (Some("one"), None) => return Err(no_date()),
        (Some("one"), Some(key)) => {
            let dates = occurrences::coming(&app, &booker, &found, &zone, Timestamp::now()).await?;
            let chosen = dates.into_iter().find(|(date, _)| date == key);
            Some(chosen.ok_or_else(gone)?.1)
        }
        _ => None,
    };
    let comment = entered.text("comment").unwrap_or_default().trim().to_owned();
    let reference = found.reference;
    let stored = super::store(&app, &booker, move |store, id, by, now| {
        store.cancel_reservation(id, &reference, occurrence, &comment, by, now)
    });
    let stored = stored.await?.map_err(|error| super::refused(&error))?;
    Ok(Redirect::to(&booker.viewer.reservation(&stored.reference)).into_response())
}

fn no_date() -> Failure {
    Failure::new(
        axum::http::StatusCode::BAD_REQUEST,
        "no-date",
        "No date was chosen, so nothing was cancelled",
        "Go back, and choose a date or all dates of the series",
    )
}

fn gone() -> Failure {
    Failure::new(
        axum::http::StatusCode::CONFLICT,
        "date-gone",
        "The series no longer has this date, so nothing was cancelled",
        "Go back, load the page again, and choose another date",
    )
}
