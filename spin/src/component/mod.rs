//! The component: the plugin's functions over the generated bindings, and its errors as problems.

mod host;
mod response;

use futures_util::stream;
use http::StatusCode;
use ones_records::{
    BookingRequest, BookingTime, Callback, Error, Explanation, Notification, NotificationRequest,
    Purpose, Redirect, RoomPosition, RoomUpdate, Subscription, Summary, TimeRange, WatchRequest,
    WatchResult,
};
use serde_json::{Value, json};
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
    wit_bindgen::{FutureReader, StreamReader},
};

use self::host::Runtime;
use crate::{
    outcome,
    plugin::{self, Batch, Plugin, Run},
    problem::Problem,
    routes,
};

spin_sdk::wit_bindgen::generate!({
    inline: "package ones:front; world front { import ones:integration/integration@0.1.0; }",
    path: "../wit",
    world: "ones:front/front",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    with: { "ones:integration/types@0.1.0": ones_records },
    generate_all,
});

use ones::integration::integration;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    response::send(routes::handle(&Runtime, &Imported, request).await)
}

/// The plugin's code for a server to which the host does not allow requests.
const DENIED: &str = "denied";

/// The plugin that this component is composed with.
#[derive(Clone)]
struct Imported;

impl Plugin for Imported {
    fn describe(&self) -> Value {
        json!(integration::describe())
    }

    async fn validate(&self, settings: String) -> Value {
        json!(integration::validate(settings).await)
    }

    async fn sync_rooms(&self, settings: String) -> Run {
        let (batches, end) = integration::sync_rooms(settings).await;
        run(batches, end)
    }

    async fn sync_users(&self, settings: String, since: Option<String>) -> Run {
        let (batches, end) = integration::sync_users(settings, since).await;
        run(batches, end)
    }

    async fn sync_bookings(
        &self,
        settings: String,
        rooms: Vec<RoomPosition>,
        window: TimeRange,
    ) -> Run {
        let (updates, end) = integration::sync_bookings(settings, rooms, window).await;
        run(updates, end)
    }

    async fn book_room(
        &self,
        settings: String,
        request: BookingRequest,
        again: bool,
    ) -> Result<Value, Problem> {
        Ok(outcome::booking(&integration::book_room(settings, request, again).await?))
    }

    async fn check_booking(
        &self,
        settings: String,
        request: BookingRequest,
        ticket: String,
    ) -> Result<Value, Problem> {
        Ok(outcome::booking(&integration::check_booking(settings, request, ticket).await?))
    }

    async fn change_booking(
        &self,
        settings: String,
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    ) -> Result<Value, Problem> {
        let changed = integration::change_booking(settings, former, request, ticket).await?;
        Ok(outcome::booking(&changed))
    }

    async fn cancel_booking(
        &self,
        settings: String,
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    ) -> Result<(), Problem> {
        let cancelled =
            integration::cancel_booking(settings, request, ticket, occurrence, comment).await;
        Ok(cancelled?)
    }

    async fn release_room(
        &self,
        settings: String,
        room: RoomPosition,
        booking: String,
        comment: String,
    ) -> Result<(), Problem> {
        Ok(integration::release_room(settings, room, booking, comment).await?)
    }

    async fn watch(
        &self,
        settings: String,
        subjects: Vec<WatchRequest>,
        address: String,
        secret: String,
        held: Vec<Subscription>,
        sweep: bool,
    ) -> Result<Value, Problem> {
        let results = integration::watch(settings, subjects, address, secret, held, sweep).await?;
        let result = |WatchResult { subject, subscription, is_new }| {
            (subject, subscription.map_err(Problem::from), is_new)
        };
        Ok(outcome::watched(results.into_iter().map(result)))
    }

    async fn unwatch(&self, settings: String, held: Vec<Subscription>) -> Result<(), Problem> {
        Ok(integration::unwatch(settings, held).await?)
    }

    async fn handle_notification(
        &self,
        settings: String,
        secret: String,
        request: NotificationRequest,
    ) -> Result<Notification, Problem> {
        Ok(integration::handle_notification(&settings, &secret, &request)?)
    }

    async fn begin_sign_in(
        &self,
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> Result<Redirect, Problem> {
        Ok(integration::begin_sign_in(settings, redirect_uri, purpose).await?)
    }

    async fn handle_callback(
        &self,
        settings: String,
        callback: Callback,
    ) -> Result<Value, Problem> {
        Ok(plugin::outcome(integration::handle_callback(settings, callback).await?))
    }
}

fn run<T: Into<Batch> + 'static>(
    batches: StreamReader<T>,
    end: FutureReader<Result<Summary, Error>>,
) -> Run {
    let batches = stream::unfold(batches, |mut batches| async move {
        let received = batches.next().await?;
        Some((received.into(), batches))
    });
    Run { batches: Box::pin(batches), end: Box::pin(async { Ok(json!(end.await?)) }) }
}

impl From<RoomUpdate> for Batch {
    fn from(update: RoomUpdate) -> Self {
        match update {
            RoomUpdate::Batch(batch) => batch.into(),
            RoomUpdate::Failed(failure) => plugin::failed(&failure.room, &failure.error.into()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let explained = |status, it: Explanation| Self {
            status,
            code: it.code.into(),
            summary: it.summary,
            remedy: it.remedy,
            vendor: it.detail,
            fields: Box::default(),
            retry_after: None,
        };
        match error {
            Error::InvalidSettings(fields) => Self {
                fields: fields.into(),
                ..Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid-settings",
                    "Settings are wrong",
                )
            },
            Error::Unauthorized(it) | Error::PermissionMissing(it) => {
                explained(StatusCode::FORBIDDEN, it)
            }
            Error::Throttled(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "throttled",
                    format!("The vendor limits requests: try again after {seconds} seconds"),
                )
            },
            Error::Unavailable(it) if it.code == DENIED => {
                let problem = explained(StatusCode::SERVICE_UNAVAILABLE, it);
                match host::ALLOW_REMEDY {
                    Some(remedy) => problem.remedy(remedy),
                    None => problem,
                }
            }
            Error::Unavailable(it) => explained(StatusCode::SERVICE_UNAVAILABLE, it),
            Error::Unexpected(it) => explained(StatusCode::BAD_GATEWAY, it),
            Error::Rejected(it) => explained(StatusCode::BAD_REQUEST, it),
            Error::Declined(it) => explained(StatusCode::FORBIDDEN, it),
            Error::Unsupported(it) => explained(StatusCode::NOT_IMPLEMENTED, it),
            Error::Conflict(it) => explained(StatusCode::CONFLICT, it),
            Error::Cancelled => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "cancelled", "The sync was cancelled")
            }
            Error::Other(it) => explained(StatusCode::INTERNAL_SERVER_ERROR, it),
        }
    }
}
