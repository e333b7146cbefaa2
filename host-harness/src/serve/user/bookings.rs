//! The pages of bookings, for a signed-in user.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};

use super::session::SignedIn;
use crate::serve::{
    app::App,
    bookings::{self, Asked, Viewer},
    failure::Failure,
};

pub(super) async fn viewer(
    app: &App,
    SignedIn { session, .. }: &SignedIn,
) -> Result<Viewer, Failure> {
    let settings = app.settings(session.integration).await?;
    Ok(Viewer::user(
        app,
        session.integration,
        session.id.clone(),
        settings.bookings(),
        &session.csrf,
    ))
}

pub(super) async fn day(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    bookings::day(&app, viewer(&app, &signed_in).await?, asked).await
}

pub(super) async fn week(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    bookings::week(&app, viewer(&app, &signed_in).await?, room, asked).await
}

pub(super) async fn booking(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(number): Path<i64>,
) -> Result<Response, Failure> {
    bookings::booking(&app, viewer(&app, &signed_in).await?, number).await
}
