//! A receiver of notifications: it repeats the text of a test, and collects what it receives.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;

/// How long a test waits for a notification before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the receiver answers the test of its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    Repeats,
    RepeatsAsHtml,
    RepeatsUndecoded,
    RepeatsWith202,
    Refuses,
    Waits,
}

struct Shared {
    handshake: Mutex<Handshake>,
    /// Texts of the tests so far, decoded.
    tested: Mutex<Vec<String>>,
    /// Statuses of the next answers to notifications; 202 behind them. None closes the connection.
    answers: Mutex<VecDeque<Option<u16>>>,
    posts: UnboundedSender<Value>,
}

pub(crate) struct Receiver {
    /// Its address.
    pub(crate) url: String,
    shared: Arc<Shared>,
    posts: UnboundedReceiver<Value>,
    server: AbortHandle,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/notifications", listener.local_addr().unwrap());
        let (sender, posts) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            handshake: Mutex::new(Handshake::Repeats),
            tested: Mutex::default(),
            answers: Mutex::default(),
            posts: sender,
        });
        let server = tokio::spawn(serve(listener, shared.clone())).abort_handle();
        Self { url, shared, posts, server }
    }

    pub(crate) fn answer_tests(&self, handshake: Handshake) {
        *self.shared.handshake.lock().unwrap() = handshake;
    }

    /// Sets the statuses of the next answers to notifications.
    pub(crate) fn answer(&self, statuses: impl IntoIterator<Item = Option<u16>>) {
        *self.shared.answers.lock().unwrap() = statuses.into_iter().collect();
    }

    /// Returns the texts of all tests of the address so far, decoded.
    pub(crate) fn tested(&self) -> Vec<String> {
        self.shared.tested.lock().unwrap().clone()
    }

    /// Waits for the next request, and returns its notifications.
    pub(crate) async fn next(&mut self) -> Vec<Value> {
        let post = tokio::time::timeout(PATIENCE, self.posts.recv()).await;
        let post = post.expect("a notification in time").expect("a receiver");
        post["value"].as_array().expect("a list").clone()
    }

    /// Waits for requests until they contain this number of notifications.
    pub(crate) async fn collect(&mut self, count: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.next().await);
        }
        all
    }

    /// Returns whether nothing has arrived that was not waited for.
    pub(crate) fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        let service = service_fn(move |request| answer(request, shared.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

type Answer = http::Response<Full<Bytes>>;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> io::Result<Answer> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let token = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "validationToken")
        .map(|(_, token)| token.into_owned());
    if let Some(token) = token {
        let handshake = *shared.handshake.lock().unwrap();
        shared.tested.lock().unwrap().push(token.clone());
        let undecoded = query.split_once('=').unwrap_or_default().1.to_owned();
        return Ok(match handshake {
            Handshake::Repeats => text(200, "text/plain", token),
            Handshake::RepeatsAsHtml => text(200, "text/html", token),
            Handshake::RepeatsUndecoded => text(200, "text/plain", undecoded),
            Handshake::RepeatsWith202 => text(202, "text/plain", token),
            Handshake::Refuses => text(401, "text/plain", "log in first".to_owned()),
            Handshake::Waits => std::future::pending().await,
        });
    }
    let status = shared.answers.lock().unwrap().pop_front().unwrap_or(Some(202));
    shared.posts.send(serde_json::from_slice(&body).unwrap()).unwrap();
    match status {
        Some(status) => Ok(text(status, "text/plain", String::new())),
        None => Err(io::Error::other("closed on purpose")),
    }
}

fn text(status: u16, content_type: &str, text: String) -> Answer {
    let response = http::Response::builder().status(status).header("content-type", content_type);
    response.body(Full::from(text)).unwrap()
}
