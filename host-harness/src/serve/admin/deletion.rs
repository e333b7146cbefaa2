//! Deleting an integration. Nothing is changed at the vendor, except that its notifications end.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{overview, session::Admin};
use crate::{
    serve::{app::App, failure::Failure, guard::Posted},
    store::IntegrationId,
};

/// Deletes an integration whose name was typed to confirm it.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let id = IntegrationId::from(id);
    let name = app.name(id).await?;
    if entered.text("name").map(str::trim) != Some(name.trim()) {
        return Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "deletion-not-confirmed",
            "The name is not that of the integration, so nothing was deleted",
            "Go back and enter the name of the integration",
        ));
    }
    if app.runner.activity(id).is_some() || app.runner.bookings_activity(id).is_some() {
        return Ok(overview::back(id.get(), "?note=busy"));
    }
    let Some(ended) = app.notifications.end(id).await else {
        return Ok(overview::back(id.get(), "?note=busy"));
    };
    app.store(move |store| store.forget_integration(id)).await?;
    drop(ended);
    Ok(Redirect::to("/admin?note=deleted").into_response())
}
