//! Syncs, line by line as the plugin tells.
//!
//! A batch is `{"batch": …}`, its records and changes, and `{"checkpoint": …}` where it has one;
//! at the end, `{"summary": …}` or `{"error": …}`, with the id of a run that can be acknowledged.

use std::pin::pin;

use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    answer::{self, Answer},
    host::Host,
    plugin::{Batch, Plugin, Run},
    problem::Problem,
    progress::Progress,
    request::{Acknowledgement, Asked},
    settings,
};

/// How long an answer waits for the first batch, in seconds, where the client does not say. Until
/// it began, no component can see that its client went away; once it began, its status can no
/// longer be that of an error.
const PATIENCE: u64 = 5;

/// All rooms.
///
/// # Errors
/// Where it failed before the first batch.
pub async fn rooms<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    asked: Asked,
    wait: Option<u64>,
) -> Result<Answer, Problem> {
    let settings = settings::of(host, asked.settings).await?;
    let run = plugin.sync_rooms(settings.to_string()).await;
    Lines::<H>::begin(host, run, wait, None).await
}

/// People and groups: from `since` on, or from the last run that was acknowledged.
///
/// # Errors
/// Where it failed before the first batch, or `ack` cannot be acknowledged.
pub async fn users<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    asked: Asked,
    wait: Option<u64>,
) -> Result<Answer, Problem> {
    let settings = settings::of(host, asked.settings).await?;
    let progress = host.store().await?.map(|it| Progress::new(it, &settings));
    if let Some(run) = &asked.ack {
        progress.as_ref().ok_or_else(nothing_stored)?.acknowledge(run).await?;
    }
    // A client that keeps checkpoints does so alone: what is stored is not its own progress.
    let progress = progress.filter(|_| asked.since.is_none());
    let since = match (asked.full, asked.since, &progress) {
        (true, ..) => None,
        (false, None, Some(progress)) => progress.acknowledged().await?,
        (false, since, _) => since,
    };
    let run = plugin.sync_users(settings.to_string(), since).await;
    let kept = progress.map(|it| (it, format!("{:032x}", host.random())));
    Lines::<H>::begin(host, run, wait, kept).await
}

/// The client has read a run to its end.
///
/// # Errors
/// Where there is no such run.
pub async fn acknowledge<H: Host>(host: &H, asked: Acknowledgement) -> Result<Answer, Problem> {
    let settings = settings::of(host, asked.settings).await?;
    let store = host.store().await?.ok_or_else(nothing_stored)?;
    Progress::new(store, &settings).acknowledge(&asked.run).await?;
    Ok(answer::json(&json!({ "acknowledged": asked.run })))
}

fn nothing_stored() -> Problem {
    let summary = "No checkpoint is stored here, so no run can be acknowledged";
    Problem::new(StatusCode::CONFLICT, "nothing-stored", summary)
        .remedy("Keep the last `checkpoint` that you read, and send it as `since`")
}

struct Lines<H: Host> {
    run: Option<Run>,
    /// Read before the answer began, so that its status is true.
    first: Option<Batch>,
    /// Where the run is stored once it ended, and its id.
    progress: Option<(Progress<H::Store>, String)>,
    /// Of the last batch.
    checkpoint: Option<String>,
}

impl<H: Host> Lines<H> {
    async fn begin(
        host: &H,
        mut run: Run,
        wait: Option<u64>,
        progress: Option<(Progress<H::Store>, String)>,
    ) -> Result<Answer, Problem> {
        let patience = pin!(host.wait(wait.unwrap_or(PATIENCE)));
        let first = match select(run.batches.next(), patience).await {
            Either::Left((Some(first), _)) => Some(first),
            Either::Left((None, _)) => {
                let summary = run.end.await?;
                return Ok(answer::ndjson(stream::iter([line(&json!({ "summary": summary }))])));
            }
            Either::Right(((), _)) => None,
        };
        let lines = Self { run: Some(run), first, progress, checkpoint: None };
        Ok(answer::ndjson(stream::unfold(lines, |mut lines| async {
            let chunk = lines.next().await?;
            Some((chunk, lines))
        })))
    }

    async fn next(&mut self) -> Option<Bytes> {
        let run = self.run.as_mut()?;
        let batch = match self.first.take() {
            Some(batch) => Some(batch),
            None => run.batches.next().await,
        };
        if let Some(batch) = batch {
            if batch.checkpoint.is_some() {
                self.checkpoint.clone_from(&batch.checkpoint);
            }
            return Some(text(&batch));
        }
        let end = self.run.take()?.end.await;
        Some(line(&self.last(end).await))
    }

    /// The last line. Only here the client learns the run's id: it has all lines before.
    async fn last(&mut self, end: Result<Value, Problem>) -> Value {
        let mut run = None;
        if let (Some((progress, id)), Some(checkpoint)) = (&self.progress, &self.checkpoint) {
            match (progress.end(id, checkpoint).await, &end) {
                (Ok(()), _) => run = Some(id),
                (Err(problem), Ok(_)) => return json!({ "error": problem.to_json() }),
                // What went wrong first says more.
                (Err(_), Err(_)) => {}
            }
        }
        let mut line = match end {
            Ok(summary) => json!({ "summary": summary }),
            Err(problem) => json!({ "error": problem.to_json() }),
        };
        if let Some(run) = run {
            line["run"] = run.as_str().into();
        }
        line
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
