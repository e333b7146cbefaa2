//! Checks of every request: its host name, the origin of requests that change something, and the
//! size and duration of its body. Also sets the security headers of every response.

mod posted;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION, ORIGIN,
            REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
        },
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::info;

use super::{
    app::App,
    bounds::LARGEST_BODY,
    client::Client,
    failure::{Failure, Inner},
    site::CALLBACK,
};
pub(super) use posted::{FormToken, Posted, pairs};

/// Forbids resources of other servers, inline scripts and styles, and frames. `form-action` also
/// applies to redirects after a form is sent, so that only links lead to a vendor.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Strict transport security for a year, in seconds (RFC 6797).
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Length of the longest path in the log, in bytes.
const LONGEST_PATH: usize = 256;

/// Passes a request on, or answers it with the page of a failure.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_public = host(request.headers()).is_some_and(|name| app.site.is_public_and_secure(name));
    let is_admin = app.is_admin(request.headers());
    let client = app.client(peer, request.headers());
    request.extensions_mut().insert(client);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match refuse(&app, &request) {
        Some(failure) => failure.into_response(),
        None => match read(&app, request).await {
            Ok(request) => with_page(next.run(request).await),
            Err(failure) => failure.into_response(),
        },
    };
    log(&app, &response, method, path, client);
    if let Some(Inner(problem)) = response.extensions_mut().remove() {
        response = app.show(response.status(), *problem, is_admin);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With `no-referrer`, browsers send `Origin: null` with forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if is_public {
        headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    response
}

/// Logs a request that was refused. Its query can contain a code, and so is left out.
fn log(app: &App, response: &Response, method: Method, mut path: String, client: Client) {
    let status = response.status();
    let is_refused = status.is_client_error() && status != StatusCode::NOT_FOUND;
    if !is_refused || !app.refusals.allows(app.now()) {
        return;
    }
    path.truncate(path.floor_char_boundary(LONGEST_PATH));
    let (path, Client(client)) = (path.as_str(), client);
    info!(%client, %method, path, status = status.as_u16(), "request refused");
}

/// Replaces an error response without a page, such as one for a malformed address, by a page.
fn with_page(response: Response) -> Response {
    let status = response.status();
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    if !status.is_client_error() || is_page {
        return response;
    }
    let (summary, remedy) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("The form is too large", "Enter less text, and send the form again")
        }
        _ => (
            "The server cannot answer this request",
            "Check the address, or start at the home page",
        ),
    };
    Failure::new(status, "request", summary, remedy).into_response()
}

/// Reads the body of a request, within the limits of its size and its time.
async fn read(app: &App, request: Request) -> Result<Request, Failure> {
    let (parts, body) = request.into_parts();
    let reading = axum::body::to_bytes(body, LARGEST_BODY);
    let (status, summary, remedy) = match tokio::time::timeout(app.bounds.body, reading).await {
        Ok(Ok(body)) => return Ok(Request::from_parts(parts, Body::from(body))),
        Ok(Err(_)) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The form is too large, or the connection broke",
            "Enter less text, and send the form again",
        ),
        Err(_) => (
            StatusCode::REQUEST_TIMEOUT,
            "The form took too long to arrive",
            "Check your connection, and send the form again",
        ),
    };
    Err(Failure::new(status, "form-unreadable", summary, remedy))
}

fn refuse(app: &App, request: &Request) -> Option<Failure> {
    let Some(host) = only_host(app, request) else {
        return Some(Failure::new(
            StatusCode::BAD_REQUEST,
            "host",
            "The request does not contain exactly one host name",
            "Check the address, or start at the home page",
        ));
    };
    if !app.site.knows(host) {
        return Some(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown-host",
            "This server does not have that host name",
            "Use the address that the server printed, or start the server with --public-url",
        ));
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    // The page of a vendor may send browsers back with a form.
    if is_safe || request.uri().path() == CALLBACK || is_own(app, request.headers(), host) {
        return None;
    }
    Some(Failure::new(
        StatusCode::FORBIDDEN,
        "other-origin",
        "A page of another site sent this request",
        "Open the home page of this site and start there",
    ))
}

/// Returns the `Host` of a request. `None` where there are several, or where the target of the
/// request names another host (RFC 9112, sections 3.2 and 3.2.2): a proxy could use the other one.
fn only_host<'a>(app: &App, request: &'a Request) -> Option<&'a str> {
    let mut hosts = request.headers().get_all(HOST).into_iter();
    let (host, None) = (hosts.next()?.to_str().ok()?, hosts.next()) else { return None };
    let agrees =
        |target: &Authority| app.site.canonical(target.as_str()) == app.site.canonical(host);
    request.uri().authority().is_none_or(agrees).then_some(host)
}

/// Whether a page of this server sent the request, according to the browser's headers. Sources:
/// Fetch Metadata Request Headers; RFC 6454, section 7.
fn is_own(app: &App, headers: &HeaderMap, host: &str) -> bool {
    let text = |it: &HeaderValue| it.to_str().unwrap_or_default().to_owned();
    if let Some(site) = headers.get("sec-fetch-site").map(text) {
        return matches!(site.as_str(), "same-origin" | "none");
    }
    match headers.get(ORIGIN).map(text) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| {
            app.site.canonical(authority) == app.site.canonical(host)
        }),
        // Not sent by a browser. The token of the form is checked anyway.
        None => true,
    }
}

/// Whether the browser opens the address as a page, according to its headers, and not as an image,
/// a frame or a script of another page. Source: Fetch Metadata Request Headers, section 2.1.
pub(super) fn is_opened(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|it| it == "document")
}

/// Returns the host name of this server that the browser uses.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Redirects the browser to `place`.
///
/// # Errors
/// `place` contains a line break or another character that a header cannot contain.
pub(super) fn lead_to(place: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(place).map_err(|_| {
        Failure::new(
            StatusCode::BAD_REQUEST,
            "address",
            "The address of the next page is not valid",
            "Start at the home page",
        )
    })?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
