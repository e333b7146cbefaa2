//! What was asked, as far as it can be believed.

use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HOST, ORIGIN},
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
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
    /// A checkpoint, in place of the one that is kept.
    pub since: Option<String>,
    /// From the start, whatever is kept.
    pub full: bool,
}

/// Reads the body of a POST.
///
/// # Errors
/// Where it is no JSON, or says that it is none, or a page sent it. A page of another site can send a
/// form without asking, and one whose name was made to lead here can send JSON as well; but browsers
/// say that it was a page (Fetch, the `Origin` header), and programs have no reason to.
pub async fn asked<B: Body>(headers: &HeaderMap, body: B) -> Result<Asked, Problem>
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
    if body.trim_ascii().is_empty() {
        return Ok(Asked::default());
    }
    serde_json::from_slice(&body).map_err(|error| {
        // serde's own words can quote a value, and that can be a secret.
        let place = format!("line {}, column {}", error.line(), error.column());
        let summary = match error.classify() {
            serde_json::error::Category::Data => {
                format!("The body is not as it should be at {place}")
            }
            _ => format!("The body is no JSON at {place}"),
        };
        Problem::new(StatusCode::BAD_REQUEST, "body", summary).remedy(
            r#"Send {"settings": {…}, "since": "…", "full": false}, or leave any of them out"#,
        )
    })
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
