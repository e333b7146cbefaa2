//! Against canned servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use http_body_util::{Empty, Full};
use rustls::pki_types::PrivateKeyDer;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{client::check_proxies, *};

/// Answers one request with these bytes; then the connection ends, or is kept silent.
async fn server(answer: &'static str, silent: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, answer, silent).await;
    });
    origin
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str, silent: bool) {
    let mut request = Vec::new();
    while !request.windows(4).any(|it| it == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
            return;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    if silent {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

fn client() -> Client {
    Client::trusting(rustls::RootCertStore::empty()).unwrap()
}

/// Answers every request with an empty body. Returns what it was sent, as the bytes came, once one
/// was for `/last`.
async fn recording() -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (sender, mut chunks) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.unwrap_or_default() > 0 {
                    let text = String::from_utf8(std::mem::take(&mut bytes)).unwrap();
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                    let answers = answer.repeat(text.matches("\r\n\r\n").count());
                    sender.send(text).unwrap();
                    stream.write_all(answers.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let recorded = tokio::spawn(async move {
        let mut all = String::new();
        while !all.contains("/last") {
            all += &chunks.recv().await.unwrap();
        }
        all
    });
    (origin, recorded)
}

fn post(url: &str, body: &'static str) -> http::Request<WasiBody> {
    http::Request::post(url)
        .body(Full::new(body.into()).map_err(|it| match it {}).boxed_unsync())
        .unwrap()
}

fn request(url: &str) -> http::Request<WasiBody> {
    http::Request::get(url).body(Empty::new().map_err(|it| match it {}).boxed_unsync()).unwrap()
}

struct Asked {
    result: Result<(u16, Bytes), Error>,
    noted: Vec<String>,
}

async fn ask(client: Client, allowed: &str, request: http::Request<WasiBody>) -> Asked {
    ask_with(client, allowed, request, RequestOptions::default()).await
}

async fn ask_with(
    client: Client,
    allowed: &str,
    request: http::Request<WasiBody>,
    options: RequestOptions,
) -> Asked {
    let meter = Arc::new(Meter::default());
    let mut outbound =
        Outbound::new(client, &[allowed.to_owned()], meter.clone(), Secrets::default());
    let sent = outbound.send_request(request, Some(options), Box::new(async { Ok(()) }));
    let result = async {
        let (answer, _) = Box::into_pin(sent).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    };
    Asked { result: result.await, noted: meter.network_failures() }
}

#[tokio::test]
async fn an_answer_comes_as_the_server_gave_it() {
    let origin = server("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", false).await;
    let asked = ask(client(), &origin, request(&format!("{origin}/x?y=1"))).await;
    assert_eq!(asked.result.unwrap(), (404, Bytes::from("no")));
    assert!(asked.noted.is_empty());
}

#[tokio::test]
async fn an_origin_that_was_not_named_is_denied() {
    let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
    for other in ["http://localhost:1", "https://127.0.0.1", "http://127.0.0.1.nip.io:80"] {
        let asked = ask(client(), other, request(&origin)).await;
        assert!(matches!(asked.result, Err(Error::HttpRequestDenied)));
        assert!(asked.noted[0].contains(&origin), "{:?}", asked.noted);
    }
}

#[tokio::test]
async fn plain_http_to_another_machine_is_denied_even_where_it_was_named() {
    for url in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com"] {
        let asked = ask(client(), url, request(url)).await;
        assert!(matches!(asked.result, Err(Error::HttpRequestDenied)), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let origin =
        server("HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n", false).await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert_eq!(asked.result.unwrap().0, 302);
}

#[tokio::test]
async fn a_closed_port_refuses_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let asked = ask(client(), &origin, request(&format!("{origin}/secret-path"))).await;
    assert!(matches!(asked.result, Err(Error::ConnectionRefused)), "{:?}", asked.result);
    assert!(asked.noted[0].starts_with(&origin) && !asked.noted[0].contains("secret-path"));
}

#[tokio::test]
async fn a_name_that_cannot_be_one_is_a_dns_error() {
    // Longer than a label can be: no name server is asked.
    let origin = format!("https://{}.example", "x".repeat(64));
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(
        matches!(asked.result, Err(Error::DnsError { rcode: Some(_), .. })),
        "{:?}",
        asked.result
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_terminates_the_connection() {
    let origin = server("", false).await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::ConnectionTerminated)), "{:?}", asked.result);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_incomplete() {
    let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", false).await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::HttpResponseIncomplete)), "{:?}", asked.result);
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    let origin = server("SSH-2.0-OpenSSH_9.2\r\n\r\n", false).await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::HttpProtocolError)), "{:?}", asked.result);
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() {
    let origin = server("", true).await;
    let short = Some(Duration::from_millis(20));
    let options = RequestOptions {
        connect_timeout: short,
        first_byte_timeout: short,
        between_bytes_timeout: None,
    };
    let asked = ask_with(client(), &origin, request(&origin), options).await;
    assert!(matches!(asked.result, Err(Error::HttpResponseTimeout)), "{:?}", asked.result);
}

#[tokio::test]
async fn a_body_that_goes_silent_times_out() {
    let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", true).await;
    let options = RequestOptions {
        between_bytes_timeout: Some(Duration::from_millis(20)),
        ..RequestOptions::default()
    };
    let asked = ask_with(client(), &origin, request(&origin), options).await;
    assert!(matches!(asked.result, Err(Error::ConnectionReadTimeout)), "{:?}", asked.result);
}

#[tokio::test]
async fn an_answer_that_says_it_is_too_large_is_not_read() {
    let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n", true).await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::HttpResponseBodySize(Some(67_108_865)))));
}

#[tokio::test]
async fn an_answer_that_grows_too_large_ends() {
    let body = reqwest::Body::from("12345");
    let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let body = Answer::receive(body, Bounds { size: 4, idle: SILENCE }, permit);
    assert!(matches!(body.collect().await, Err(Error::HttpResponseBodySize(Some(4)))));
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_sent() {
    let body = Full::new(Bytes::from(vec![0; LARGEST_REQUEST + 1]));
    let request = http::Request::post("https://localhost:1/")
        .body(body.map_err(|it| match it {}).boxed_unsync())
        .unwrap();
    let asked = ask(client(), "https://localhost:1", request).await;
    assert!(matches!(asked.result, Err(Error::HttpRequestBodySize(Some(_)))));
}

/// Serves TLS under a CA made for this test.
async fn tls_server() -> (String, rustls::RootCertStore) {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(key.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(stream) = acceptor.accept(stream).await {
            serve(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false).await;
        }
    });
    (origin, roots)
}

#[tokio::test]
async fn headers_that_are_the_connections_own_do_not_leave_the_host() {
    let (origin, recorded) = recording().await;
    let client = client();
    let mut first = post(&format!("{origin}/first"), "body");
    for (name, value) in [
        ("content-length", "40"),
        ("transfer-encoding", "chunked"),
        ("connection", "keep-alive, x-hop"),
        ("x-hop", "1"),
        ("x-end", "kept"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic eA=="),
        ("host", "other.example"),
        ("te", "trailers"),
        ("trailer", "x-trailer"),
        ("upgrade", "h2c"),
        ("http2-settings", "AAMAAABkAAQAAP__"),
        ("expect", "100-continue"),
    ] {
        first.headers_mut().append(name, value.parse().unwrap());
    }
    // Then one of which the first must not be a part, on the same connection.
    let empty = post(&format!("{origin}/second"), "");
    let last = request(&format!("{origin}/last"));
    for request in [first, empty, last] {
        let asked = ask(client.clone(), &origin, request).await;
        assert_eq!(asked.result.unwrap().0, 200);
    }
    let host = origin.strip_prefix("http://").unwrap();
    let expected = format!(
        "POST /first HTTP/1.1\r\nx-end: kept\r\naccept: */*\r\nhost: {host}\r\n\
         content-length: 4\r\n\r\nbody\
         POST /second HTTP/1.1\r\ncontent-length: 0\r\naccept: */*\r\nhost: {host}\r\n\r\n\
         GET /last HTTP/1.1\r\naccept: */*\r\nhost: {host}\r\n\r\n"
    );
    assert_eq!(recorded.await.unwrap(), expected);
}

#[tokio::test]
async fn a_method_that_is_for_a_proxy_is_not_sent() {
    let (origin, recorded) = recording().await;
    for method in ["CONNECT", "TRACE", "OPTIONS", "get", "PROPFIND"] {
        let mut request = request(&origin);
        *request.method_mut() = method.parse().unwrap();
        let asked = ask(client(), &origin, request).await;
        assert!(matches!(asked.result, Err(Error::HttpRequestMethodInvalid)), "{method}");
        assert!(asked.noted[0].contains("GET, POST, PUT, PATCH, DELETE, HEAD"));
    }
    let client = client();
    for method in ["PUT", "PATCH", "DELETE", "HEAD", "GET"] {
        let mut request =
            request(&format!("{origin}/{}", if method == "GET" { "last" } else { "" }));
        *request.method_mut() = method.parse().unwrap();
        assert_eq!(ask(client.clone(), &origin, request).await.result.unwrap().0, 200);
    }
    assert_eq!(recorded.await.unwrap().matches(" HTTP/1.1").count(), 5);
}

#[tokio::test]
async fn a_failure_is_noted_in_few_words_however_long_the_host_is_called() {
    let url = format!("https://{}example", "x.".repeat(30_000));
    let asked = ask(client(), "https://vendor.example", request(&url)).await;
    assert!(matches!(asked.result, Err(Error::HttpRequestDenied)));
    assert_eq!(asked.noted[0].len(), 1_024);
}

#[tokio::test]
async fn a_certificate_under_a_trusted_root_is_accepted() {
    let (origin, roots) = tls_server().await;
    let asked = ask(Client::trusting(roots).unwrap(), &origin, request(&origin)).await;
    assert_eq!(asked.result.unwrap(), (200, Bytes::from("ok")));
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_a_certificate_error() {
    let (origin, _) = tls_server().await;
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::TlsCertificateError)), "{:?}", asked.result);
    assert!(asked.noted[0].contains("UnknownIssuer"), "{:?}", asked.noted);
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let asked = ask(client(), &origin, request(&origin)).await;
    assert!(matches!(asked.result, Err(Error::TlsProtocolError)), "{:?}", asked.result);
}

#[tokio::test]
async fn a_token_that_a_request_carries_is_a_secret_from_then_on() {
    let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
    let (meter, secrets) = (Arc::new(Meter::default()), Secrets::default());
    let allowed = [origin.clone()];
    let mut outbound = Outbound::new(client(), &allowed, meter.clone(), secrets.clone());
    let mut request = request(&origin);
    request.headers_mut().insert(AUTHORIZATION, "Bearer eyJ0eXAi.abc-1".parse().unwrap());
    let sent = outbound.send_request(request, None, Box::new(async { Ok(()) }));
    assert!(Box::into_pin(sent).await.is_ok());
    let mut text = "refused: eyJ0eXAi.abc-1.".to_owned();
    secrets.redact(&mut text);
    assert_eq!((text.as_str(), meter.requests()), ("refused: [redacted].", 1));
}

#[tokio::test]
async fn only_so_many_requests_are_under_way() {
    let (origin, meter) = (server("", true).await, Arc::new(Meter::default()));
    let mut outbound =
        Outbound::new(client(), std::slice::from_ref(&origin), meter.clone(), Secrets::default());
    let mut sent = Vec::new();
    for _ in 0..IN_FLIGHT + 1 {
        let it = outbound.send_request(request(&origin), None, Box::new(async { Ok(()) }));
        sent.push(Box::into_pin(it));
    }
    for it in &mut sent {
        assert!(is_pending(it));
    }
    assert_eq!(meter.requests() as usize, IN_FLIGHT);
}

#[tokio::test]
async fn a_request_is_sent_while_the_plugin_computes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let mut outbound =
        Outbound::new(client(), std::slice::from_ref(&origin), Arc::default(), Secrets::default());
    let sent = outbound.send_request(request(&origin), None, Box::new(async { Ok(()) }));
    let mut sent = Box::into_pin(sent);
    assert!(is_pending(&mut sent));
    // Blocks the only thread of the test's runtime, as a plugin does that computes.
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut begun = [0; 4];
    std::io::Read::read_exact(&mut stream, &mut begun).unwrap();
    assert_eq!(&begun, b"GET ");
}

fn is_pending(it: &mut (impl Future + Unpin)) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(it).poll(&mut context).is_pending()
}

#[test]
fn a_proxy_that_is_none_is_an_error_that_does_not_cite_it() {
    let check = |value: &str| check_proxies(|name| (name == "HTTPS_PROXY").then(|| value.into()));
    for good in ["", "http://proxy:3128", "proxy:3128", "https://u:p@proxy"] {
        check(good).unwrap();
    }
    for bad in ["http://", "http://u:secret@proxy:port", "ftp://proxy", "a proxy"] {
        let error = check(bad).unwrap_err().to_string();
        assert!(error.contains("HTTPS_PROXY") && !error.contains("secret"), "{bad}: {error}");
    }
}

/// Collects the log of this thread while `work` goes on.
async fn logged(work: impl Future<Output = ()>) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn the_log_of_a_request_holds_neither_query_nor_token_nor_secret() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    // A place that logs for the first time, in the thread of another test, while this test begins
    // to listen would stay silent. So all of them log once before.
    let first = server(answer, false).await;
    let origins = std::slice::from_ref(&first);
    let mut outbound = Outbound::new(client(), origins, Arc::default(), Secrets::default());
    let sent = outbound.send_request(request(&first), None, Box::new(async { Ok(()) }));
    drop(Box::into_pin(sent).await.unwrap());

    let origin = server(answer, false).await;
    let schema = serde_json::json!({ "properties": { "secret": { "writeOnly": true } } });
    let settings = serde_json::json!({ "secret": "hunter22-hunter22" });
    let secrets = Secrets::of(&settings.into(), &schema);
    let url = format!("{origin}/users/hunter22-hunter22?code=hunter33-hunter33");
    let mut request = request(&url);
    request.headers_mut().insert(AUTHORIZATION, "Bearer hunter44-hunter44".parse().unwrap());
    let mut outbound =
        Outbound::new(client(), std::slice::from_ref(&origin), Arc::default(), secrets);
    let log = logged(async {
        let sent = outbound.send_request(request, None, Box::new(async { Ok(()) }));
        assert_eq!(Box::into_pin(sent).await.map(|(it, _)| it.status().as_u16()).unwrap(), 429);
    });
    let log = log.await;
    assert!(log.contains("/users/[redacted]") && log.contains("status=429"), "{log}");
    assert!(log.contains("the vendor asks to wait") && log.contains("7"), "{log}");
    assert!(!log.contains("hunter"), "{log}");
}

#[tokio::test]
async fn the_log_shows_that_a_request_is_sent_again() {
    let url = Url::parse("https://vendor.example/users").unwrap();
    let attempts = Attempts::default();
    let log = logged(async {
        for status in [503, 504, 200, 200] {
            let request = attempts.begin(http::Method::GET, url.clone(), &Secrets::default());
            request.answered(&http::Response::builder().status(status).body(()).unwrap());
        }
    });
    let log = log.await;
    let lines = log.lines().filter(|line| line.contains("attempt"));
    let numbers: Vec<_> = lines.map(|line| line.rsplit("attempt=").next().unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "3", "1"]);
}
