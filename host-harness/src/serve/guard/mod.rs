//! What every request passes: the names of this server, the origin of what changes
//! something, and the headers that keep a browser from being used against its person.

mod cookies;
mod posted;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{app::App, failure::Failure, people::CALLBACK};
pub(super) use cookies::{Cookie, cookie};
pub(super) use posted::{FormToken, Posted, pairs};

/// Nothing from elsewhere, nothing inline, no frame. `form-action` also holds for where a
/// form's answer leads: browsers are sent to a vendor by links alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Lets a request through, or answers it.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let refused = refuse(&app, &request);
    let mut response = match refused {
        Some(failure) => failure.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With `no-referrer`, browsers say `Origin: null` where a form is sent.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refuse(app: &App, request: &Request) -> Option<Failure> {
    let host = host(request.headers()).unwrap_or_default();
    if !app.site.knows(host) {
        return Some(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown-host",
            "This server is not called by that name",
            "Use the address that the program printed, or start it with --public-url",
        ));
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    // Vendors send browsers back with a form of theirs.
    if is_safe || request.uri().path() == CALLBACK || is_own(request.headers(), host) {
        return None;
    }
    Some(Failure::new(
        StatusCode::FORBIDDEN,
        "other-origin",
        "This was sent by a page of another site",
        "Begin at the first page of this one",
    ))
}

/// Whether a page of this server sent it, as far as the browser says. Sources: Fetch
/// Metadata Request Headers; RFC 6454, section 7.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    let text = |it: &HeaderValue| it.to_str().unwrap_or_default().to_owned();
    if let Some(site) = headers.get("sec-fetch-site").map(text) {
        return matches!(site.as_str(), "same-origin" | "none");
    }
    match headers.get(ORIGIN).map(text) {
        Some(origin) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        // No browser: the token of the form remains.
        None => true,
    }
}

/// What the browser calls this server.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// A text that nobody can guess, fit for a cookie and for an address.
pub(super) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(crate::access::random::<32>())
}

/// Compares in a time that tells nothing.
pub(super) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}
