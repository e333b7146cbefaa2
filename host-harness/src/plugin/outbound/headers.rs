//! What of a request is the client's to say, and not the plugin's.
//!
//! A pooled connection carries the requests of many calls. Where a request's framing is not the
//! one of its body, what follows on the connection is read as something else.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
        TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
    request::Parts,
};

/// The methods of a request. CONNECT and TRACE are not among them: they are for a proxy.
pub(super) const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];

/// Headers that belong to one connection, or say how long the body is.
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

/// Says that there is no body where a server expects one: the client does so only for bodies that
/// it sends. Source: RFC 9110, section 8.6.
pub(super) fn say_empty(request: &mut Parts, body: &[u8]) {
    if body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&request.method) {
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// Drops what is the client's to say, and what `Connection` names. The client sets the length of
/// the body that there is, and the host of the URL.
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
