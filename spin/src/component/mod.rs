//! The component: generated bindings, and conversions from and to their types. No other module
//! names a generated type.

mod host;
mod records;
mod response;

use futures_util::stream;
use http::StatusCode;
use serde_json::{Value, json};
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
    wit_bindgen::{FutureReader, StreamReader},
};

use self::host::Runtime;
use crate::{
    plugin::{Batch, Callback, Plugin, Purpose, Redirect, Run},
    problem::{FieldError, Problem},
    routes,
};

spin_sdk::wit_bindgen::generate!({
    inline: "package ones:front; world front { import ones:integration/integration@0.1.0; }",
    path: "../wit",
    world: "ones:front/front",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    generate_all,
});

use ones::integration::integration as wit;

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
        records::manifest(wit::describe())
    }

    async fn validate(&self, settings: String) -> Value {
        records::report(wit::validate(settings).await)
    }

    async fn sync_rooms(&self, settings: String) -> Run {
        let (batches, end) = wit::sync_rooms(settings).await;
        run(batches, records::room_batch, end)
    }

    async fn sync_users(&self, settings: String, since: Option<String>) -> Run {
        let (batches, end) = wit::sync_users(settings, since).await;
        run(batches, records::user_batch, end)
    }

    async fn begin_sign_in(
        &self,
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> Result<Redirect, Problem> {
        let purpose = match purpose {
            Purpose::SignIn => wit::Purpose::SignIn,
            Purpose::Consent => wit::Purpose::Consent,
        };
        let wit::Redirect { url, flow } =
            wit::begin_sign_in(settings, redirect_uri, purpose).await?;
        Ok(Redirect { url, flow })
    }

    async fn handle_callback(&self, settings: String, it: Callback) -> Result<Value, Problem> {
        let Callback { redirect_uri, parameters, flow } = it;
        let callback = wit::Callback { redirect_uri, parameters, flow };
        Ok(match wit::handle_callback(settings, callback).await? {
            wit::CallbackOutcome::SignedIn(user) => json!({ "signedIn": records::user(user) }),
            wit::CallbackOutcome::ConsentGranted => json!({ "consentGranted": true }),
        })
    }
}

fn run<T: 'static>(
    batches: StreamReader<T>,
    batch: fn(T) -> Batch,
    end: FutureReader<Result<wit::Summary, wit::Error>>,
) -> Run {
    let batches = stream::unfold(batches, move |mut batches| async move {
        let received = batches.next().await?;
        Some((batch(received), batches))
    });
    Run { batches: Box::pin(batches), end: Box::pin(async { Ok(records::summary(end.await?)) }) }
}

impl From<wit::Error> for Problem {
    fn from(error: wit::Error) -> Self {
        let explained = |status, it: wit::Explanation| Self {
            status,
            code: it.code.into(),
            summary: it.summary,
            remedy: it.remedy,
            vendor: it.detail,
            fields: Box::default(),
            retry_after: None,
        };
        match error {
            wit::Error::InvalidSettings(fields) => Self {
                fields: fields.into_iter().map(Into::into).collect(),
                ..Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid-settings",
                    "Settings are wrong",
                )
            },
            wit::Error::Unauthorized(it) | wit::Error::PermissionMissing(it) => {
                explained(StatusCode::FORBIDDEN, it)
            }
            wit::Error::Throttled(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "throttled",
                    format!("The vendor limits requests: try again after {seconds} seconds"),
                )
            },
            wit::Error::Unavailable(it) if it.code == DENIED => {
                let problem = explained(StatusCode::SERVICE_UNAVAILABLE, it);
                match host::ALLOW_REMEDY {
                    Some(remedy) => problem.remedy(remedy),
                    None => problem,
                }
            }
            wit::Error::Unavailable(it) => explained(StatusCode::SERVICE_UNAVAILABLE, it),
            wit::Error::Unexpected(it) => explained(StatusCode::BAD_GATEWAY, it),
            wit::Error::Rejected(it) => explained(StatusCode::BAD_REQUEST, it),
            wit::Error::Declined(it) => explained(StatusCode::FORBIDDEN, it),
            wit::Error::Unsupported(it) => explained(StatusCode::NOT_IMPLEMENTED, it),
            wit::Error::Cancelled => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "cancelled", "The sync was cancelled")
            }
            wit::Error::Other(it) => explained(StatusCode::INTERNAL_SERVER_ERROR, it),
        }
    }
}

impl From<wit::FieldError> for FieldError {
    fn from(wit::FieldError { field, message }: wit::FieldError) -> Self {
        Self { field, message }
    }
}
