//! The client for requests that the emulator sends itself: to the addresses of subscriptions.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;

/// Maximum size of an answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 << 10;

/// Sends requests, directly and without following redirects.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing(Client);

/// An answer of an address.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// At most 64 KiB.
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The time was over.
    TimedOut,
    /// The connection could not be made, or broke, or is not HTTP.
    Failed,
}

impl Outgoing {
    /// Makes the client.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Fails where the program has chosen a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(Policy::none()).build()?;
        Ok(Self(client))
    }

    /// Sends a POST, and waits for the complete answer, at most as long as `time`.
    pub(crate) async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        body: Bytes,
        time: Duration,
    ) -> Result<Answer, NoAnswer> {
        let failed = |error: reqwest::Error| match error.is_timeout() {
            true => NoAnswer::TimedOut,
            false => NoAnswer::Failed,
        };
        let request = self.0.post(url).header(CONTENT_TYPE, content_type).timeout(time).body(body);
        let mut response = request.send().await.map_err(failed)?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (status, content_type) = (response.status().as_u16(), content_type.to_owned());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_ANSWER {
                break;
            }
        }
        Ok(Answer { status, content_type, body })
    }
}
