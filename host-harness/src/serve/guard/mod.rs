//! What every request passes: the names of this server, the origin of what changes
//! something, and the headers that keep a browser from being used against its person.

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

/// Nothing from elsewhere, nothing inline, no frame. `form-action` also holds for where a
/// form's answer leads: browsers are sent to a vendor by links alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// For a year (RFC 6797).
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Length of the longest path in the log, in bytes.
const LONGEST_PATH: usize = 256;

/// Lets a request through, or answers it.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_public = host(request.headers()).is_some_and(|it| app.site.is_public_and_secure(it));
    let is_admin = app.is_admin(request.headers());
    let client = app.client(peer, request.headers());
    request.extensions_mut().insert(client);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match refuse(&app, &request) {
        Some(failure) => failure.into_response(),
        None => match read(&app, request).await {
            Ok(request) => in_words(next.run(request).await),
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
    // With `no-referrer`, browsers say `Origin: null` where a form is sent.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if is_public {
        headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    response
}

/// Logs a request that was refused. Its query can hold a code, and so is left out.
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

/// An answer that is no page, such as one to an address that is not understood, becomes one.
fn in_words(response: Response) -> Response {
    let status = response.status();
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    if !status.is_client_error() || is_page {
        return response;
    }
    let (summary, remedy) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ("Too much was sent", "Enter less, and send it again"),
        _ => ("This cannot be answered", "Look at the address, or begin at the first page"),
    };
    Failure::new(status, "request", summary, remedy).into_response()
}

/// The request with its body read, which a client that sends slowly has only so long for.
async fn read(app: &App, request: Request) -> Result<Request, Failure> {
    let (parts, body) = request.into_parts();
    let reading = axum::body::to_bytes(body, LARGEST_BODY);
    let (status, summary, remedy) = match tokio::time::timeout(app.bounds.body, reading).await {
        Ok(Ok(body)) => return Ok(Request::from_parts(parts, Body::from(body))),
        Ok(Err(_)) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "Too much was sent, or the connection broke",
            "Enter less, and send it again",
        ),
        Err(_) => (
            StatusCode::REQUEST_TIMEOUT,
            "The form took too long to arrive",
            "Send it again, over a better connection",
        ),
    };
    Err(Failure::new(status, "form-unreadable", summary, remedy))
}

fn refuse(app: &App, request: &Request) -> Option<Failure> {
    let Some(host) = only_host(app, request) else {
        return Some(Failure::new(
            StatusCode::BAD_REQUEST,
            "host",
            "The request does not name one server",
            "Look at the address, or begin at the first page",
        ));
    };
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
    if is_safe || request.uri().path() == CALLBACK || is_own(app, request.headers(), host) {
        return None;
    }
    Some(Failure::new(
        StatusCode::FORBIDDEN,
        "other-origin",
        "This was sent by a page of another site",
        "Begin at the first page of this one",
    ))
}

/// The one `Host` of a request, which its target names too where it names any (RFC 9112, sections
/// 3.2 and 3.2.2): what stands between client and server could go by the other one.
fn only_host<'a>(app: &App, request: &'a Request) -> Option<&'a str> {
    let mut hosts = request.headers().get_all(HOST).into_iter();
    let (host, None) = (hosts.next()?.to_str().ok()?, hosts.next()) else { return None };
    let agrees = |it: &Authority| app.site.canonical(it.as_str()) == app.site.canonical(host);
    request.uri().authority().is_none_or(agrees).then_some(host)
}

/// Whether a page of this server sent it, as far as the browser says. Sources: Fetch
/// Metadata Request Headers; RFC 6454, section 7.
fn is_own(app: &App, headers: &HeaderMap, host: &str) -> bool {
    let text = |it: &HeaderValue| it.to_str().unwrap_or_default().to_owned();
    if let Some(site) = headers.get("sec-fetch-site").map(text) {
        return matches!(site.as_str(), "same-origin" | "none");
    }
    match headers.get(ORIGIN).map(text) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| {
            app.site.canonical(authority) == app.site.canonical(host)
        }),
        // No browser: the token of the form remains.
        None => true,
    }
}

/// Whether a browser opens it as a page, as far as it says: not as an image, frame or script of
/// another page. Source: Fetch Metadata Request Headers, section 2.1.
pub(super) fn is_opened(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|it| it == "document")
}

/// What the browser calls this server.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Leads the browser on.
///
/// # Errors
/// The place cannot stand in a header: it holds a line break, or something else that an address
/// does not.
pub(super) fn lead_to(place: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(place).map_err(|_| {
        Failure::new(
            StatusCode::BAD_REQUEST,
            "address",
            "The address to go on to is none that a browser can follow",
            "Begin at the first page",
        )
    })?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
