//! Connections with HTTP/1.1. Limits prevent a client with many connections, or with unfinished
//! requests, from blocking other clients.

mod places;
mod stalled;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{app::App, bounds::Bounds};
use places::{Place, Places};
use stalled::Stalling;

/// Pause after the system failed to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Maximum size of the head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// Start of a connection with HTTP/2 (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// Response to [`HTTP_2`]. Its format alone shows the client that this is not HTTP/2.
const NOT_HTTP_2: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\n\
    This server supports HTTP/1.1 only";

/// Accepts connections until `end`, then waits until all requests are answered.
pub(super) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    router: Router,
    end: CancellationToken,
) {
    let places = Arc::new(Places::new(&app.bounds));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = end.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client has already closed the connection.
            Err(error) if is_of_client(&error) => continue,
            // Most often: too many open files.
            Err(_) => {
                places.make_room();
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let is_trusted = app.is_trusted(peer);
        if let Some(place) = places.take(peer.ip(), is_trusted) {
            let connection = talk(stream, peer, place, router.clone(), &app.bounds, end.clone());
            connections.spawn(connection);
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers the requests of one connection.
fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    place: Arc<Place>,
    router: Router,
    bounds: &Bounds,
    end: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let router = TowerToHyperService::new(router);
    let own = place.clone();
    let answer = service_fn(move |mut request: Request<Incoming>| {
        let answering = own.answer();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(answering);
            answer
        }
    });
    let io = TokioIo::new(Stalling::new(stream, bounds.write));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Starts after the last response, so that it also closes idle connections.
        .header_read_timeout(bounds.head)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(io, answer);
    async move {
        let mut is_ending = false;
        let talked = loop {
            tokio::select! {
                talked = &mut connection => break talked,
                () = place.end.cancelled() => return,
                () = end.cancelled(), if !is_ending => {
                    is_ending = true;
                    std::pin::Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        if talked.is_err_and(|it| it.is_parse()) {
            let parts = connection.into_parts();
            if parts.read_buf.starts_with(HTTP_2) {
                let mut stream = parts.io.into_inner();
                // Fails where the client has already closed the connection.
                let _ = stream.write_all(NOT_HTTP_2).await;
                let _ = stream.shutdown().await;
            }
        }
    }
}
