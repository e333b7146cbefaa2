//! Connections: accepts them, reads requests, and sends answers, also cut ones.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::front;
use crate::state::Shared;
use crate::wire::{Delivery, Query, Reply, Request};

/// Maximum size of a request. A batch of twenty requests is far below.
const MAX_REQUEST_BYTES: usize = 4 << 20;

/// Serves until it is dropped, which also closes the connections.
pub(crate) async fn run(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    shared: Shared,
) -> Infallible {
    let tls = tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // Accepting fails if the client disconnects or file handles are missing; both are
        // temporary.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        // Without this, small answers are delayed until the client acknowledges earlier packets.
        let _ = stream.set_nodelay(true);
        let (shared, tls) = (shared.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, shared).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, shared).await;
                    }
                }
            }
        });
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S, shared: Shared) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move {
            let reply = match read(request).await {
                Some(request) => front::handle(shared, request).await,
                None => Reply::new(http::StatusCode::PAYLOAD_TOO_LARGE),
            };
            deliver(reply)
        }
    });
    // A connection ends with an error if the client closes it, or on purpose.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn read(request: http::Request<Incoming>) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES).collect().await.ok()?.to_bytes();
    Some(Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body,
        inner: false,
    })
}

type Delivered = http::Response<Either<Full<Bytes>, Cut>>;

fn deliver(reply: Reply) -> Result<Delivered, Closed> {
    let length = reply.body.len();
    let body = match reply.delivery {
        Delivery::Close => return Err(Closed),
        Delivery::Complete => Either::Left(Full::from(reply.body)),
        Delivery::CutAfter(after) => {
            let mut arrives = Bytes::from(reply.body);
            arrives.truncate(after);
            Either::Right(Cut(Some(arrives)))
        }
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
    Ok(response)
}

/// Ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Closed;

/// A body that ends early.
struct Cut(Option<Bytes>);

impl Body for Cut {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Hyper closes the connection, since the body is shorter than `Content-Length`.
        Poll::Ready(self.get_mut().0.take().map(|data| Ok(Frame::data(data))))
    }
}
