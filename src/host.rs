//! What the plugin uses of the program that runs it: network, clock, randomness, and a place for
//! batches.
//!
//! The component implements these traits with WASI's imports, the tests with scripts.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::{Method, Uri};
use serde_json::Value;

/// Maximum time without a byte in one attempt at a request, where the request sets no other.
/// It is the time that Microsoft's own client waits: the default of .NET's `HttpClient.Timeout`.
pub const SILENCE: Duration = Duration::from_secs(100);

/// Maximum time to establish a connection.
pub const CONNECT: Duration = Duration::from_secs(30);

/// Maximum size of an answer, in bytes. A page of 999 users is smaller than 2 MB, unless they have
/// hundreds of addresses each. Pages of 15.2 MiB, each read while the next one arrives, took 40 MiB
/// of the 64 MiB that a call gets by default.
pub const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Network, clock and randomness.
pub trait Host {
    /// Sends a request and reads the complete answer, whatever its status. Follows no redirect: no
    /// documented request of the vendor's is redirected, and the token must not be sent elsewhere.
    ///
    /// # Errors
    /// [`Failure`] says why there is no answer: [`Failure::Timeout`] after [`Request::silence`]
    /// without a byte, [`Failure::TooLarge`] above [`Request::largest`].
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>>;

    /// Returns the current time.
    fn now(&self) -> SystemTime;

    /// Waits for that time.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// Returns a cryptographically secure random number.
    fn random(&self) -> u64;
}

/// Returns a random UUID (RFC 9562, version 4).
pub fn uuid(host: &impl Host) -> String {
    let (high, low) = (host.random(), host.random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}

/// Returns the number of seconds since 1970.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Returns the time as RFC 3339, in whole seconds.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Takes batches, one at a time. The plugin waits until each is taken, which is the back-pressure.
pub trait Sink<T> {
    /// Hands a batch over.
    ///
    /// # Errors
    /// [`Dropped`] where the host no longer reads.
    fn put(&mut self, batch: T) -> impl Future<Output = Result<(), Dropped>>;
}

/// The host dropped the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// After every answer that can be different a moment later: it changes nothing.
    Always,
    /// Only if the answer proves that the server did nothing: it changes something.
    IfNotProcessed,
    /// Never: the first may have used up a code.
    Never,
}

/// An HTTP request.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Body; `None` where there is none.
    pub body: Option<Vec<u8>>,
    /// Address.
    pub uri: Uri,
    /// Headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Maximum time without a byte, after which the request has failed.
    pub silence: Duration,
    /// Maximum size of the answer, in bytes; at most [`LARGEST_ANSWER`].
    pub largest: usize,
    /// When it may be sent again.
    pub repeat: Repeat,
}

impl Request {
    /// Returns a GET without headers.
    pub fn get(uri: Uri) -> Self {
        Self {
            method: Method::GET,
            body: None,
            uri,
            headers: Vec::new(),
            silence: SILENCE,
            largest: LARGEST_ANSWER,
            repeat: Repeat::Always,
        }
    }

    /// Returns a POST of `body` that changes nothing.
    pub fn post(uri: Uri, content_type: &str, body: Vec<u8>) -> Self {
        Self::get(uri).with_body(Method::POST, content_type, body)
    }

    /// Returns a PATCH with `body` that may be sent twice.
    pub fn patch(uri: Uri, content_type: &str, body: Vec<u8>) -> Self {
        Self::get(uri).with_body(Method::PATCH, content_type, body)
    }

    /// Returns a DELETE without headers that may be sent twice.
    pub fn delete(uri: Uri) -> Self {
        Self { method: Method::DELETE, ..Self::get(uri) }
    }

    /// Returns a request that changes something, with a body of JSON where there is one.
    pub fn change(method: Method, uri: Uri, body: Option<&Value>) -> Self {
        let request = match body {
            Some(body) => {
                let body = body.to_string().into_bytes();
                Self::get(uri).with_body(method, "application/json", body)
            }
            None => Self { method, ..Self::get(uri) },
        };
        Self { repeat: Repeat::IfNotProcessed, ..request }
    }

    fn with_body(self, method: Method, content_type: &str, body: Vec<u8>) -> Self {
        Self { method, body: Some(body), ..self }.header("content-type", content_type)
    }

    /// Returns the same request marked as one that must not be sent twice: the first may have
    /// arrived and have used up a code.
    pub fn once(self) -> Self {
        Self { repeat: Repeat::Never, ..self }
    }

    /// Adds a header, whose `name` is in lower case.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

// Headers and body can contain credentials.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.uri)
    }
}

/// An HTTP answer.
#[derive(Clone)]
pub struct Response {
    /// Status, 100 to 999.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// Complete body.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the body; empty where it is not UTF-8.
    pub fn text(&self) -> &str {
        simdutf8::basic::from_utf8(&self.body).unwrap_or_default()
    }

    /// Returns the body as JSON; null where it is not JSON. For small answers in which any member
    /// can be missing or wrong.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// Describes an answer that cannot be read, without repeating it: it could contain anything.
    pub fn outline(&self) -> String {
        let kind: String =
            self.header("content-type").unwrap_or("no content type").chars().take(100).collect();
        format!("HTTP {}; {kind}; {} bytes", self.status, self.body.len())
    }

    /// Returns the first header with that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

// The body can contain a token.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}, {} bytes", self.status, self.body.len())
    }
}

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// Kind of failure.
    pub failure: Failure,
    /// Words of the host.
    pub detail: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The name of the server could not be resolved.
    Dns,
    /// The connection could not be established, or broke.
    Connection,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// No byte arrived within the time for it.
    Timeout,
    /// The host does not allow requests to this server.
    Denied,
    /// The answer is larger than [`Request::largest`].
    TooLarge,
    /// The answer is not HTTP, or is incomplete.
    Protocol,
}

impl Failure {
    /// Returns whether the same request can succeed a moment later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Dns | Self::Connection | Self::Timeout | Self::Protocol)
    }
}
