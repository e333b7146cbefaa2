//! The requests to Entra and Graph, in the order in which they arrived. Only one header is stored,
//! and no body, so that the log has no tokens and no secrets.

use std::collections::VecDeque;

use serde::Serialize;

use crate::wire::Request;

/// Number of requests that are stored. Older ones are dropped.
const CAPACITY: usize = 20_000;

/// Replaces a secret value.
const REDACTED: &str = "[redacted]";

/// One request to Entra or Graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// Number of the request since the start, from 1. A batch comes before the requests in it.
    pub order: u64,
    /// Method, as sent.
    pub method: String,
    /// Path, as sent, without the query.
    pub path: String,
    /// Options of the query, decoded, in the order of the request.
    pub query: Vec<(String, String)>,
    /// Query, as sent.
    pub raw_query: String,
    /// Status of the answer; none before the answer, or if the connection was closed instead.
    pub status: Option<u16>,
    /// The client's own id of the request, from `client-request-id`.
    pub client_request_id: Option<String>,
    /// Whether the request came inside a `$batch`.
    pub inner: bool,
}

/// The requests to Entra and Graph.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<LoggedRequest>,
    count: u64,
}

impl RequestLog {
    /// Records a request, and returns its number for [`Self::answered`].
    pub(crate) fn arrived(&mut self, request: &Request) -> u64 {
        self.count += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        let is_secret = |name: &str| {
            let name = name.to_ascii_lowercase();
            // The challenge of PKCE is public, its verifier is secret.
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
        // Most answers follow soon after their requests, so the search starts at the end.
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
