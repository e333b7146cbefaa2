//! How far a client has got: the checkpoint of the last run that it acknowledged.
//!
//! A batch that was sent is not a batch that arrived: most of a directory fits into the buffers
//! between this component and a client that went away. A run therefore ends with an id, and only a
//! client that read to the end can give it back.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{host::Store, problem::Problem};

/// What is stored of one integration: at most two runs.
pub struct Progress<S> {
    store: S,
    /// SHA-256 of tenant and name: keys show no tenant.
    integration: String,
}

/// A run that ended, and where the next one begins once it is acknowledged.
#[derive(Serialize, Deserialize)]
struct Ended {
    run: String,
    checkpoint: String,
}

impl<S: Store> Progress<S> {
    /// Progress of the integration that these settings name.
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
        Ok(self.read("acknowledged").await?.map(|it| it.checkpoint))
    }

    /// Stores the checkpoint of a run that ended, in place of that of an earlier run that nobody
    /// acknowledged.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn end(&self, run: &str, checkpoint: &str) -> Result<(), Problem> {
        let ended = Ended { run: run.to_owned(), checkpoint: checkpoint.to_owned() };
        self.write("pending", &ended).await
    }

    /// Lets the next run begin where this one ended. To acknowledge a run again changes nothing.
    ///
    /// # Errors
    /// Where it is not the last run that ended or was acknowledged, or the store does not answer.
    pub async fn acknowledge(&self, run: &str) -> Result<(), Problem> {
        if let Some(pending) = self.read("pending").await?.filter(|it| it.run == run) {
            return self.write("acknowledged", &pending).await;
        }
        if self.read("acknowledged").await?.is_some_and(|it| it.run == run) {
            return Ok(());
        }
        let summary = "No run with this id can be acknowledged: it did not end, a later run \
                       ended since, or it is one of another integration";
        Err(Problem::new(StatusCode::CONFLICT, "run-unknown", summary).remedy(
            "Sync again without `ack`: the run begins where the last acknowledged one ended",
        ))
    }

    /// An entry that is not one counts as none: then the run is a full one.
    async fn read(&self, state: &str) -> Result<Option<Ended>, Problem> {
        let text = self.store.get(&self.key(state)).await?;
        Ok(text.and_then(|it| serde_json::from_str(&it).ok()))
    }

    async fn write(&self, state: &str, ended: &Ended) -> Result<(), Problem> {
        let text = serde_json::json!(ended).to_string();
        self.store.set(&self.key(state), &text).await
    }

    fn key(&self, state: &str) -> String {
        format!("{state}/{}", self.integration)
    }
}
