//! A minimal browser: stores cookies, does not follow redirects, and sends the form token of the
//! last page.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
};

#[derive(Clone)]
pub(crate) struct Browser {
    address: String,
    pub(crate) host: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Of the page it saw last.
    pub(crate) csrf: String,
    /// Sent along with everything.
    pub(crate) headers: Vec<(String, String)>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Browser {
    /// `url` is the server's own.
    pub(crate) fn new(url: &str) -> Self {
        let host = url.trim_start_matches("http://").to_owned();
        let address = host.replace("localhost", "127.0.0.1");
        Self { address, host, cookies: BTreeMap::new(), csrf: String::new(), headers: Vec::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    /// Sends a form of the page it saw last.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        self.send("POST", path, &form.finish())
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let more: String =
            self.headers.iter().map(|(name, it)| format!("{name}: {it}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n{more}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            cookies.join("; "),
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // A server that has read enough answers before it has read all.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let reply = Reply::parse(&String::from_utf8(answer).unwrap());
        self.look_at(&reply);
        reply
    }

    fn look_at(&mut self, reply: &Reply) {
        for cookie in reply.all("set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = reply.field("csrf") {
            self.csrf = token;
        }
    }
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|it| it.split_once(": "));
        let headers = headers.map(|(name, it)| (name.to_lowercase(), it.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, it)| it.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, it)| it)
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&start)?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) {
        assert_eq!((self.status, self.header("location")), (303, place), "{}", self.body);
    }

    #[track_caller]
    pub(crate) fn says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(text), "no {text:?} in {}", self.body);
    }
}
