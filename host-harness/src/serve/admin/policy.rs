//! The script that sets the booking rules of rooms, for an administrator of the vendor.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::session::Admin;
use crate::{
    model::{BookingPolicy, Script},
    serve::{app::App, failure::Failure},
    store::IntegrationId,
};

/// The values of the form. Browsers do not send check boxes that are not checked.
#[derive(Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    window: String,
    #[serde(default)]
    longest: String,
    #[serde(default)]
    accept: bool,
    #[serde(default)]
    subject: bool,
}

impl Parameters {
    fn policy(&self) -> Option<BookingPolicy> {
        let number =
            |text: &str, max| text.trim().parse().ok().filter(|number: &u32| *number <= max);
        Some(BookingPolicy {
            auto_accept: self.accept,
            window_days: number(&self.window, 1_080)?,
            longest_minutes: number(&self.longest, 25_920)? * 60,
            keep_subject: self.subject,
        })
    }
}

pub(super) async fn download(
    State(app): State<Arc<App>>,
    _: Admin,
    Path(number): Path<i64>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let policy = parameters.policy().ok_or_else(|| {
        Failure::new(
            StatusCode::BAD_REQUEST,
            "booking-policy",
            "The number of days or hours is not valid",
            "Go back and enter 0 to 1080 days, and 0 to 25920 hours (0: no limit)",
        )
    })?;
    let settings = app.settings(id).await?;
    let rooms = app.store(move |store| store.room_addresses(id)).await?;
    let Script { file_name, text } = app.vendor.booking_script(settings, rooms, policy).await?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")),
    ];
    Ok((headers, text).into_response())
}
