//! The pages of those who sign in: [`log_in`], the way to the vendor and back in
//! [`sign_in`], browsers that come back without a sign-in under way in [`unasked`], and the
//! user's own page in [`me`].

mod log_in;
mod me;
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
        .route("/log-out", post(me::log_out))
}
