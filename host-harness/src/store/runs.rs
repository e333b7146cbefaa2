//! Results of runs.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{IntegrationId, Kind, RunKind, Store, StoreError, Transaction, json, now};
use crate::{
    model::{Owed, Summary},
    problem::Problem,
};

/// A run under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId {
    id: i64,
    kind: RunKind,
    /// Whether it reads only what notifications named.
    notified: bool,
}

impl RunId {
    /// Returns the number of the run, as lists show it.
    pub(crate) fn number(self) -> i64 {
        self.id
    }
}

/// Changes of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RunCounts {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Held at the end of the run, including those of earlier runs.
    pub held: u64,
    pub unreadable: u64,
    /// Users who were removed earlier and are now deleted.
    pub deleted: u64,
    /// Of a run of users.
    pub groups: GroupCounts,
    /// Of a run of users.
    pub memberships: MemberCounts,
    /// Of a run of bookings.
    pub rooms: RoomCounts,
}

/// Rooms whose bookings a run read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct RoomCounts {
    pub read: u64,
    pub failed: u64,
}

/// A room whose bookings a run could not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomProblem {
    /// Id of the room.
    pub room: String,
    /// Name that users see.
    pub name: String,
    /// Why it failed.
    pub problem: Problem,
}

/// Changes of groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct GroupCounts {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Held at the end of the run, including those of earlier runs.
    pub held: u64,
}

/// Changes of memberships.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct MemberCounts {
    pub added: u64,
    pub removed: u64,
}

impl RunCounts {
    /// Notes how many records of a kind were removed, and how many removals are held.
    pub(crate) fn settled(&mut self, kind: Kind, removed: u64, held: u64) {
        let (of_removed, of_held) = match kind {
            Kind::User | Kind::Room | Kind::Booking => (&mut self.removed, &mut self.held),
            Kind::Group => (&mut self.groups.removed, &mut self.groups.held),
        };
        (*of_removed, *of_held) = (removed, held);
    }

    /// Returns the number of removals that wait for approval.
    pub fn all_held(&self) -> u64 {
        self.held + self.groups.held
    }
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// Number of the run.
    pub id: i64,
    /// What it synced.
    pub kind: RunKind,
    /// `done`, `failed`, or `unfinished`: under way, or its process ended.
    pub state: &'static str,
    /// Time of its start (RFC 3339).
    pub started: String,
    /// Time of its end (RFC 3339).
    pub ended: Option<String>,
    /// `full` or `incremental`.
    pub mode: Option<String>,
    #[expect(missing_docs, reason = "the names say it")]
    pub added: u64,
    #[expect(missing_docs, reason = "the names say it")]
    pub updated: u64,
    #[expect(missing_docs, reason = "the names say it")]
    pub removed: u64,
    /// Removals held at its end.
    pub held: u64,
    /// Removed users who were deleted.
    pub deleted: u64,
    #[expect(missing_docs, reason = "the names say it")]
    pub groups: GroupCounts,
    #[expect(missing_docs, reason = "the names say it")]
    pub memberships: MemberCounts,
    /// Number of rooms whose bookings were read, and of those that failed.
    pub rooms: RoomCounts,
    /// The first of the rooms that failed.
    pub room_failures: Vec<RoomProblem>,
    /// The plugin's summary.
    pub summary: Summary,
    /// Why it failed.
    pub error: Option<Problem>,
    /// Largest linear memory of a call, in bytes.
    pub peak_memory: Option<u64>,
    /// Whether it read only what notifications named.
    pub notified: bool,
}

impl Transaction<'_> {
    /// Stores that a run starts; `notified` says that it reads only rooms that notifications named.
    pub(crate) fn start_run(&self, kind: RunKind, notified: bool) -> Result<RunId, StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO run (integration, kind, started, notified) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.integration, kind, now(), notified])?;
        Ok(RunId { id: self.sql.last_insert_rowid(), kind, notified })
    }

    /// Records the result of a run, and whether runs of its kind fail.
    pub(crate) fn end_run(
        &self,
        RunId { id, kind, notified }: RunId,
        mode: &str,
        counts: RunCounts,
        summary: &Summary,
        problem: Option<&Problem>,
        peak_memory: Option<u64>,
    ) -> Result<(), StoreError> {
        let warnings = json::write(&summary.warnings)?;
        // A failed run is recorded also where it exceeded the storage limit.
        if problem.is_none() && !summary.warnings.is_empty() {
            self.adds.set(true);
        }
        let said = problem.map(json::write).transpose()?;
        self.sql
            .prepare_cached(
                "UPDATE run SET ended = ?2, mode = ?3, added = ?4, updated = ?5, removed = ?6,
                     held = ?7, unreadable = ?8, requests = ?9, throttled = ?10, retried = ?11,
                     warnings = ?12, problem = ?13, peak_memory = ?14,
                     complete = ?15, deleted = ?16, groups_added = ?17, groups_updated = ?18,
                     groups_removed = ?19, groups_held = ?20, members_added = ?21,
                     members_removed = ?22, owed_count = ?23, owed_since = ?24,
                     rooms_read = ?25, rooms_failed = ?26
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
                said,
                peak_memory,
                summary.complete,
                counts.deleted,
                counts.groups.added,
                counts.groups.updated,
                counts.groups.removed,
                counts.groups.held,
                counts.memberships.added,
                counts.memberships.removed,
                summary.owed.map_or(0, |it| it.count),
                summary.owed.map_or(0, |it| it.since),
                counts.rooms.read,
                counts.rooms.failed,
            ])?;
        match problem {
            // Scheduled runs report whether the sync works. Those because of notifications come
            // much more often, and would make the pause after failures too long.
            Some(_) if notified => Ok(()),
            Some(problem) => self.failed(kind, problem),
            // A part of the rooms was read, and each of them failed: others may work.
            None if counts.rooms.read == 0 && counts.rooms.failed > 0 => Ok(()),
            None => self.works(kind),
        }
    }
}

impl Transaction<'_> {
    /// Stores the rooms that failed in a run of bookings.
    pub(crate) fn note_room_failures(
        &self,
        RunId { id, .. }: RunId,
        failures: &[RoomProblem],
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("UPDATE run SET room_failures = ?2 WHERE id = ?1")?
            .execute(params![id, json::write(&failures)?])?;
        Ok(())
    }
}

const COLUMNS: &str = "id, kind, started, ended, mode, added, updated, removed, held, unreadable,
    requests, throttled, retried, warnings, problem, peak_memory, complete, deleted, groups_added,
    groups_updated, groups_removed, groups_held, members_added, members_removed,
    owed_count, owed_since, rooms_read, rooms_failed, room_failures, notified";

impl Store {
    /// Calls `each` with every run, the latest last.
    ///
    /// # Errors
    /// See [`StoreError`], and the errors of `each`.
    pub fn each_run<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        mut each: impl FnMut(RunRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM run WHERE integration = ?1 ORDER BY id"
            ))
            .map_err(StoreError::from)?;
        let mut rows = statement.query([integration.0]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(run(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Returns at most `limit` runs before the run `before`, the latest first. Runs because of
    /// notifications are left out, since they would hide the others, except those that failed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn latest_runs(
        &self,
        integration: IntegrationId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM run WHERE integration = ?1 AND (?2 IS NULL OR id < ?2)
               AND (NOT notified OR problem IS NOT NULL)
             ORDER BY id DESC LIMIT ?3"
        ))?;
        let rows = statement.query_map(params![integration.0, before, limit], run)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let ended: Option<String> = row.get("ended")?;
    let problem: Option<String> = row.get("problem")?;
    let warnings: String = row.get("warnings")?;
    let owed = Owed { count: row.get("owed_count")?, since: row.get("owed_since")? };
    Ok(RunRow {
        id: row.get("id")?,
        kind: row.get("kind")?,
        notified: row.get("notified")?,
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
        deleted: row.get("deleted")?,
        groups: GroupCounts {
            added: row.get("groups_added")?,
            updated: row.get("groups_updated")?,
            removed: row.get("groups_removed")?,
            held: row.get("groups_held")?,
        },
        memberships: MemberCounts {
            added: row.get("members_added")?,
            removed: row.get("members_removed")?,
        },
        rooms: RoomCounts { read: row.get("rooms_read")?, failed: row.get("rooms_failed")? },
        room_failures: json::read("room_failures", row.get_ref("room_failures")?.as_str()?)?,
        summary: Summary {
            requests: row.get("requests")?,
            throttled: row.get("throttled")?,
            retried: row.get("retried")?,
            warnings: json::read("warnings", &warnings)?,
            unreadable: row.get("unreadable")?,
            complete: row.get("complete")?,
            owed: Some(owed).filter(|it| it.count > 0),
        },
        error: problem.map(|it| json::read("problem", &it)).transpose()?,
        peak_memory: row.get("peak_memory")?,
    })
}
