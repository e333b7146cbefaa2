//! Subscribes to notifications of changes, and interprets them.

use http::{StatusCode, request::Parts};
use http_body::Body;
use ones_records::{Notification, NotificationRequest};
use serde_json::json;

use crate::{
    address,
    answer::{self, Answer},
    host::Host,
    plugin::Plugin,
    problem::Problem,
    request::{self, Unwatch, Watch},
    settings,
};

/// Path of the route that receives notifications.
pub const PATH: &str = "/notifications";

/// Name of the variable with the secret that notifications carry.
const SECRET: &str = "notification_secret";

/// Makes, renews and ends subscriptions, and returns the result for each subject.
///
/// # Errors
/// Where settings, address or secret are missing, and those of the plugin.
pub async fn watch<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    parts: &Parts,
    Watch { settings, subjects, address, secret, held, sweep }: Watch,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    let address = match address {
        Some(address) => address,
        None => format!("{}{PATH}", address::base(host, parts).await?),
    };
    let secret = match secret {
        Some(secret) => secret,
        None => own_secret(host).await?,
    };
    let watched = plugin.watch(settings, subjects, address, secret, held, sweep).await?;
    Ok(answer::json(&watched))
}

/// Ends subscriptions.
///
/// # Errors
/// Where settings are missing, and those of the plugin.
pub async fn unwatch<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    Unwatch { settings, held }: Unwatch,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?.to_string();
    plugin.unwatch(settings, held).await?;
    Ok(answer::json(&json!({ "ended": true })))
}

/// Answers a request of the vendor: repeats the text by which it tests the address, or returns the
/// hints of a notification. This front end stores no hint.
///
/// # Errors
/// Where the variables are missing, and those of the plugin: `rejected` for what does not carry the
/// secret.
pub async fn receive<H: Host, P: Plugin, B: Body>(
    host: &H,
    plugin: &P,
    parts: &Parts,
    body: B,
) -> Result<Answer, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let settings = settings::read(host, None).await?.to_string();
    let secret = own_secret(host).await?;
    let query = parts.uri.query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let body = request::notification(body).await?.to_vec();
    let request = NotificationRequest { query, body };
    match plugin.handle_notification(settings, secret, request).await? {
        Notification::Handshake(text) => {
            Ok(answer::complete(StatusCode::OK, "text/plain; charset=utf-8", text))
        }
        Notification::Hints(hints) => {
            let text = json!({ "hints": hints }).to_string();
            Ok(answer::complete(StatusCode::ACCEPTED, "application/json", text))
        }
    }
}

async fn own_secret<H: Host>(host: &H) -> Result<String, Problem> {
    settings::variable(host, SECRET).await?.ok_or_else(|| {
        let name = host.external_name(SECRET);
        let summary = format!("The secret of notifications is missing: set {name}");
        Problem::new(StatusCode::BAD_REQUEST, "secret-missing", summary)
            .remedy("Set the variable to up to 128 random letters and digits, and restart")
    })
}
