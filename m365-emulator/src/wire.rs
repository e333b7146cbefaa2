//! Requests and answers, independent of connections.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;

/// A complete request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path as sent, without the query.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the request came inside a `$batch`.
    pub(crate) inner: bool,
}

impl Request {
    /// Returns the decoded segments of the path. A slash at the end is ignored, as in Graph.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// Returns the fields of a posted form; none if the body is not a form.
    pub(crate) fn form(&self) -> Query {
        let is_form = self.header("content-type").is_some_and(|kind| {
            kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
        match std::str::from_utf8(&self.body) {
            Ok(body) if is_form => Query::parse(body),
            _ => Query::default(),
        }
    }

    /// Returns the fields of the form, and then those of the query.
    pub(crate) fn parameters(&self) -> Query {
        let mut parameters = self.form();
        parameters.pairs.extend_from_slice(self.query.pairs());
        parameters
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns whether `Prefer` has this preference.
    pub(crate) fn prefers(&self, preference: &str) -> bool {
        self.headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ';']))
            .any(|value| value.trim().eq_ignore_ascii_case(preference))
    }
}

/// A query string, as sent and decoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) raw: String,
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        Self { raw: raw.to_owned(), pairs }
    }

    /// Returns names and values in the order in which they were sent.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Returns the value of a parameter of OAuth; none if it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns the value of an option. Graph ignores the case of an option's name, and a missing
    /// `$` (<https://learn.microsoft.com/graph/query-parameters>).
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| plain_name(key).eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the query as sent, without one option.
    pub(crate) fn raw_without(&self, name: &str) -> String {
        self.raw
            .split('&')
            .filter(|pair| {
                let key = pair.split('=').next().unwrap_or_default();
                let key = percent_decode_str(key).decode_utf8_lossy();
                !key.is_empty() && !plain_name(&key).eq_ignore_ascii_case(name)
            })
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// Returns the name of an option without the `$`.
pub(crate) fn plain_name(key: &str) -> &str {
    key.strip_prefix('$').unwrap_or(key)
}

/// An answer, and how it is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

/// How an answer reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Completely.
    Complete,
    /// The connection is closed without an answer.
    Close,
    /// Only this number of bytes of the body is sent, then the connection is closed.
    CutAfter(usize),
}

impl Reply {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new(), delivery: Delivery::Complete }
    }

    /// Returns an answer with a JSON body, with the media type of Entra and of the admin API.
    pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::new(status)
            .with("content-type", "application/json; charset=utf-8")
            .with_body(body.to_string())
    }

    pub(crate) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the answer with a header. A header that HTTP does not allow is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            self.headers.insert(name, value);
        }
    }
}
