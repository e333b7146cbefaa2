//! Requests of a plugin: to the origins that it named, and to no other.
//!
//! All limits that WASI leaves to the host are here: where a request may go, how long it may take,
//! and how large it and its answer may be.

mod body;
mod client;
mod failure;
mod headers;
mod log;
mod network;
mod resolver;
mod stored;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use self::body::{Answer, Bounds};
use super::{limits::Meter, loopback::is_safe};
use crate::secrets::Secrets;
pub use client::{Client, ClientError};
use log::Attempts;
pub(super) use stored::{Stored, StoredFor};

/// Largest body of a request, in bytes.
const LARGEST_REQUEST: usize = 4 << 20;

/// Largest answer, in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// Number of requests of one call that are under way, including answers that are being read. More
/// requests wait.
const IN_FLIGHT: usize = 16;

/// Time limit of a connection attempt; also [`Client`]'s own limit.
const CONNECT: Duration = Duration::from_secs(30);

/// Time limit of a server's silence where the guest sets none.
const SILENCE: Duration = Duration::from_secs(60);

/// Largest time limit of a server's silence that a guest can set.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// Sends the requests of one call.
pub(super) struct Outbound {
    client: Client,
    allowed: Arc<[url::Origin]>,
    meter: Arc<Meter>,
    secrets: Secrets,
    in_flight: Arc<Semaphore>,
    attempts: Attempts,
    stored: Option<StoredFor>,
}

impl Outbound {
    /// Origins that are invalid, or plain http to another machine, are left out. `secrets` learns
    /// the tokens that requests carry.
    pub(super) fn new(
        client: Client,
        origins: &[String],
        meter: Arc<Meter>,
        secrets: Secrets,
    ) -> Self {
        let origin = |text: &String| Url::parse(text).ok().filter(is_safe).map(|it| it.origin());
        Self {
            client,
            allowed: origins.iter().filter_map(origin).collect(),
            meter,
            secrets,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            attempts: Attempts::default(),
            stored: None,
        }
    }

    /// Uses stored answers, and stores more.
    pub(super) fn storing(self, stored: StoredFor) -> Self {
        Self { stored: Some(stored), ..self }
    }

    /// Notes why a request was not sent.
    fn refused(&self, mut cause: String) {
        self.secrets.redact(&mut cause);
        tracing::warn!(cause = cause.as_str(), "a request of the plugin was refused");
        self.meter.network_failed(cause);
    }

    fn allows(&self, url: &Url) -> bool {
        is_safe(url) && self.allowed.contains(&url.origin())
    }
}

type Sent = Result<(http::Response<WasiBody>, Io), Error>;
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn set_host_header(&mut self) -> bool {
        // The client sets it, from the URL.
        false
    }

    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _received: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let url = match Url::parse(&request.uri().to_string()) {
            Ok(url) => url,
            Err(_) => return Box::new(async { Err(Error::HttpRequestUriInvalid) }),
        };
        let origin = url.origin().ascii_serialization();
        if !self.allows(&url) {
            self.refused(format!(
                "{origin} was refused: it is none of the origins that the plugin names"
            ));
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        if !headers::is_method(request.method()) {
            // A method can be of any length.
            self.refused(format!(
                "{origin}: a request was refused: its method is none of {}",
                headers::METHODS.map(|it| it.to_string()).join(", ")
            ));
            return Box::new(async { Err(Error::HttpRequestMethodInvalid) });
        }
        headers::strip(request.headers_mut());
        request.headers().get_all(AUTHORIZATION).iter().for_each(|it| self.secrets.learn(it));
        let (client, meter) = (self.client.clone(), self.meter.clone());
        let (in_flight, attempts) = (self.in_flight.clone(), self.attempts.clone());
        let secrets = self.secrets.clone();
        let stored = self.stored.clone().and_then(|it| Some((it.wanted(&request, &url)?, it)));
        if let Some((wanted, stored)) = &stored
            && let Some(answer) = stored.find(wanted)
        {
            return Box::new(async { Ok((answer, Box::new(async { Ok(()) }) as Io)) });
        }
        Box::new(async move {
            let permit = in_flight.acquire_owned().await.map_err(|_| Error::HttpRequestDenied)?;
            meter.sent();
            let logged = attempts.begin(request.method().clone(), url.clone(), &secrets);
            let sent = send(client.of(&url), url, request, options.unwrap_or_default(), permit);
            let answer = client.network().run(sent).await.map_err(explained).flatten();
            let (answer, io) = answer.map_err(|(error, detail)| {
                logged.failed(&detail);
                meter.network_failed(format!("{origin}: {detail}"));
                error
            })?;
            logged.answered(&answer);
            match stored {
                Some((wanted, stored)) => Ok((stored.keep(wanted, answer).await?, io)),
                None => Ok((answer, io)),
            }
        })
    }
}

/// Returns an error with words for users.
fn explained(error: Error) -> (Error, String) {
    let detail = error.to_string();
    (error, detail)
}

/// Sends a request. The error comes with words for users.
async fn send(
    client: reqwest::Client,
    url: Url,
    request: http::Request<WasiBody>,
    options: RequestOptions,
    permit: OwnedSemaphorePermit,
) -> Result<(http::Response<WasiBody>, Io), (Error, String)> {
    let (mut parts, body) = request.into_parts();
    let body = read(body).await.map_err(explained)?;
    headers::say_empty(&mut parts, &body);
    let silence = |asked: Option<Duration>| asked.unwrap_or(SILENCE).min(LONGEST_SILENCE);
    let first_byte = options.connect_timeout.unwrap_or(CONNECT).min(CONNECT)
        + silence(options.first_byte_timeout);

    let request = client.request(parts.method, url).headers(parts.headers).body(body);
    let answer = match tokio::time::timeout(first_byte, request.send()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(failure::explain(error)),
        Err(_) => return Err(explained(Error::HttpResponseTimeout)),
    };
    if answer.content_length().is_some_and(|it| it > LARGEST_ANSWER) {
        return Err(explained(Error::HttpResponseBodySize(answer.content_length())));
    }
    let idle = silence(options.between_bytes_timeout);
    let bounds = Bounds { size: LARGEST_ANSWER, idle };
    let answer = http::Response::from(answer)
        .map(|body| Answer::receive(body, bounds, permit).boxed_unsync());
    Ok((answer, Box::new(async { Ok(()) })))
}

async fn read(body: WasiBody) -> Result<Bytes, Error> {
    match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::HttpRequestBodySize(Some(LARGEST_REQUEST as u64)))
        }
        Err(error) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::InternalError(Some(error.to_string())),
        }),
    }
}

#[cfg(test)]
mod tests;
