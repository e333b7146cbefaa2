//! The address to which vendors report changes.
//!
//! It has neither a session nor a page. Its last part cannot be guessed, and each notification
//! carries a secret, which the plugin checks. What is refused is answered with a status alone, and
//! before anything is read where the address is not known.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Path, RawQuery, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
    routing::post,
};
use http_body_util::BodyExt as _;
use tokio::sync::SemaphorePermit;
use tracing::{info, warn};

use super::{app::App, bounds::LARGEST_NOTIFICATION, client::Client, guard::pairs};
use crate::{
    error::Error,
    model::{Notification, NotificationRequest, Refusal},
    notifications::PATH,
    plugin::CallError,
    problem::Problem,
    store::IntegrationId,
};

/// Size of a body of which many are read at the same time, in bytes. Larger ones wait for each
/// other.
const SMALL: usize = 64 << 10;

/// Time after which a vendor may try again, in seconds.
const AGAIN: HeaderValue = HeaderValue::from_static("10");

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route(&format!("{PATH}{{key}}"), post(receive))
}

/// Answers a test of the address with its text, and notifications with 202 after they are stored.
async fn receive(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let client = app.client(peer, &headers);
    let mut response = match answer(&app, client, &key, query, &headers, body).await {
        Ok(response) => response,
        Err(refused) => {
            refused.log(&app, client);
            let status = refused.status();
            match status {
                StatusCode::SERVICE_UNAVAILABLE => (status, [(RETRY_AFTER, AGAIN)]).into_response(),
                status => status.into_response(),
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why a request is not answered as its sender wishes.
enum Refused {
    /// No integration has this address.
    UnknownAddress,
    /// Nothing in it carries the secret, or no subscription in it is one of ONES.
    Forged(IntegrationId),
    TooLarge(IntegrationId),
    TooSlow(IntegrationId),
    /// Too many are being handled.
    Busy(IntegrationId),
    /// The plugin or the store failed.
    Failed(IntegrationId, Error),
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownAddress => StatusCode::NOT_FOUND,
            Self::Forged(_) => StatusCode::FORBIDDEN,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            // The vendor sends it again.
            Self::Busy(_) | Self::Failed(..) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Logs it, without the address, which not everyone who reads the log need know.
    fn log(&self, app: &App, Client(client): Client) {
        if !app.notified.refusals.allows(app.now()) {
            return;
        }
        let status = self.status().as_u16();
        match self {
            Self::UnknownAddress => info!(%client, status, "notification refused"),
            Self::Forged(integration)
            | Self::TooLarge(integration)
            | Self::TooSlow(integration)
            | Self::Busy(integration) => {
                let integration = integration.get();
                info!(%client, integration, status, "notification refused");
            }
            Self::Failed(integration, error) => {
                let (integration, problem) = (integration.get(), error.problem());
                let Problem { code, summary, .. } = &problem;
                warn!(%client, integration, status, code, cause = summary, "notification failed");
            }
        }
    }
}

async fn answer(
    app: &App,
    Client(client): Client,
    key: &str,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let (integration, address) = app.notifications.find(key).ok_or(Refused::UnknownAddress)?;
    // Until the plugin was called, so that the bodies that wait for it have a limited size too.
    let (body, large) = read(app, integration, headers, body).await?;
    let failed = |error| Refused::Failed(integration, error);
    let turn = app.notified.turns.wait(integration, client);
    let turn = tokio::time::timeout(app.bounds.turn, turn).await;
    let turn = turn.map_err(|_| Refused::Busy(integration))?;
    let settings = app.notifications.settings(integration).await.map_err(failed)?;
    let settings = settings.ok_or(Refused::UnknownAddress)?;
    let query = pairs(query.unwrap_or_default().as_bytes()).collect();
    let request = NotificationRequest { query, body };
    let called = app.vendor.handle_notification(settings, address.secret, request).await;
    drop((turn, large));
    match called {
        Ok(Notification::Handshake(text)) => {
            let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            Ok((StatusCode::OK, plain, text).into_response())
        }
        Ok(Notification::Hints(hints)) => {
            let noted = app.notifications.note(integration, hints).await;
            match noted.map_err(|error| failed(error.into()))?.known {
                0 => Err(Refused::Forged(integration)),
                _ => Ok(StatusCode::ACCEPTED.into_response()),
            }
        }
        Err(CallError::Refused(Refusal::Rejected(_))) => Err(Refused::Forged(integration)),
        Err(error) => Err(failed(error.into())),
    }
}

/// A body, and if it is large, the permit to have it in memory.
type Read<'a> = (Vec<u8>, Option<SemaphorePermit<'a>>);

/// Reads a body within the limits of its size and its time.
async fn read<'a>(
    app: &'a App,
    integration: IntegrationId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Read<'a>, Refused> {
    let length = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > LARGEST_NOTIFICATION) {
        return Err(Refused::TooLarge(integration));
    }
    let reading = read_within(app, integration, body);
    let read = tokio::time::timeout(app.bounds.body, reading).await;
    read.unwrap_or(Err(Refused::TooSlow(integration)))
}

async fn read_within(
    app: &App,
    integration: IntegrationId,
    mut body: Body,
) -> Result<Read<'_>, Refused> {
    let (mut read, mut large) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        // The connection broke: the answer reaches no client.
        let Ok(frame) = frame else { return Err(Refused::TooSlow(integration)) };
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > LARGEST_NOTIFICATION {
            return Err(Refused::TooLarge(integration));
        }
        if read.len() + data.len() > SMALL && large.is_none() {
            large = app.notified.large.acquire().await.ok();
        }
        read.extend_from_slice(&data);
    }
    Ok((read, large))
}
