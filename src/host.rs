//! What the plugin borrows from whoever runs it.
//!
//! In the component these are WASI's imports; a unit test has its own.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::Uri;
use serde_json::Value;

/// The longest time without a byte in an attempt at a request, where the request sets no other.
/// Microsoft's own client waits as long: the default of .NET's `HttpClient.Timeout`.
pub const SILENCE: Duration = Duration::from_secs(100);

/// The longest that a connection may take.
pub const CONNECT: Duration = Duration::from_secs(30);

/// The largest answer that is read, in bytes. A page of 999 users is below 2 MB, unless they have
/// hundreds of addresses each. Pages of 15.2 MiB, each read while the next one arrives, took 40 MiB
/// of the 64 MiB that a call gets by default.
pub const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Network, time and chance.
pub trait Host {
    /// Sends a request and reads the whole answer, whatever its status. No redirect
    /// is followed: none of the vendor's documented calls has one, and a token must
    /// not travel.
    ///
    /// # Errors
    /// Where no answer came: see [`Failure`]. After [`Request::silence`] without a byte it is
    /// [`Failure::Timeout`], over [`LARGEST_ANSWER`] it is [`Failure::TooLarge`].
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>>;

    /// What the clock on the wall says.
    fn now(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// Cryptographically secure.
    fn random(&self) -> u64;
}

/// A random UUID (RFC 9562, version 4).
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

/// Takes batches, one at a time: back-pressure is the waiting.
pub trait Sink<T> {
    /// Hands a batch over.
    ///
    /// # Errors
    /// [`Dropped`] where nobody reads any more.
    fn put(&mut self, batch: T) -> impl Future<Output = Result<(), Dropped>>;
}

/// The host dropped the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

/// An HTTP request.
#[derive(Clone)]
pub struct Request {
    /// GET without a body, POST with one.
    pub body: Option<Vec<u8>>,
    /// Where to.
    pub uri: Uri,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// After so long without a byte, the request has failed.
    pub silence: Duration,
    /// Whether sending it twice does no more than sending it once. Every GET, and every POST of
    /// this plugin that changes nothing.
    pub repeatable: bool,
}

impl Request {
    /// A GET without headers.
    pub fn get(uri: Uri) -> Self {
        Self { body: None, uri, headers: Vec::new(), silence: SILENCE, repeatable: true }
    }

    /// A POST of `body` that changes nothing.
    pub fn post(uri: Uri, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { body: Some(body), headers, ..Self::get(uri) }
    }

    /// Must not be sent twice, since the first may have arrived and have used something up.
    pub fn once(self) -> Self {
        Self { repeatable: false, ..self }
    }

    /// Adds a header; `name` in lower case.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

// Headers and body can hold credentials.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        write!(f, "{method} {}", self.uri)
    }
}

/// An HTTP answer.
#[derive(Clone)]
pub struct Response {
    /// 100 to 999.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Response {
    /// The body, as far as it is text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The body as JSON; null where it is none. For small answers whose members can each be
    /// missing or odd.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// What can be said of an answer that is not understood, without repeating it: it could
    /// hold anything.
    pub fn outline(&self) -> String {
        let kind: String =
            self.header("content-type").unwrap_or("no content type").chars().take(100).collect();
        format!("HTTP {}; {kind}; {} bytes", self.status, self.body.len())
    }

    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

// The body can hold a token.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}, {} bytes", self.status, self.body.len())
    }
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// What kind of failure.
    pub failure: Failure,
    /// The host's own words.
    pub detail: String,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The name of the server could not be resolved.
    Dns,
    /// No connection, or it broke.
    Connection,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// Silence.
    Timeout,
    /// The host lets the plugin not ask there.
    Denied,
    /// The answer is larger than [`LARGEST_ANSWER`].
    TooLarge,
    /// Not HTTP, or broken off in the middle.
    Protocol,
}

impl Failure {
    /// Whether the same request can succeed a moment later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Dns | Self::Connection | Self::Timeout | Self::Protocol)
    }
}
