//! The pages of bookings that are made in ONES, for users and for the administrator.
//!
//! - [`mod@book`], [`change`], [`cancel`], [`release`]: what can be done with a booking.
//! - [`form`]: the form of [`mod@book`] and [`change`], with [`fields`] as they are sent, [`wish`],
//!   [`when`], [`clock`], [`mod@repeat`], [`invite`] and [`organizer`], which read them, and
//!   [`free`], which shows when the chosen rooms are free.
//! - [`list`], [`shown`]: all bookings, or those of a user, and one of them; [`state`] has the
//!   words for what is known of it.
//! - [`series`], [`occurrences`]: the dates of a series.
//! - [`booker`]: who sends a request, and what they may see.

mod book;
mod booker;
mod cancel;
mod change;
mod clock;
mod fields;
mod form;
mod free;
mod invite;
mod list;
mod occurrences;
mod organizer;
mod release;
mod repeat;
mod series;
mod shown;
mod state;
mod when;
mod wish;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{app::App, failure::Failure};
use crate::{
    problem::Problem,
    store::{Actor, IntegrationId, ReservationError, Store, StoreError},
};
pub(super) use booker::{Booker, Who};

/// The address of a reservation.
#[derive(Deserialize)]
struct One {
    reference: String,
}

/// Returns the pages of a signed-in user, or of the administrator, under the address `root`.
pub(super) fn routes<W: Who>(root: &str) -> Router<Arc<App>> {
    let at = |path: &str| format!("{root}/{path}");
    Router::new()
        .route(&at("reservations"), get(list::show::<W>))
        .route(&at("reservations/new"), get(book::show::<W>).post(book::book::<W>))
        .route(&at("reservations/free"), get(book::free::<W>))
        .route(&at("reservations/rooms"), get(book::rooms::<W>))
        .route(&at("reservations/{reference}"), get(shown::show::<W>))
        .route(&at("reservations/{reference}/state"), get(shown::state::<W>))
        .route(
            &at("reservations/{reference}/change"),
            get(change::show::<W>).post(change::change::<W>),
        )
        .route(&at("reservations/{reference}/end"), post(change::end::<W>))
        .route(
            &at("reservations/{reference}/cancel"),
            get(cancel::show::<W>).post(cancel::cancel::<W>),
        )
        .route(
            &at("bookings/{number}/release"),
            get(release::show::<W>).post(release::release::<W>),
        )
        .route(&at("bookings/{number}/release/state"), get(release::state::<W>))
}

/// Stores what a booker wishes, and has it sent. The inner error says why it cannot be stored.
async fn store<T: Send + 'static>(
    app: &App,
    booker: &Booker,
    wish: impl FnOnce(&mut Store, IntegrationId, Actor, Timestamp) -> Result<T, StoreError>
    + Send
    + 'static,
) -> Result<Result<T, ReservationError>, Failure> {
    let (id, by) = (booker.viewer.integration, booker.actor());
    let stored = app.store(move |store| match wish(store, id, by, Timestamp::now()) {
        Err(StoreError::Reservation(error)) => Ok(Err(error)),
        stored => stored.map(Ok),
    });
    let stored = stored.await?;
    if stored.is_ok() {
        app.runner.send_reservations(id);
    }
    Ok(stored)
}

/// Returns the page of a wish that cannot be stored.
fn refused(error: &ReservationError) -> Failure {
    if let ReservationError::Unknown { .. } = error {
        return Failure::not_found();
    }
    Failure::Problem(StatusCode::CONFLICT, Box::new(Problem::from(error)))
}
