//! What came of each run.

use rusqlite::{Row, params, types::Type};
use serde::{Serialize, de::DeserializeOwned};

use super::{IntegrationId, Kind, Store, StoreError, Transaction, now};
use crate::{error::Problem, model::Summary};

/// The number of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(i64);

/// How much a run changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RunCounts {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Held when the run had ended, those of earlier runs included.
    pub held: u64,
    pub unreadable: u64,
}

/// A run, as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// What was synced.
    pub kind: Kind,
    /// `done`, `failed`, or `unfinished`: under way, or its process died.
    pub state: &'static str,
    /// RFC 3339.
    pub started: String,
    /// RFC 3339.
    pub ended: Option<String>,
    /// `full` or `incremental`.
    pub mode: Option<String>,
    #[expect(missing_docs, reason = "the names say it")]
    pub added: u64,
    #[expect(missing_docs, reason = "the names say it")]
    pub updated: u64,
    #[expect(missing_docs, reason = "the names say it")]
    pub removed: u64,
    /// Held when it had ended.
    pub held: u64,
    /// The plugin's words on it.
    pub summary: Summary,
    /// Why it failed.
    pub error: Option<Problem>,
    /// The most linear memory that the component had, in bytes.
    pub peak_memory: Option<u64>,
}

impl Transaction<'_> {
    pub(crate) fn start_run(&self, kind: Kind) -> Result<RunId, StoreError> {
        self.sql
            .prepare_cached("INSERT INTO run (integration, kind, started) VALUES (?1, ?2, ?3)")?
            .execute(params![self.integration, kind, now()])?;
        Ok(RunId(self.sql.last_insert_rowid()))
    }

    pub(crate) fn end_run(
        &self,
        RunId(id): RunId,
        mode: &str,
        counts: RunCounts,
        summary: &Summary,
        problem: Option<&Problem>,
        peak_memory: Option<u64>,
    ) -> Result<(), StoreError> {
        let warnings = json(&summary.warnings)?;
        let problem = problem.map(json).transpose()?;
        self.sql
            .prepare_cached(
                "UPDATE run SET ended = ?2, mode = ?3, added = ?4, updated = ?5, removed = ?6,
                     held = ?7, unreadable = ?8, requests = ?9, throttled = ?10, retried = ?11,
                     warnings = ?12, problem = ?13, peak_memory = ?14,
                     complete = ?15
                 WHERE id = ?1",
            )?
            .execute(params![
                id,
                now(),
                mode,
                counts.added,
                counts.updated,
                counts.removed,
                counts.held,
                counts.unreadable,
                summary.requests,
                summary.throttled,
                summary.retried,
                warnings,
                problem,
                peak_memory,
                summary.complete,
            ])?;
        Ok(())
    }
}

impl Store {
    /// Calls `each` with every run, the latest last.
    ///
    /// # Errors
    /// See [`StoreError`], or what `each` gives.
    pub fn each_run<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        mut each: impl FnMut(RunRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, kind, started, ended, mode, added, updated, removed, held, unreadable,
                     requests, throttled, retried, warnings, problem, peak_memory,
                     complete
                 FROM run WHERE integration = ?1 ORDER BY id",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement.query([integration.0]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(run(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let ended: Option<String> = row.get("ended")?;
    let problem: Option<String> = row.get("problem")?;
    let warnings: String = row.get("warnings")?;
    Ok(RunRow {
        id: row.get("id")?,
        kind: row.get("kind")?,
        state: match (&ended, &problem) {
            (None, _) => "unfinished",
            (Some(_), None) => "done",
            (Some(_), Some(_)) => "failed",
        },
        started: row.get("started")?,
        ended,
        mode: row.get("mode")?,
        added: row.get("added")?,
        updated: row.get("updated")?,
        removed: row.get("removed")?,
        held: row.get("held")?,
        summary: Summary {
            requests: row.get("requests")?,
            throttled: row.get("throttled")?,
            retried: row.get("retried")?,
            warnings: parse("warnings", &warnings)?,
            unreadable: row.get("unreadable")?,
            complete: row.get("complete")?,
        },
        error: problem.map(|it| parse("problem", &it)).transpose()?,
        peak_memory: row.get("peak_memory")?,
    })
}

fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|it| rusqlite::Error::ToSqlConversionFailure(it.into()))
}

fn parse<T: DeserializeOwned>(column: &str, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|it| {
        let cause = format!("{column}: {it}").into();
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, cause)
    })
}
