//! Syncs, line by line as the plugin tells.
//!
//! A batch is `{"batch": …}`, its records and changes, and `{"checkpoint": …}` where it has one;
//! at the end, `{"summary": …}` or `{"error": …}`.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::{
    answer::{self, Answer},
    host::{Host, Store},
    plugin::{Batch, Plugin, Run},
    problem::Problem,
    request::Asked,
    settings,
};

/// All rooms.
///
/// # Errors
/// Where it failed before the first batch.
pub async fn rooms<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    mut asked: Asked,
) -> Result<Answer, Problem> {
    let settings = settings::of(host, &mut asked).await?;
    let run = plugin.sync_rooms(settings.to_string()).await;
    Lines::<H>::begin(run, None).await
}

/// People and groups: from `since` on, or from the checkpoint that is kept.
///
/// # Errors
/// Where it failed before the first batch.
pub async fn users<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    mut asked: Asked,
) -> Result<Answer, Problem> {
    let settings = settings::of(host, &mut asked).await?;
    let store = host.store().await?;
    let key = settings::checkpoint_key(&settings);
    let since = match (asked.full, asked.since, &store) {
        (true, ..) => None,
        (false, Some(since), _) => Some(since),
        (false, None, Some(store)) => store.get(&key).await?,
        (false, None, None) => None,
    };
    let run = plugin.sync_users(settings.to_string(), since).await;
    Lines::<H>::begin(run, store.map(|it| (it, key))).await
}

struct Lines<H: Host> {
    run: Option<Run>,
    /// Looked at before the answer began, so that its status is true.
    first: Option<Batch>,
    keep: Option<(H::Store, String)>,
    /// Of the batch that is being sent.
    checkpoint: Option<String>,
}

impl<H: Host> Lines<H> {
    async fn begin(mut run: Run, keep: Option<(H::Store, String)>) -> Result<Answer, Problem> {
        let Some(first) = run.batches.next().await else {
            let summary = run.end.await?;
            return Ok(answer::ndjson(stream::iter([line(&json!({ "summary": summary }))])));
        };
        let lines = Self { run: Some(run), first: Some(first), keep, checkpoint: None };
        Ok(answer::ndjson(stream::unfold(lines, |mut lines| async {
            let chunk = lines.next().await?;
            Some((chunk, lines))
        })))
    }

    async fn next(&mut self) -> Option<Bytes> {
        // Asked for more, so the batch before has been taken: only then a later run may go on there.
        if let (Some(checkpoint), Some((store, key))) = (self.checkpoint.take(), &self.keep)
            && let Err(problem) = store.set(key, &checkpoint).await
        {
            self.run = None;
            return Some(line(&json!({ "error": problem.to_json() })));
        }
        let run = self.run.as_mut()?;
        let batch = match self.first.take() {
            Some(batch) => Some(batch),
            None => run.batches.next().await,
        };
        if let Some(batch) = batch {
            self.checkpoint.clone_from(&batch.checkpoint);
            return Some(text(&batch));
        }
        let end = self.run.take()?.end.await;
        Some(line(&match end {
            Ok(summary) => json!({ "summary": summary }),
            Err(problem) => json!({ "error": problem.to_json() }),
        }))
    }
}

fn text(batch: &Batch) -> Bytes {
    let mut text = format!("{}\n", json!({ "batch": batch.head }));
    for line in &batch.lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    if let Some(checkpoint) = &batch.checkpoint {
        text.push_str(&json!({ "checkpoint": checkpoint }).to_string());
        text.push('\n');
    }
    text.into()
}

fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}
