//! The administrator's pages, under `/admin`.
//!
//! - [`set_up`], [`log_in`]: the administrator's password and sessions.
//! - [`integrations`], [`overview`]: all integrations, and the state of one of them.
//! - [`settings`]: the wizard, with [`choices`] for its pickers, [`secrets`] for saved secrets and
//!   [`consent`] for the vendor's permissions.
//! - [`records`], [`users`], [`groups`]: the synced records.
//! - [`bookings`]: when rooms are taken, and conflicts. [`reservations`]: bookings for users.
//! - [`runs`], [`removals`]: the syncs, and the removals that they hold.
//! - [`notifications`]: whether the vendor reports changes.
//! - [`deletion`]: the end of an integration.
//! - [`policy`]: the script that sets the booking rules of rooms.

mod bookings;
mod choices;
mod consent;
mod deletion;
mod groups;
mod integrations;
mod log_in;
mod notifications;
mod overview;
mod policy;
mod records;
mod removals;
mod reservations;
mod runs;
mod secrets;
mod session;
mod set_up;
mod settings;
mod users;

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
        .route("/admin/integrations/new/choices", get(choices::list_for_new))
        .route("/admin/integrations/{id}", get(overview::show))
        .route("/admin/integrations/{id}/activity", get(overview::activity))
        .route("/admin/integrations/{id}/activity/bookings", get(overview::bookings_activity))
        .route("/admin/integrations/{id}/sync", post(overview::sync))
        .route("/admin/integrations/{id}/schedule", post(overview::schedule))
        .route("/admin/integrations/{id}/leavers", post(overview::leavers))
        .route("/admin/integrations/{id}/delete", post(deletion::delete))
        .route("/admin/integrations/{id}/settings", get(settings::first))
        .route("/admin/integrations/{id}/settings/{step}", get(settings::show).post(settings::save))
        .route("/admin/integrations/{id}/choices", get(choices::list))
        .route("/admin/integrations/{id}/consent", get(consent::begin))
        .route("/admin/integrations/{id}/users", get(records::users))
        .route("/admin/integrations/{id}/users/{user}", get(users::show))
        // The former addresses of the users' pages.
        .route("/admin/integrations/{id}/people", get(users::redirect))
        .route("/admin/integrations/{id}/people/{user}", get(users::redirect))
        .route("/admin/integrations/{id}/groups", get(groups::list))
        .route("/admin/integrations/{id}/groups/{group}", get(groups::show))
        .route("/admin/integrations/{id}/rooms", get(records::rooms))
        .route("/admin/integrations/{id}/rooms/policy", get(policy::download))
        .route("/admin/integrations/{id}/bookings", get(bookings::day))
        .route("/admin/integrations/{id}/bookings/{number}", get(bookings::booking))
        .route("/admin/integrations/{id}/bookings/rooms/{room}", get(bookings::week))
        .route("/admin/integrations/{id}/conflicts", get(bookings::conflicts))
        .route("/admin/integrations/{id}/runs", get(runs::show))
        .route("/admin/integrations/{id}/removals", get(removals::show).post(removals::decide))
        .merge(reservations::routes())
}
