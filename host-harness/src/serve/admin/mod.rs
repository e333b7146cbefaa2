//! The administrator's pages, under `/admin`.
//!
//! A file is a page: [`set_up`], [`log_in`], [`integrations`], the wizard in [`settings`]
//! (with [`choices`] for its pickers and [`secrets`] for what it keeps), [`overview`],
//! [`records`], [`people`], [`groups`], [`policy`], [`runs`], [`removals`], [`consent`].

mod choices;
mod consent;
mod groups;
mod integrations;
mod log_in;
mod overview;
mod people;
mod policy;
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

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/admin", get(integrations::show))
        .route("/admin/set-up", get(set_up::show).post(set_up::save))
        .route("/admin/log-in", get(log_in::show).post(log_in::log_in))
        .route("/admin/log-out", post(log_in::log_out))
        .route("/admin/integrations/new", get(settings::show_new).post(settings::save_new))
        .route("/admin/integrations/new/choices", get(choices::of_new))
        .route("/admin/integrations/{id}", get(overview::show))
        .route("/admin/integrations/{id}/activity", get(overview::activity))
        .route("/admin/integrations/{id}/sync", post(overview::sync))
        .route("/admin/integrations/{id}/schedule", post(overview::schedule))
        .route("/admin/integrations/{id}/leavers", post(overview::leavers))
        .route("/admin/integrations/{id}/settings", get(settings::first))
        .route("/admin/integrations/{id}/settings/{step}", get(settings::show).post(settings::save))
        .route("/admin/integrations/{id}/choices", get(choices::of))
        .route("/admin/integrations/{id}/consent", get(consent::begin))
        .route("/admin/integrations/{id}/people", get(records::people))
        .route("/admin/integrations/{id}/people/{person}", get(people::show))
        .route("/admin/integrations/{id}/groups", get(groups::list))
        .route("/admin/integrations/{id}/groups/{group}", get(groups::show))
        .route("/admin/integrations/{id}/rooms", get(records::rooms))
        .route("/admin/integrations/{id}/rooms/policy", get(policy::download))
        .route("/admin/integrations/{id}/runs", get(runs::show))
        .route("/admin/integrations/{id}/removals", get(removals::show).post(removals::decide))
}
