//! The administrator's pages, under `/admin`.
//!
//! A file is a page: [`set_up`], [`log_in`], [`integrations`], the wizard in [`settings`]
//! (with [`choices`] for its pickers and [`secrets`] for what it keeps), [`overview`],
//! [`records`], [`runs`], [`removals`], [`consent`].

mod choices;
mod consent;
mod integrations;
mod log_in;
mod overview;
mod records;
mod removals;
mod runs;
mod secrets;
mod session;
mod set_up;
mod settings;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::app::App;
pub(super) use session::AdminSession;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(integrations::show))
        .route("/set-up", get(set_up::show).post(set_up::save))
        .route("/log-in", get(log_in::show).post(log_in::log_in))
        .route("/log-out", post(log_in::log_out))
        .route("/integrations/new", get(settings::show_new).post(settings::save_new))
        .route("/integrations/new/choices", get(choices::of_new))
        .route("/integrations/{id}", get(overview::show))
        .route("/integrations/{id}/activity", get(overview::activity))
        .route("/integrations/{id}/sync", post(overview::sync))
        .route("/integrations/{id}/schedule", post(overview::schedule))
        .route("/integrations/{id}/settings", get(settings::first))
        .route("/integrations/{id}/settings/{step}", get(settings::show).post(settings::save))
        .route("/integrations/{id}/choices", get(choices::of))
        .route("/integrations/{id}/consent", get(consent::begin))
        .route("/integrations/{id}/people", get(records::people))
        .route("/integrations/{id}/rooms", get(records::rooms))
        .route("/integrations/{id}/runs", get(runs::show))
        .route("/integrations/{id}/removals", get(removals::show).post(removals::decide))
}
