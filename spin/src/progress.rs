//! Progress of a client: the checkpoint of the last run that it acknowledged.
//!
//! The component cannot see whether a client received a batch: the buffers between both can contain
//! most of a directory. Therefore the last line of a run contains an id, and the client
//! acknowledges the run by sending the id back.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{host::Store, problem::Problem};

/// The stored progress of one integration: at most two runs.
pub struct Progress<S> {
    store: S,
    /// SHA-256 of tenant and name, so that keys do not contain the tenant.
    integration: String,
}

/// A run that ended, and the checkpoint for the next run.
#[derive(Serialize, Deserialize)]
struct Ended {
    run: String,
    checkpoint: String,
}

impl<S: Store> Progress<S> {
    /// Returns the progress of the integration that these settings name.
    pub fn new(store: S, settings: &Value) -> Self {
        let text = |name: &str| settings["server"][name].as_str().unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(text("tenantId").to_ascii_lowercase());
        hash.update([0]);
        hash.update(text("name"));
        Self { store, integration: format!("{:x}", hash.finalize()) }
    }

    /// Returns the checkpoint of the last run that was acknowledged.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn acknowledged(&self) -> Result<Option<String>, Problem> {
        Ok(self.read("acknowledged").await?.map(|ended| ended.checkpoint))
    }

    /// Stores the checkpoint of a run that ended. It replaces that of an earlier run that was not
    /// acknowledged.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn end(&self, run: &str, checkpoint: &str) -> Result<(), Problem> {
        let ended = Ended { run: run.to_owned(), checkpoint: checkpoint.to_owned() };
        self.write("pending", &ended).await
    }

    /// Lets the next run continue where this one ended. Acknowledging a run twice changes nothing.
    ///
    /// # Errors
    /// Where this is neither the last run that ended nor the last one that was acknowledged, or the
    /// store does not answer.
    pub async fn acknowledge(&self, run: &str) -> Result<(), Problem> {
        if let Some(pending) = self.read("pending").await?.filter(|pending| pending.run == run) {
            return self.write("acknowledged", &pending).await;
        }
        if self.read("acknowledged").await?.is_some_and(|acknowledged| acknowledged.run == run) {
            return Ok(());
        }
        let summary = "No run with this id can be acknowledged: it did not end, a later run \
                       has ended since, or it belongs to another integration";
        Err(Problem::new(StatusCode::CONFLICT, "run-unknown", summary)
            .remedy("Sync again without `ack`: the run continues after the last acknowledged one"))
    }

    /// Reads an entry. An unreadable one counts as missing, so that the next run is a full one.
    async fn read(&self, state: &str) -> Result<Option<Ended>, Problem> {
        let text = self.store.get(&self.key(state)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    async fn write(&self, state: &str, ended: &Ended) -> Result<(), Problem> {
        let text = serde_json::json!(ended).to_string();
        self.store.set(&self.key(state), &text).await
    }

    fn key(&self, state: &str) -> String {
        format!("{state}/{}", self.integration)
    }
}
