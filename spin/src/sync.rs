//! Runs syncs, and sends their batches as lines of JSON.
//!
//! A batch consists of `{"batch": …}`, a line for each record or change, and `{"checkpoint": …}`
//! where it has one. The last line is `{"summary": …}` or `{"error": …}`, with the id of the run
//! where the client can acknowledge it.

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
    request::{Acknowledgement, BookingOptions, Options},
    settings,
};

/// How long an answer waits for the first batch, in seconds, where the client does not set it.
///
/// Before an answer begins, the component cannot see that its client has left; afterwards, it can
/// no longer send the status of an error.
const DEFAULT_WAIT: u64 = 5;

/// Syncs all rooms.
///
/// # Errors
/// Where the sync fails before the first batch.
pub async fn rooms<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    options: Options,
    wait: Option<u64>,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, options.settings).await?;
    let run = plugin.sync_rooms(settings.to_string()).await;
    Lines::<H>::begin(host, run, wait, None).await
}

/// Syncs users and groups: what changed since the checkpoint in `since` or, without one, since the
/// last run that was acknowledged.
///
/// # Errors
/// Where the sync fails before the first batch, or the run in `ack` cannot be acknowledged.
pub async fn users<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    options: Options,
    wait: Option<u64>,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, options.settings).await?;
    let progress = host.store().await?.map(|store| Progress::new(store, &settings));
    if let Some(run) = &options.ack {
        progress.as_ref().ok_or_else(nothing_stored)?.acknowledge(run).await?;
    }
    // A client that stores checkpoints itself does not change the progress that is stored here.
    let progress = progress.filter(|_| options.since.is_none());
    let since = match (options.full, options.since, &progress) {
        (true, ..) => None,
        (false, None, Some(progress)) => progress.acknowledged().await?,
        (false, since, _) => since,
    };
    let run = plugin.sync_users(settings.to_string(), since).await;
    let progress = progress.map(|progress| (progress, format!("{:032x}", host.random())));
    Lines::<H>::begin(host, run, wait, progress).await
}

/// Syncs the bookings of rooms. The client stores the checkpoint of each room.
///
/// # Errors
/// Where the sync fails before the first batch.
pub async fn bookings<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    options: BookingOptions,
    wait: Option<u64>,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, options.settings).await?;
    let run = plugin.sync_bookings(settings.to_string(), options.rooms, options.window).await;
    Lines::<H>::begin(host, run, wait, None).await
}

/// Acknowledges a run, which the client has read to its end.
///
/// # Errors
/// Where there is no such run.
pub async fn acknowledge<H: Host>(
    host: &H,
    Acknowledgement { settings, run }: Acknowledgement,
) -> Result<Answer, Problem> {
    let settings = settings::read(host, settings).await?;
    let store = host.store().await?.ok_or_else(nothing_stored)?;
    Progress::new(store, &settings).acknowledge(&run).await?;
    Ok(answer::json(&json!({ "acknowledged": run })))
}

fn nothing_stored() -> Problem {
    let summary = "This host has no store for checkpoints, so no run can be acknowledged";
    Problem::new(StatusCode::CONFLICT, "nothing-stored", summary)
        .remedy("Store the last `checkpoint` that you receive, and send it as `since`")
}

/// The lines of a sync.
struct Lines<H: Host> {
    run: Option<Run>,
    /// The first batch, which was received before the answer began.
    first: Option<Batch>,
    /// Where to store the checkpoint at the end of the run, and the id of the run.
    progress: Option<(Progress<H::Store>, String)>,
    /// The last checkpoint so far.
    checkpoint: Option<String>,
}

impl<H: Host> Lines<H> {
    async fn begin(
        host: &H,
        mut run: Run,
        wait: Option<u64>,
        progress: Option<(Progress<H::Store>, String)>,
    ) -> Result<Answer, Problem> {
        let timeout = pin!(host.wait(wait.unwrap_or(DEFAULT_WAIT)));
        let first = match select(run.batches.next(), timeout).await {
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
            return Some(lines_of(&batch));
        }
        let end = self.run.take()?.end.await;
        Some(line(&self.last(end).await))
    }

    /// Returns the last line. Only this one contains the id of the run, so that a client with the
    /// id has received all lines.
    async fn last(&mut self, end: Result<Value, Problem>) -> Value {
        let mut run = None;
        if let (Some((progress, id)), Some(checkpoint)) = (&self.progress, &self.checkpoint) {
            match (progress.end(id, checkpoint).await, &end) {
                (Ok(()), _) => run = Some(id),
                (Err(problem), Ok(_)) => return json!({ "error": problem.to_json() }),
                // The first error is the cause of the failed run.
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

fn lines_of(batch: &Batch) -> Bytes {
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
