//! Reads and checks requests.

use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HOST, ORIGIN},
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use ones_records::{
    BookingRequest, BookingTime, RoomPosition, Subscription, TimeRange, WatchRequest,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Maximum size of a body, in bytes. Settings and a checkpoint are far smaller.
pub const MAX_BODY: usize = 256 * 1024;

/// Maximum size of a body with rooms, in bytes: 10,000 of them with a checkpoint each.
pub const MAX_ROOMS: usize = 16 * 1024 * 1024;

/// Maximum size of a notification, in bytes: that of the plugin's interface.
pub const MAX_NOTIFICATION: usize = 4 * 1024 * 1024;

/// The body of a POST to `/validate` or `/sync`. All members are optional.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// Settings that replace those of the variables. They can contain a secret, so there is no
    /// `Debug`.
    pub settings: Option<Map<String, Value>>,
    /// A checkpoint that the client stored; it replaces the one that is stored here.
    pub since: Option<String>,
    /// Whether to ignore checkpoints and list everything.
    pub full: bool,
    /// Id of a run that the client has read to its end.
    pub ack: Option<String>,
}

/// The body of `POST /sync/bookings`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BookingOptions {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The rooms, each with the last checkpoint that the client has stored of it.
    pub rooms: Vec<RoomPosition>,
    /// The time for which bookings are read.
    pub window: TimeRange,
}

/// The body of `POST /sync/users/ack`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acknowledgement {
    /// As in [`Options`]: they name the integration of the run.
    pub settings: Option<Map<String, Value>>,
    /// Id of a run that the client has read to its end.
    pub run: String,
}

/// The body of `POST /book`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Book {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The booking.
    pub request: BookingRequest,
    /// Whether the same request was sent before and its result is not known.
    #[serde(default)]
    pub again: bool,
}

/// The body of `POST /book/check`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckBooking {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The booking, as it was requested.
    pub request: BookingRequest,
    /// Ticket of the last outcome.
    pub ticket: String,
}

/// The body of `POST /book/change`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeBooking {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The booking, as it was requested, with the time of the last outcome.
    pub former: BookingRequest,
    /// The booking, as it is to be.
    pub request: BookingRequest,
    /// Ticket of the last outcome.
    pub ticket: String,
}

/// The body of `POST /book/cancel`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelBooking {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The booking, as it was requested.
    pub request: BookingRequest,
    /// Ticket of the last outcome.
    pub ticket: String,
    /// The only occurrence to cancel, of a series.
    #[serde(default)]
    pub occurrence: Option<BookingTime>,
    /// Text for everyone who is invited.
    #[serde(default)]
    pub comment: String,
}

/// The body of `POST /release`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// The room.
    pub room: RoomPosition,
    /// Id of the booking or series in this room.
    pub booking: String,
    /// Text for the organizer.
    #[serde(default)]
    pub comment: String,
}

/// The body of `POST /watch`. It contains a secret, so there is no `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watch {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// What to be notified about.
    pub subjects: Vec<WatchRequest>,
    /// Where notifications are sent, if not to this front end.
    #[serde(default)]
    pub address: Option<String>,
    /// Secret that every notification carries, if not the one of the variable.
    #[serde(default)]
    pub secret: Option<String>,
    /// Subscriptions that the client has.
    #[serde(default)]
    pub held: Vec<Subscription>,
    /// Whether to end subscriptions that the client does not have.
    #[serde(default)]
    pub sweep: bool,
}

/// The body of `POST /unwatch`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unwatch {
    /// As in [`Options`].
    pub settings: Option<Map<String, Value>>,
    /// Subscriptions to end.
    pub held: Vec<Subscription>,
}

/// The body of a POST, as JSON.
pub trait JsonBody: DeserializeOwned {
    /// An example for error messages.
    const EXAMPLE: &str;
    /// Names of the members that must be there.
    const REQUIRED: &[&str] = &[];
    /// Maximum size, in bytes.
    const LARGEST: usize = MAX_BODY;
}

impl JsonBody for Options {
    const EXAMPLE: &str = r#"{"settings": {…}, "since": "…", "full": false, "ack": "…"}"#;
}

impl JsonBody for BookingOptions {
    const EXAMPLE: &str = concat!(
        r#"{"settings": {…}, "rooms": [{"room": "…", "email": "…", "timeZone": "…", "#,
        r#""since": "…"}], "window": {"starts": 1, "ends": 2}}"#,
    );
    const REQUIRED: &[&str] = &["rooms", "window"];
    const LARGEST: usize = MAX_ROOMS;
}

impl JsonBody for Acknowledgement {
    const EXAMPLE: &str = r#"{"settings": {…}, "run": "…"}"#;
    const REQUIRED: &[&str] = &["run"];
}

impl JsonBody for Book {
    const EXAMPLE: &str = r#"{"settings": {…}, "request": {…}, "again": false}"#;
    const REQUIRED: &[&str] = &["request"];
}

impl JsonBody for CheckBooking {
    const EXAMPLE: &str = r#"{"settings": {…}, "request": {…}, "ticket": "…"}"#;
    const REQUIRED: &[&str] = &["request", "ticket"];
}

impl JsonBody for ChangeBooking {
    const EXAMPLE: &str = r#"{"settings": {…}, "former": {…}, "request": {…}, "ticket": "…"}"#;
    const REQUIRED: &[&str] = &["former", "request", "ticket"];
}

impl JsonBody for CancelBooking {
    const EXAMPLE: &str = concat!(
        r#"{"settings": {…}, "request": {…}, "ticket": "…", "occurrence": {…}, "#,
        r#""comment": "…"}"#,
    );
    const REQUIRED: &[&str] = &["request", "ticket"];
}

impl JsonBody for Release {
    const EXAMPLE: &str = concat!(
        r#"{"settings": {…}, "room": {"room": "…", "email": "…", "timeZone": "…"}, "#,
        r#""booking": "…", "comment": "…"}"#,
    );
    const REQUIRED: &[&str] = &["room", "booking"];
}

impl JsonBody for Watch {
    const EXAMPLE: &str = concat!(
        r#"{"settings": {…}, "subjects": [{"subject": {"room": "…"}, "email": "…"}, "#,
        r#"{"subject": "users"}], "address": "…", "secret": "…", "held": […], "sweep": false}"#,
    );
    const REQUIRED: &[&str] = &["subjects"];
    const LARGEST: usize = MAX_ROOMS;
}

impl JsonBody for Unwatch {
    const EXAMPLE: &str = r#"{"settings": {…}, "held": [{"id": "…", …}]}"#;
    const REQUIRED: &[&str] = &["held"];
    const LARGEST: usize = MAX_ROOMS;
}

/// Reads the body of a POST. An empty body counts as `{}`.
///
/// # Errors
/// Where the body is not a JSON object, its `Content-Type` is not JSON, or a page in a browser sent
/// it. Any site can send a form, and with DNS rebinding JSON as well. A browser then adds `Origin`
/// (Fetch standard), which programs do not send.
pub async fn json<T: JsonBody, B: Body>(headers: &HeaderMap, body: B) -> Result<T, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if headers.contains_key(ORIGIN) {
        let summary = "This route is for programs, not for pages in a browser";
        return Err(Problem::new(StatusCode::FORBIDDEN, "origin", summary)
            .remedy("Send the request without `Origin`, e.g. with curl"));
    }
    expect_type(headers, "application/json")?;
    let body = read(body, T::LARGEST).await?;
    let body = if body.trim_ascii().is_empty() { Bytes::from_static(b"{}") } else { body };
    let refused = |summary: String| {
        let required: Vec<_> = T::REQUIRED.iter().map(|name| format!("`{name}`")).collect();
        let required = match required.is_empty() {
            true => "all members are optional".to_owned(),
            false => format!("all members but {} are optional", required.join(", ")),
        };
        Problem::new(StatusCode::BAD_REQUEST, "body", summary)
            .remedy(format!("Send {}; {required}", T::EXAMPLE))
    };
    // Not the message of serde: it can quote a value, which can be a secret.
    let place =
        |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&body) {
        return Err(refused(format!("The body is not JSON at {}", place(&error))));
    }
    // serde accepts a list in place of an object.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(refused("The body is JSON, but not an object".to_owned()));
    }
    serde_json::from_slice(&body).map_err(|error| {
        refused(format!(
            "A member of the body is unknown, missing or of another type, at {}",
            place(&error)
        ))
    })
}

/// Returns how long the client waits for the status, in seconds: `Prefer: wait=10` (RFC 7240,
/// section 4.3).
pub fn preferred_wait(headers: &HeaderMap) -> Option<u64> {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().parse().ok())
}

/// Reads the form that a browser sends when it comes back from the vendor.
///
/// # Errors
/// Where the body is not a form, or is too large.
pub async fn form<B: Body>(headers: &HeaderMap, body: B) -> Result<Vec<(String, String)>, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    expect_type(headers, "application/x-www-form-urlencoded")?;
    Ok(form_urlencoded::parse(&read(body, MAX_BODY).await?).into_owned().collect())
}

/// Reads a notification, whatever it contains.
///
/// # Errors
/// Where it is too large, or incomplete.
pub async fn notification<B: Body>(body: B) -> Result<Bytes, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    read(body, MAX_NOTIFICATION).await
}

/// Returns the origin that the request was sent to, such as `http://127.0.0.1:3000`.
///
/// # Errors
/// Where the request does not contain it.
pub fn origin(parts: &Parts) -> Result<String, Problem> {
    let host = || parts.headers.get(HOST)?.to_str().ok();
    let authority = parts.uri.authority().map(http::uri::Authority::as_str).or_else(host);
    let authority = authority.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "host", "The request names no host")
    })?;
    Ok(format!("{}://{authority}", parts.uri.scheme_str().unwrap_or("http")))
}

fn expect_type(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let found = found.split(';').next().unwrap_or_default().trim();
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let summary = format!("This route accepts {expected} only");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", summary)
        .remedy(format!("Send `Content-Type: {expected}`")))
}

async fn read<B: Body>(body: B, largest: usize) -> Result<Bytes, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, largest).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let summary = format!("The body is larger than {largest} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", summary))
        }
        Err(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "body-broken",
            "The connection broke before the end of the body",
        )),
    }
}
