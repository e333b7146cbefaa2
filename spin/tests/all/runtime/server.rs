//! Passes HTTP requests on to the component.

use std::convert::Infallible;

use http::{HeaderValue, Request, Response, StatusCode, Uri, header::HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use wasmtime_wasi_http::{Error, WasiBody, handler::ProxyHandler};

use super::Host;

/// Whether the component learns the address of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// It receives the complete URL, as under Spin.
    WithHost,
    /// It receives the path only. `wasmtime serve` 48 passes on the request line, which contains no
    /// host, and its `wasi:http` removes the header `Host` (`DEFAULT_FORBIDDEN_HEADERS`).
    PathOnly,
}

/// Serves this listener while the runtime exists.
pub(crate) fn serve(listener: TcpListener, handler: ProxyHandler<Host>, address: Address) {
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let handler = handler.clone();
            let service = service_fn(move |request| answer(handler.clone(), request, address));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
        }
    });
}

async fn answer(
    handler: ProxyHandler<Host>,
    request: Request<Incoming>,
    address: Address,
) -> Result<Response<WasiBody>, Infallible> {
    let (mut parts, body) = request.into_parts();
    if address == Address::WithHost {
        let mut uri = parts.uri.into_parts();
        let host = parts.headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        uri.authority = Some(host.try_into().unwrap());
        uri.scheme = Some(http::uri::Scheme::HTTP);
        parts.uri = Uri::from_parts(uri).unwrap();
    }
    let body = body.map_err(|_| Error::ConnectionTerminated).boxed_unsync();
    Ok(match handler.handle((), Request::from_parts(parts, body)).await {
        Ok(answer) => answer,
        Err(error) => {
            let text = Full::from(format!("{error:?}")).map_err(|never| match never {});
            let mut answer = Response::new(text.boxed_unsync());
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer
        }
    })
}
