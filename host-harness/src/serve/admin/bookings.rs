//! The pages of bookings, for the administrator.

mod summary;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};

use super::session::Admin;
use crate::serve::{
    app::App,
    bookings::{self, Asked, Viewer},
    failure::Failure,
};
pub(super) use summary::BookingsSummary;

pub(super) async fn viewer(app: &App, Admin(session): Admin, id: i64) -> Result<Viewer, Failure> {
    let name = app.name(id.into()).await?;
    // Bookings that are stored are shown also where the settings cannot be decrypted.
    let settings = app.opened_settings(id.into()).await?.ok();
    let settings = settings.and_then(|settings| settings.bookings());
    Ok(Viewer::admin(app, id.into(), name, settings, &session.csrf))
}

pub(super) async fn day(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    bookings::day(&app, viewer(&app, admin, id).await?, asked).await
}

pub(super) async fn week(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path((id, room)): Path<(i64, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    bookings::week(&app, viewer(&app, admin, id).await?, room, asked).await
}

pub(super) async fn booking(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path((id, number)): Path<(i64, i64)>,
) -> Result<Response, Failure> {
    bookings::booking(&app, viewer(&app, admin, id).await?, number).await
}

pub(super) async fn conflicts(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    bookings::conflicts(&app, viewer(&app, admin, id).await?).await
}
