//! The intake of hints: one thread stores what many requests say.
//!
//! A transaction ends with a write to the disk, which takes milliseconds. Requests that come while
//! one is stored share the next transaction.

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::{
    model::NotificationHint,
    store::{IntegrationId, Noted, Store, StoreError},
};

/// Number of requests that wait. Beyond it, requests wait before they are queued.
const QUEUE: usize = 1_000;

/// Largest number of requests in a transaction.
const AT_ONCE: usize = 500;

/// Stores hints on a thread of its own, which ends when this is dropped.
pub(super) struct Intake(mpsc::Sender<Request>);

struct Request {
    integration: IntegrationId,
    hints: Vec<NotificationHint>,
    answer: oneshot::Sender<Result<Noted, StoreError>>,
}

impl Intake {
    pub(super) fn start(store: Store) -> Self {
        let (sender, requests) = mpsc::channel(QUEUE);
        std::thread::spawn(move || work(store, requests));
        Self(sender)
    }

    /// Returns after the hints are stored.
    ///
    /// # Errors
    /// Any [`StoreError`]. The hints are not stored then.
    pub(super) async fn store(
        &self,
        integration: IntegrationId,
        hints: Vec<NotificationHint>,
    ) -> Result<Noted, StoreError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(Request { integration, hints, answer }).await;
        sent.map_err(|_| StoreError::broken(&"the intake of notifications has ended"))?;
        answered.await.map_err(|error| StoreError::broken(&error))?
    }
}

fn work(mut store: Store, mut requests: mpsc::Receiver<Request>) {
    while let Some(first) = requests.blocking_recv() {
        let mut all = vec![first];
        while all.len() < AT_ONCE
            && let Ok(next) = requests.try_recv()
        {
            all.push(next);
        }
        let (hints, answers): (Vec<_>, Vec<_>) =
            all.into_iter().map(|it| ((it.integration, it.hints), it.answer)).unzip();
        // A client that closed its connection receives no answer.
        match store.note_hints(&hints, Timestamp::now()) {
            Ok(noted) => {
                for (answer, noted) in answers.into_iter().zip(noted) {
                    let _ = answer.send(Ok(noted));
                }
            }
            Err(error) => {
                let cause = error.to_string();
                for answer in answers {
                    let _ = answer.send(Err(StoreError::broken(&cause)));
                }
            }
        }
    }
}
