//! The form that books rooms.

use std::sync::Arc;

use axum::{
    extract::{Query, RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    booker::{Booker, Who},
    fields::{self, Wrong, name},
    form::{self, Filled, Purpose},
    free::{self, Question},
    organizer::{self, Organizer},
    repeat, when,
    wish::{self, Repeating},
};
use crate::{
    form::Entered,
    problem::Problem,
    serve::{
        app::App,
        failure::Failure,
        guard::{Posted, pairs},
        view::{choices, page},
    },
    store::NewReservation,
    zones,
};

pub(super) async fn show<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    booker.check_books()?;
    let entered = complete(&app, &booker, sent(query)).await?;
    let rooms = form::chosen(&app, &booker, &entered).await?;
    let filled = Filled {
        booker: &booker,
        purpose: Purpose::Book,
        entered,
        rooms,
        wrong: Vec::new(),
        problem: None,
        organizers: Vec::new(),
    };
    Ok(page(&form::draw(&app, filled).await?))
}

/// Returns the fields in the address of a page.
fn sent(query: Option<String>) -> Entered {
    Entered::new(pairs(query.unwrap_or_default().as_bytes()))
}

/// Fills the fields that were not sent.
async fn complete(app: &App, booker: &Booker, sent: Entered) -> Result<Entered, Failure> {
    let rooms = form::chosen(app, booker, &sent).await?;
    let other = booker.viewer.settings.as_ref().and_then(|it| it.time_zone.as_deref());
    let (_, zone) = wish::zone(&rooms, other);
    Ok(fields::complete(sent, Timestamp::now(), &zone))
}

pub(super) async fn book<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    posted: Posted,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    booker.check_books()?;
    let entered = posted.checked(booker.csrf())?;
    let rooms = form::chosen(&app, &booker, &entered).await?;
    let read = wish::read(&entered, &rooms, Repeating::Entered, Timestamp::now());
    let is_booking = entered.text("do") == Some("book");
    let (mut wrong, mut problem, mut organizers) = (Vec::new(), None, Vec::new());
    match (read, organizer::read(&app, &booker, &entered).await?) {
        (Ok(wish), Organizer::Known(user)) if is_booking => {
            let new = NewReservation {
                rooms: wish.rooms,
                time: wish.time,
                recurrence: wish.recurrence,
                organizer: user,
                invite: wish.invite,
                title: wish.title,
                private: wish.private,
                online_meeting: wish.online,
                days: booker.days(),
                by: booker.actor(),
            };
            // The record of the wish says who made it.
            let stored =
                super::store(&app, &booker, move |store, id, _, now| store.reserve(id, new, now));
            match stored.await? {
                Ok(stored) => {
                    let to = booker.viewer.reservation(&stored.reference);
                    return Ok(Redirect::to(&to).into_response());
                }
                Err(error) => match wish::wrong_field(&error) {
                    Some(field) => wrong.push(field),
                    None => problem = Some(Problem::from(&error)),
                },
            }
        }
        (read, organizer) => {
            wrong.extend(read.err().into_iter().flatten());
            match organizer {
                Organizer::Known(_) => {}
                Organizer::Several(found) => {
                    organizers = found;
                    let text = "Several users match. Choose one of them";
                    wrong.push(Wrong::new(name::ORGANIZER, text));
                }
                Organizer::Wrong(text) => wrong.push(Wrong::new(name::ORGANIZER, text)),
            }
            if !is_booking {
                // What is not entered yet is no error.
                wrong.retain(|wrong| is_about_time(wrong.field));
            }
        }
    }
    let entered = fields::complete(entered, Timestamp::now(), &wish::zone(&rooms, None).1);
    let purpose = Purpose::Book;
    let filled = Filled { booker: &booker, purpose, entered, rooms, wrong, problem, organizers };
    Ok(page(&form::draw(&app, filled).await?))
}

/// Whether an error is shown also while the user only looks up what is free.
pub(super) fn is_about_time(field: &str) -> bool {
    [name::WHEN, name::DAY, name::FROM, name::TO, name::LAST].contains(&field)
}

/// Returns when the rooms of the form are free, for the script of the page.
pub(super) async fn free<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    booker.check_books()?;
    let entered = sent(query);
    let rooms = form::chosen(&app, &booker, &entered).await?;
    let form_zone = wish::zone(&rooms, None);
    let zone = &form_zone.1;
    let day = when::day(&entered);
    let day = day.unwrap_or_else(|_| zones::day_of(Timestamp::now().as_second(), zone));
    let changed = match entered.text("of").filter(|reference| !reference.is_empty()) {
        Some(reference) => Some(booker.find(&app, reference.to_owned()).await?),
        None => None,
    };
    let own = changed.as_ref();
    let time = wish::time(&entered, own, &form_zone).ok();
    let recurrence = repeat::read(&entered, day).ok().flatten();
    let question = Question { rooms: &rooms, day, zone, time, recurrence, own };
    Ok(page(&free::look(&app, &booker.viewer, question).await?))
}

/// Search text of the rooms.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    typed: String,
}

/// Returns the rooms that match a search text, for the script of the page.
pub(super) async fn rooms<W: Who>(
    State(app): State<Arc<App>>,
    who: W,
    Query(Typed { typed }): Query<Typed>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let booker: Booker = who.into();
    booker.check_books()?;
    let entered = sent(query);
    let other = booker.viewer.settings.as_ref().and_then(|it| it.time_zone.as_deref());
    let (_, zone) = wish::zone(&[], other);
    let time = when::read(&entered, &zone).ok();
    let found = form::offer(&app, &booker, typed.trim(), time, &[]).await?;
    Ok(page(&choices(name::ROOM, &found, &[])))
}
