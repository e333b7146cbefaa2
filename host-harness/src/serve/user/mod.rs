//! The pages of those who sign in: [`log_in`], the way to the vendor and back in
//! [`sign_in`], browsers that come back without a sign-in under way in [`unasked`], the page of
//! a sign-in that fails in [`refused`], and a page of one's own in [`me`].

mod log_in;
mod me;
mod refused;
mod session;
mod sign_in;
mod unasked;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::app::App;
pub(super) use session::PersonSession;
pub(super) use sign_in::send;

/// Where vendors send browsers back to.
pub(super) const CALLBACK: &str = "/sign-in/callback";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(log_in::show))
        .route("/sign-in/{id}", get(sign_in::begin))
        .route(CALLBACK, get(sign_in::returned_by_link).post(sign_in::returned_by_form))
        .route("/me", get(me::show))
        .route("/log-out", post(me::log_out))
}
