//! Sends notifications to the addresses of subscriptions, apart from the requests that caused them,
//! and tests these addresses.
//!
//! Source: <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>

use std::time::{Duration, Instant};

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task::JoinSet;

use crate::outgoing::NoAnswer;
use crate::state::Shared;

/// Why an address was not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unconfirmed {
    /// There was no answer in time.
    TimedOut,
    /// The answer has another status, another type or another text.
    Failed,
}

/// Asks an address to repeat a text, as Microsoft does before it makes a subscription. The text is
/// a sentence that a careless receiver decodes twice, or shows as HTML
/// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/21160>).
pub(crate) async fn confirm(shared: &Shared, url: &str) -> Result<(), Unconfirmed> {
    let (outgoing, token, time) = {
        let mut state = shared.lock();
        let token = format!(
            "Validation: Testing client application reachability for subscription Request-Id: {} \
             100%25 <br/>",
            state.ids.guid()
        );
        let time = Duration::from_millis(state.settings.notifications.handshake_milliseconds);
        (state.outgoing.clone(), token, time)
    };
    let separator = if url.contains('?') { '&' } else { '?' };
    let encoded = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let url = format!("{url}{separator}validationToken={encoded}");
    let answer = outgoing.post(&url, "text/plain; charset=utf-8", Bytes::new(), time).await;
    match answer {
        Err(NoAnswer::TimedOut) => Err(Unconfirmed::TimedOut),
        Err(NoAnswer::Failed) => Err(Unconfirmed::Failed),
        Ok(answer) => {
            let is_text = answer.content_type.to_ascii_lowercase().starts_with("text/plain");
            let is_same = answer.status == 200 && is_text && answer.body == token.as_bytes();
            if is_same { Ok(()) } else { Err(Unconfirmed::Failed) }
        }
    }
}

/// Sends notifications until it is dropped. Addresses do not wait for each other.
pub(crate) async fn run(shared: Shared) {
    let wake = shared.lock().subscriptions.queue.wake();
    let mut posts = JoinSet::new();
    loop {
        let (due, next) = {
            let mut state = shared.lock();
            let per_request = state.settings.notifications.per_request;
            state.subscriptions.queue.take_due(per_request)
        };
        for post in due {
            let shared = shared.clone();
            posts.spawn(async move {
                let (outgoing, time) = {
                    let state = shared.lock();
                    let time = state.settings.notifications.answer_milliseconds;
                    (state.outgoing.clone(), Duration::from_millis(time))
                };
                let begun = Instant::now();
                let body = Bytes::from(post.body());
                let answer = outgoing.post(&post.url, "application/json", body, time).await;
                let status = answer.ok().map(|answer| answer.status);
                let mut state = shared.lock();
                let behaviour = state.settings.notifications.clone();
                state.subscriptions.queue.sent(post, status, begun.elapsed(), &behaviour);
            });
        }
        let later = async {
            match next {
                Some(next) => tokio::time::sleep_until(next.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wake.notified() => {}
            () = later => {}
            Some(_) = posts.join_next() => {}
        }
    }
}
