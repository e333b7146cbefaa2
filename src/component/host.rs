//! The host of the plugin: WASI.

use std::{
    future::pending,
    pin::pin,
    time::{Duration, SystemTime},
};

use futures_util::future::{Either, select};
use wit_bindgen::{FutureWriter, StreamResult};

use super::{
    wasi::{
        clocks::{monotonic_clock, system_clock},
        http::{
            client,
            types::{self as http, ErrorCode},
        },
        random::random,
    },
    wit_future, wit_stream,
};
use crate::host::{CONNECT, Failure, Host, LARGEST_ANSWER, Request, Response, TransportError};

/// How often a sync checks whether its reader is gone while it waits.
const LOOK: Duration = Duration::from_millis(200);

/// WASI, for as long as the reader of a sync is there.
pub(super) struct Watched<'a> {
    /// Returns whether the reader of a sync is gone; `None` for a call that returns one answer. Not
    /// a type parameter: the component would then contain all code that sends requests twice.
    pub(super) is_gone: Option<&'a dyn Fn() -> bool>,
}

/// The host for a call that returns one answer.
pub(super) const UNWATCHED: Watched<'static> = Watched { is_gone: None };

impl Watched<'_> {
    async fn wait<R>(&self, work: impl Future<Output = R>) -> R {
        let mut work = pin!(work);
        let Some(is_gone) = self.is_gone else { return work.await };
        loop {
            if is_gone() {
                // `Reader::run` ends the sync in the same poll, and this work with it.
                pending::<()>().await;
            }
            let look = pin!(monotonic_clock::wait_for(nanoseconds(LOOK)));
            if let Either::Left((done, _)) = select(work.as_mut(), look).await {
                return done;
            }
        }
    }
}

impl Host for Watched<'_> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.wait(Wasi.send(request)).await
    }

    fn now(&self) -> SystemTime {
        Wasi.now()
    }

    async fn sleep(&self, time: Duration) {
        self.wait(Wasi.sleep(time)).await;
    }

    fn random(&self) -> u64 {
        Wasi.random()
    }
}

/// The imports of WASI.
struct Wasi;

impl Host for Wasi {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (silence, largest) = (request.silence, request.largest.min(LARGEST_ANSWER));
        let (request, trailers) = outgoing(request)?;
        let sent = within(silence, send(request, trailers)).await?;
        let response = sent.map_err(transport_error)?;
        let status = response.get_status_code();
        let headers = response.get_headers().copy_all();
        let (sender, received) = wit_future::new(|| Ok(()));
        drop(sender);
        let (mut stream, trailers) = http::Response::consume_body(response, received);
        let announced =
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let announced = announced.and_then(|(_, it)| str::from_utf8(it).ok()?.parse().ok());
        // One byte more than announced, so that the end is seen without growing.
        let mut body = Vec::with_capacity(announced.unwrap_or(0_usize).min(largest) + 1);
        loop {
            if body.capacity() == body.len() {
                body.reserve(64 * 1024);
            }
            let (result, buffer) = within(silence, stream.read(body)).await?;
            body = buffer;
            if body.len() >= largest {
                return Err(TransportError {
                    failure: Failure::TooLarge,
                    detail: format!("{largest} bytes and no end"),
                });
            }
            if let StreamResult::Dropped | StreamResult::Cancelled = result {
                break;
            }
        }
        // Only the trailers show whether the body ended early.
        within(silence, trailers).await?.map_err(transport_error)?;
        let headers = headers
            .into_iter()
            .map(|(name, value)| {
                (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned())
            })
            .collect();
        Ok(Response { status, headers, body })
    }

    fn now(&self) -> SystemTime {
        let now = system_clock::now();
        let since = Duration::new(u64::try_from(now.seconds).unwrap_or_default(), now.nanoseconds);
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    async fn sleep(&self, time: Duration) {
        monotonic_clock::wait_for(nanoseconds(time)).await;
    }

    fn random(&self) -> u64 {
        random::get_random_u64()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Waits for `work`, at most as long as `silence`. Hosts have limits of their own, but not all of
/// them, and not the same.
async fn within<T>(
    silence: Duration,
    work: impl IntoFuture<Output = T>,
) -> Result<T, TransportError> {
    let work = std::pin::pin!(work.into_future());
    let end = std::pin::pin!(monotonic_clock::wait_for(nanoseconds(silence)));
    match select(work, end).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(((), _)) => Err(TransportError {
            failure: Failure::Timeout,
            detail: format!("{} seconds without a byte", silence.as_secs()),
        }),
    }
}

/// Sends a request without trailers.
///
/// A host sends a request once its end is known. That there are no trailers is therefore written
/// in the poll that begins to send: the caller may compute for long after it.
async fn send(
    request: http::Request,
    trailers: FutureWriter<Trailers>,
) -> Result<http::Response, ErrorCode> {
    let sending = pin!(client::send(request));
    let ending = pin!(trailers.write(Ok(None)).into_future());
    match select(sending, ending).await {
        Either::Left((sent, _)) => sent,
        Either::Right((_, sending)) => sending.await,
    }
}

/// What a host reads after the body of a request.
type Trailers = Result<Option<http::Trailers>, ErrorCode>;

/// Returns a request, and the writer of its trailers.
fn outgoing(request: Request) -> Result<(http::Request, FutureWriter<Trailers>), TransportError> {
    let refused = |what: &str| TransportError {
        failure: Failure::Denied,
        detail: format!("the host refuses {what} of {request:?}"),
    };
    let headers = http::Fields::new();
    for (name, value) in &request.headers {
        headers.append(name, value.as_bytes()).map_err(|_| refused("a header"))?;
    }
    let uri = &request.uri;
    let scheme = match uri.scheme_str() {
        Some("http") => http::Scheme::Http,
        _ => http::Scheme::Https,
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    let method = match request.method.as_str() {
        "GET" => http::Method::Get,
        "POST" => http::Method::Post,
        "PATCH" => http::Method::Patch,
        "DELETE" => http::Method::Delete,
        other => http::Method::Other(other.to_owned()),
    };
    let body = match request.body.clone() {
        None => None,
        Some(bytes) => {
            headers
                .append("content-length", bytes.len().to_string().as_bytes())
                .map_err(|_| refused("the length"))?;
            let (mut writer, reader) = wit_stream::new();
            wit_bindgen::spawn_local(async move {
                // A server can answer without reading all of the body.
                let _ = writer.write_all(bytes).await;
            });
            Some(reader)
        }
    };
    let options = http::RequestOptions::new();
    let silence = Some(nanoseconds(request.silence));
    // A host may support none of these options: see `within`.
    let _ = options.set_connect_timeout(Some(nanoseconds(request.silence.min(CONNECT))));
    let _ = options.set_first_byte_timeout(silence);
    let _ = options.set_between_bytes_timeout(silence);
    let (outgoing, _sent) = http::Request::new(headers, body, trailers, Some(options));
    outgoing.set_method(&method).map_err(|()| refused("the method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| refused("the scheme"))?;
    outgoing.set_authority(Some(authority)).map_err(|()| refused("the server"))?;
    outgoing.set_path_with_query(Some(path)).map_err(|()| refused("the path"))?;
    Ok((outgoing, no_trailers))
}

fn transport_error(code: ErrorCode) -> TransportError {
    let failure = match &code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            Failure::Dns
        }
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => Failure::Tls,
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Failure::Timeout,
        ErrorCode::HttpRequestDenied
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable => Failure::Denied,
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_) => Failure::TooLarge,
        ErrorCode::DestinationUnavailable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::ConnectionLimitReached => Failure::Connection,
        // Spin's text for a component that has no permission to send a request there.
        ErrorCode::InternalError(Some(text)) if text.contains("not permitted") => Failure::Denied,
        _ => Failure::Protocol,
    };
    TransportError { failure, detail: code.to_string() }
}
