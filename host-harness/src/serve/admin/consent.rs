//! The redirect to the vendor's page where its administrator grants the permissions. The vendor
//! sends the browser back to [`crate::serve::user`].

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

use super::session::Admin;
use crate::{
    model::Purpose,
    serve::{app::App, departures::send, failure::Failure},
};

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    _: Admin,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    send(&app, &headers, id.into(), Purpose::Consent).await
}
