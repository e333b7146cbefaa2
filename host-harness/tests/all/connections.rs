//! Connections: how many, for how long, and what is spoken on them.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use ones_host::serve::Bounds;

use crate::served::*;

/// So long that only a server that never answers takes longer.
const GENEROUS: Duration = Duration::from_secs(60);

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.url.replace("http://localhost", "127.0.0.1")).unwrap();
    stream.set_read_timeout(Some(GENEROUS)).unwrap();
    stream
}

/// All that the server says to these bytes until it closes the connection.
fn raw(served: &Served, request: &str) -> String {
    let mut stream = connect(served);
    stream.write_all(request.as_bytes()).unwrap();
    read(&mut stream)
}

fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that the server resets is closed as well.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_client_that_leaves_many_requests_unfinished_stops_no_page() {
    let bounds = Bounds { connections: 32, connections_of_client: 16, ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&served);
        stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
        open.push(stream);
    }
    // Also for who comes from the same address.
    served.browser().get("/").says(200, "Sign in");
    // The oldest are closed: with an end, or with a reset.
    assert_eq!(read(&mut open[0]), "");
}

#[test]
fn many_clients_that_leave_requests_unfinished_stop_no_page_of_another() {
    // Each counts for itself, as those of a trusted proxy do.
    let bounds = Bounds { connections: 16, ..Bounds::default() };
    let served = Served::with(|options| {
        options.bounds = bounds;
        options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let mut open: Vec<_> = (0..64).map(|_| connect(&served)).collect();
    served.browser().get("/").says(200, "Sign in");
    assert_eq!(read(&mut open[0]), "");
}

#[test]
fn a_request_that_is_never_finished_is_given_up() {
    let bounds = Bounds { head: Duration::from_millis(50), ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    assert_eq!(raw(&served, "GET / HTTP/1.1\r\nHost: local"), "");
    // One on which nothing is asked any more ends as well.
    let host = served.browser().host;
    let answer = raw(&served, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn a_form_that_never_arrives_is_given_up() {
    let bounds = Bounds { body: Duration::from_millis(50), ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    let host = served.browser().host;
    let request =
        format!("POST /admin/log-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\nx");
    let answer = raw(&served, &request);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("took too long to arrive"), "{answer}");
}

#[test]
fn a_client_that_does_not_read_is_given_up() {
    let bounds = Bounds { write: Duration::from_millis(50), ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    let request =
        format!("GET /assets/style.css HTTP/1.1\r\nHost: {}\r\n\r\n", served.browser().host);
    let requests = request.repeat(100);
    let mut stream = connect(&served);
    stream.set_write_timeout(Some(GENEROUS)).unwrap();
    let error = loop {
        if let Err(error) = stream.write_all(requests.as_bytes()) {
            break error.kind();
        }
    };
    // Closed by the server, and not for want of patience here.
    assert!(
        matches!(error, std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe),
        "{error:?}"
    );
}

#[test]
fn http_2_without_tls_is_refused() {
    let served = Served::with_contoso();
    let answer = raw(&served, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
}

#[test]
fn a_request_that_does_not_name_one_host_is_refused() {
    let served = Served::with_contoso();
    let host = served.browser().host;
    let ask = |target: &str, hosts: &str| {
        raw(&served, &format!("GET {target} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"))
    };
    let own = format!("Host: {host}\r\n");
    for (target, hosts) in [
        ("/", String::new()),
        ("/", own.repeat(2)),
        ("/", format!("{own}Host: evil.example\r\n")),
        ("http://evil.example/", own.clone()),
        ("http://evil.example/", format!("{own}Host: evil.example\r\n")),
    ] {
        let answer = ask(target, &hosts);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target} {hosts}: {answer}");
        assert!(answer.contains("does not contain exactly one host name"), "{answer}");
    }
    for target in ["/".to_owned(), format!("http://{host}/")] {
        let answer = ask(&target, &own);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{target}: {answer}");
    }
}

#[test]
fn a_host_may_name_the_port_of_its_scheme() {
    let served = Served::public(Some("https://ones.example.com"));
    let mut browser = served.browser();
    let own = browser.host.clone();
    for (host, status) in [
        ("ones.example.com", 200),
        ("ones.example.com:443", 200),
        ("ONES.example.com:443", 200),
        (own.as_str(), 200),
        ("ones.example.com:80", 421),
        ("ones.example.com:4433", 421),
        ("evil.example:443", 421),
    ] {
        browser.host = host.to_owned();
        assert_eq!(browser.get("/").status, status, "{host}");
    }
    // A form of the page is its own, whichever way the proxy writes the name.
    browser.host = "ones.example.com:443".to_owned();
    browser.headers = vec![("Origin".to_owned(), "https://ones.example.com".to_owned())];
    browser.get("/admin/log-in");
    browser.post("/admin/log-in", &[("password", PASSWORD)]).leads_to("/admin");
}

#[test]
fn browsers_stay_with_https_where_the_public_url_is_of_it() {
    let hsts = |url, host: Option<&str>| {
        let served = Served::public(url);
        let mut browser = served.browser();
        browser.host = host.map_or(browser.host.clone(), str::to_owned);
        browser.get("/").header("strict-transport-security").to_owned()
    };
    let secure = Some("https://ones.example.com");
    assert_eq!(hsts(secure, Some("ones.example.com")), "max-age=31536000");
    assert_eq!(hsts(secure, Some("ones.example.com:443")), "max-age=31536000");
    // On the machine itself, without TLS.
    assert_eq!(hsts(secure, None), "");
    assert_eq!(hsts(Some("http://ones.example.com"), Some("ones.example.com")), "");
    assert_eq!(hsts(None, None), "");
}
