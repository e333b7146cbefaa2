//! What was asked, in the order in which it came. Holds no header but one, and no body: no token and no
//! secret comes here.

use std::collections::VecDeque;

use serde::Serialize;

use crate::wire::Request;

/// How many requests are kept; older ones are forgotten.
const CAPACITY: usize = 20_000;

/// What replaces a value that nobody should see.
const REDACTED: &str = "[redacted]";

/// One request to Entra or Graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// Counts requests since the start, from 1. A batch comes before the requests in it.
    pub order: u64,
    /// As sent.
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// Decoded, in the order of the request.
    pub query: Vec<(String, String)>,
    /// As sent.
    pub raw_query: String,
    /// What was answered; none while it is under way, or where the connection was closed instead.
    pub status: Option<u16>,
    /// The client's own id of the request.
    pub client_request_id: Option<String>,
    /// Whether it came inside a `$batch`.
    pub inner: bool,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<LoggedRequest>,
    count: u64,
}

impl RequestLog {
    /// Notes a request; its number is for [`Self::answered`].
    pub(crate) fn arrived(&mut self, request: &Request) -> u64 {
        self.count += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        let is_secret = |name: &str| {
            let name = name.to_ascii_lowercase();
            // The challenge of PKCE is public, its verifier is not.
            !name.starts_with("code_challenge")
                && ["secret", "assertion", "access_token", "password", "code"]
                    .iter()
                    .any(|word| name.contains(word))
        };
        let mut secret = false;
        let query = request.query.pairs().iter().map(|(name, value)| {
            let hide = is_secret(name);
            secret |= hide;
            (name.clone(), if hide { REDACTED.to_owned() } else { value.clone() })
        });
        let query = query.collect();
        self.entries.push_back(LoggedRequest {
            order: self.count,
            method: request.method.to_string(),
            path: request.path.clone(),
            query,
            raw_query: if secret { REDACTED.to_owned() } else { request.query.raw.clone() },
            status: None,
            client_request_id: request
                .header("client-request-id")
                .map(|id| id.chars().take(64).collect()),
            inner: request.inner,
        });
        self.count
    }

    pub(crate) fn answered(&mut self, order: u64, status: Option<u16>) {
        // Answers come soon after their requests: the search is short from the end.
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.order == order) {
            entry.status = status;
        }
    }

    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        self.entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
