//! The pages of end users.
//!
//! - [`log_in`]: the page with the sign-in buttons.
//! - [`sign_in`]: the redirects to the vendor and back.
//! - [`unasked`]: callbacks without a pending sign-in.
//! - [`me`]: the page about the signed-in user.
//! - [`bookings`]: when rooms are taken. [`reservations`]: bookings that a user makes.
//! - [`session`]: the session that a request belongs to.

mod bookings;
mod log_in;
mod me;
mod reservations;
mod session;
mod sign_in;
mod unasked;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::{app::App, site::CALLBACK};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(log_in::show))
        .route("/sign-in/{id}", get(sign_in::begin))
        .route(CALLBACK, get(sign_in::returned_by_link).post(sign_in::returned_by_form))
        .route("/me", get(me::show))
        .route("/bookings", get(bookings::day))
        .route("/bookings/{number}", get(bookings::booking))
        .route("/bookings/rooms/{room}", get(bookings::week))
        .route("/log-out", post(me::log_out))
        .merge(reservations::routes())
}
