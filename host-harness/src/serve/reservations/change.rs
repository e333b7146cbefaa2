//! The form that changes a booking, and the buttons that end it now or extend it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;

use super::{
    One, book,
    booker::{Booker, Who},
    fields,
    form::{self, Filled, Purpose},
    wish::{self, Repeating, Wish},
};
use crate::{
    form::Entered,
    model::{BookingTime, TimeRange},
    problem::Problem,
    serve::{app::App, failure::Failure, guard::Posted, view::page},
    store::{Reservation, ReservationChange, ReservationError},
    zones,
};

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let found = booker.find(&app, reference).await?;
    let zone = zones::zone_or_utc(&found.request.time_zone);
    let entered = fields::fill(&found, &zone);
    draw(&app, &booker, &found, entered, Vec::new(), None).await
}

async fn draw(
    app: &App,
    booker: &Booker,
    found: &Reservation,
    entered: Entered,
    wrong: Vec<fields::Wrong>,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let zone = zones::zone_or_utc(&found.request.time_zone);
    let entered = fields::complete(entered, Timestamp::now(), &zone);
    let rooms = form::chosen(app, booker, &entered).await?;
    let (purpose, organizers) = (Purpose::Change(found), Vec::new());
    let filled = Filled { booker, purpose, entered, rooms, wrong, problem, organizers };
    Ok(page(&form::draw(app, filled).await?))
}

pub(super) async fn change<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
    posted: Posted,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let entered = posted.checked(booker.csrf())?;
    let found = booker.find(&app, reference).await?;
    let rooms = form::chosen(&app, &booker, &entered).await?;
    let shows_meeting = booker.viewer.shows_meeting(&found);
    let repeating =
        if shows_meeting { Repeating::Kept(&found) } else { Repeating::KeptUnseen(&found) };
    let read = wish::read(&entered, &rooms, repeating, Timestamp::now());
    let is_change = entered.text("do") == Some("book");
    let (wrong, problem) = match read {
        Ok(wish) if is_change => {
            let mut change = changed(wish, booker.days());
            if !shows_meeting {
                // The form has no fields for them.
                (change.title, change.invite, change.private) = (None, None, None);
            }
            match store(&app, &booker, &found, change).await? {
                Ok(done) => return Ok(done),
                Err(error) => match wish::wrong_field(&error) {
                    Some(field) => (vec![field], None),
                    None => (Vec::new(), Some(Problem::from(&error))),
                },
            }
        }
        Ok(_) => (Vec::new(), None),
        Err(mut wrong) => {
            wrong.retain(|wrong| is_change || book::is_about_time(wrong.field));
            (wrong, None)
        }
    };
    draw(&app, &booker, &found, entered, wrong, problem).await
}

fn changed(wish: Wish, days: Option<u16>) -> ReservationChange {
    ReservationChange {
        rooms: Some(wish.rooms),
        time: Some(wish.time),
        invite: Some(wish.invite),
        title: Some(wish.title),
        private: Some(wish.private),
        online_meeting: Some(wish.online),
        days,
        ..ReservationChange::default()
    }
}

/// Changes the end of a booking that takes place now: to the next minute, or to a later time.
pub(super) async fn end<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Path(One { reference }): Path<One>,
    posted: Posted,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    let entered = posted.checked(booker.csrf())?;
    let found = booker.find(&app, reference).await?;
    let now = Timestamp::now().as_second();
    let Some(time) = running(&found, now) else {
        return Err(not_running());
    };
    let ends = match entered.text("do") {
        // The next full minute.
        Some("end") => now - now.rem_euclid(60) + 60,
        _ => {
            let minutes: Option<i64> = entered.text("minutes").and_then(|text| text.parse().ok());
            let minutes = minutes.filter(|minutes| EXTENSIONS.contains(minutes));
            time.ends + minutes.unwrap_or(EXTENSIONS[0]) * 60
        }
    };
    let time = BookingTime::Hours(TimeRange { ends, ..time });
    let change = ReservationChange { time: Some(time), ..ReservationChange::default() };
    match store(&app, &booker, &found, change).await? {
        Ok(done) => Ok(done),
        Err(error) => Err(super::refused(&error)),
    }
}

/// Minutes by which a booking can be extended.
pub(super) const EXTENSIONS: [i64; 4] = [15, 30, 45, 60];

/// Returns the time of a booking that takes place now. A date of a series cannot be changed alone.
pub(super) fn running(found: &Reservation, now: i64) -> Option<TimeRange> {
    let time = match found.time.as_ref()? {
        BookingTime::Hours(time) => *time,
        BookingTime::Days(_) => return None,
    };
    let is_now = time.starts <= now && now < time.ends;
    (is_now && found.request.recurrence.is_none() && found.state.is_open()).then_some(time)
}

fn not_running() -> Failure {
    Failure::new(
        axum::http::StatusCode::CONFLICT,
        "not-running",
        "The booking does not take place now, so nothing was changed",
        "Open its page, and choose Change",
    )
}

async fn store(
    app: &App,
    booker: &Booker,
    found: &Reservation,
    change: ReservationChange,
) -> Result<Result<Response, ReservationError>, Failure> {
    let reference = found.reference.clone();
    let stored = super::store(app, booker, move |store, id, by, now| {
        store.change_reservation(id, &reference, change, by, now)
    });
    Ok(stored
        .await?
        .map(|stored| Redirect::to(&booker.viewer.reservation(&stored.reference)).into_response()))
}
