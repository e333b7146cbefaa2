//! Parts of a request that the client decides on, not the plugin.
//!
//! A pooled connection carries the requests of many calls. Where the framing of a request does not
//! match its body, the rest of the connection is misread.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
        TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
    request::Parts,
};

/// Methods of requests. CONNECT and TRACE are missing: they are for proxies.
pub(super) const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];

/// Headers that belong to one connection, or contain the length of the body.
///
/// Sources: RFC 9110, sections 7.6.1, 8.6 and 10.1.1; RFC 7540, section 3.2.1.
const CONNECTIONS_OWN: [HeaderName; 13] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Returns whether a request may have this method.
pub(super) fn is_method(method: &Method) -> bool {
    METHODS.contains(method)
}

/// Adds a length of 0 where a server expects a body and there is none. The client adds one only for
/// bodies that it sends. Source: RFC 9110, section 8.6.
pub(super) fn say_empty(request: &mut Parts, body: &[u8]) {
    if body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&request.method) {
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// Removes the headers that the client decides on, and those that `Connection` names. The client
/// sets the length of the body, and the host of the URL.
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .filter_map(|it| it.trim().parse().ok())
        .collect();
    for name in CONNECTIONS_OWN.into_iter().chain(named) {
        headers.remove(name);
    }
}
