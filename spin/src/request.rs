//! What was asked, as far as it can be believed.

use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HOST, ORIGIN},
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The largest body, in bytes: settings and a checkpoint are far below.
pub const LARGEST_BODY: usize = 256 * 1024;

/// The body of a POST: `{}`, or nothing at all, for what the variables say.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Asked {
    /// In place of what the variables say. Can hold a secret: `Debug` is left out.
    pub settings: Option<Map<String, Value>>,
    /// A checkpoint that the client kept, in place of the stored one.
    pub since: Option<String>,
    /// From the start, whatever is stored.
    pub full: bool,
    /// Id of a run that the client has read to its end.
    pub ack: Option<String>,
}

/// The body of `POST /sync/users/ack`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acknowledgement {
    /// As in [`Asked`]: they say which integration the run was one of.
    pub settings: Option<Map<String, Value>>,
    /// Id of a run that the client has read to its end.
    pub run: String,
}

/// The body of a POST, as JSON.
pub trait JsonBody: DeserializeOwned {
    /// What such a body looks like.
    const EXAMPLE: &str;
}

impl JsonBody for Asked {
    const EXAMPLE: &str = r#"{"settings": {…}, "since": "…", "full": false, "ack": "…"}"#;
}

impl JsonBody for Acknowledgement {
    const EXAMPLE: &str = r#"{"settings": {…}, "run": "…"}"#;
}

/// Reads the body of a POST; an empty one is `{}`.
///
/// # Errors
/// Where it is no JSON object, or says that it is none, or a page sent it. A page of another site
/// can send a form without asking, and one whose name was made to lead here can send JSON as well;
/// but browsers say that it was a page (Fetch, the `Origin` header), and programs have no reason
/// to.
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
    let body = whole(body).await?;
    let body = if body.trim_ascii().is_empty() { Bytes::from_static(b"{}") } else { body };
    let refused = |summary: String| {
        Problem::new(StatusCode::BAD_REQUEST, "body", summary)
            .remedy(format!("Send {}, or leave out what is not needed", T::EXAMPLE))
    };
    // serde's own words can quote a value, and that can be a secret.
    let place =
        |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&body) {
        return Err(refused(format!("The body is no JSON at {}", place(&error))));
    }
    // serde would take a list for an object whose members come in their order.
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

/// How long the client waits for the status, in seconds: `Prefer: wait=10` (RFC 7240, section 4.3).
pub fn preferred_wait(headers: &HeaderMap) -> Option<u64> {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|it| it.to_str().ok());
    preferences
        .flat_map(|it| it.split(','))
        .filter_map(|it| it.split(';').next()?.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().parse().ok())
}

/// Reads a form that a browser brings from the vendor.
///
/// # Errors
/// Where it is none, or too large.
pub async fn form<B: Body>(headers: &HeaderMap, body: B) -> Result<Vec<(String, String)>, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    expect_type(headers, "application/x-www-form-urlencoded")?;
    Ok(form_urlencoded::parse(&whole(body).await?).into_owned().collect())
}

/// The origin that the request was sent to, e.g. `http://127.0.0.1:3000`.
///
/// # Errors
/// Where the request does not say.
pub fn origin(parts: &Parts) -> Result<String, Problem> {
    let host = || parts.headers.get(HOST)?.to_str().ok();
    let authority = parts.uri.authority().map(http::uri::Authority::as_str).or_else(host);
    let authority = authority.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "host", "The request names no host")
    })?;
    Ok(format!("{}://{authority}", parts.uri.scheme_str().unwrap_or("http")))
}

fn expect_type(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let found = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let found = found.split(';').next().unwrap_or_default().trim();
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let summary = format!("This route takes {expected} only");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", summary)
        .remedy(format!("Send `Content-Type: {expected}`")))
}

async fn whole<B: Body>(body: B) -> Result<Bytes, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let summary = format!("The body is larger than {LARGEST_BODY} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", summary))
        }
        Err(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "body-broken",
            "The body did not arrive whole",
        )),
    }
}
