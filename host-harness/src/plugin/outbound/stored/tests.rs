//! Against a canned server on loopback that counts what it is asked.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::Empty;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wasmtime_wasi_http::{RequestOptions, WasiHttpHooks as _};

use super::{
    super::{Client, Outbound},
    *,
};
use crate::secrets::Secrets;

struct Server {
    origin: String,
    asked: Arc<AtomicUsize>,
    stored: Stored,
}

impl Server {
    /// Answers everything with these headers, and with how often it was asked.
    async fn new(headers: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.windows(4).any(|it| it == b"\r\n\r\n") {
                    assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
                }
                let body = (counted.fetch_add(1, Ordering::SeqCst) + 1).to_string();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: x/y\r\nconnection: close\r\n{headers}\
                     content-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self { origin, asked, stored: Stored::default() }
    }

    async fn ask(&self, settings: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let client = Client::trusting(rustls::RootCertStore::empty()).unwrap();
        let allowed = [self.origin.clone()];
        let mut outbound = Outbound::new(client, &allowed, Arc::default(), Secrets::default())
            .storing(self.stored.under(settings));
        let mut request = http::Request::get(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Empty::new().map_err(|it| match it {}).boxed_unsync();
        let request = request.body(body).unwrap();
        let options = Some(RequestOptions::default());
        let sent = outbound.send_request(request, options, Box::new(async { Ok(()) }));
        let (answer, _) = Box::into_pin(sent).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "x/y");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

const HOUR: &[(&str, &str)] = &[("cache-control", "max-age=3600")];

#[tokio::test]
async fn what_both_sides_call_fresh_is_asked_for_once() {
    // As Entra ID's own does, it sets a cookie all the same.
    let headers = "cache-control: max-age=86400, private\r\nset-cookie: fpc=x; path=/\r\n";
    let server = Server::new(headers).await;
    for _ in 0..3 {
        assert_eq!(server.ask("{}", "/a", HOUR).await, "1");
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn it_is_stored_for_the_same_question_under_the_same_settings() {
    let server = Server::new("cache-control: max-age=86400\r\n").await;
    assert_eq!(server.ask("{}", "/a", HOUR).await, "1");
    assert_eq!(server.ask("{\"other\":1}", "/a", HOUR).await, "2");
    assert_eq!(server.ask("{}", "/b", HOUR).await, "3");
    assert_eq!(server.ask("{}", "/a?x", HOUR).await, "4");
    assert_eq!(server.ask("{}", "/a", &[HOUR, &[("accept", "z/z")]].concat()).await, "5");
    assert_eq!(server.ask("{}", "/a", HOUR).await, "1");
}

#[tokio::test]
async fn nothing_is_stored_that_either_side_does_not_call_fresh() {
    for headers in [
        "",
        "cache-control: no-store, max-age=60\r\n",
        "cache-control: max-age=60, no-cache\r\n",
        "cache-control: max-age=0\r\n",
        "cache-control: max-age=x\r\n",
        "cache-control: max-age=60\r\nage: 60\r\n",
        "cache-control: max-age=60\r\nvary: accept\r\n",
    ] {
        let server = Server::new(headers).await;
        server.ask("{}", "/a", HOUR).await;
        assert_eq!(server.ask("{}", "/a", HOUR).await, "2", "{headers}");
    }
    let server = Server::new("cache-control: max-age=60\r\n").await;
    server.ask("{}", "/a", HOUR).await;
    for (number, headers) in [
        (2, vec![]),
        (3, vec![("cache-control", "no-cache")]),
        (4, [HOUR, &[("authorization", "Bearer x")]].concat()),
        (5, [HOUR, &[("cookie", "a=b")]].concat()),
    ] {
        assert_eq!(server.ask("{}", "/a", &headers).await, number.to_string(), "{headers:?}");
    }
    assert_eq!(server.ask("{}", "/a", HOUR).await, "1");
}

#[tokio::test]
async fn of_too_many_answers_the_oldest_goes() {
    let server = Server::new("cache-control: max-age=60\r\n").await;
    for number in 0..=MOST {
        server.ask("{}", &format!("/{number}"), HOUR).await;
    }
    assert_eq!(server.stored.entries().len(), MOST);
    assert_eq!(server.ask("{}", "/1", HOUR).await, "2");
    assert_eq!(server.ask("{}", "/0", HOUR).await, (MOST + 2).to_string());
}
