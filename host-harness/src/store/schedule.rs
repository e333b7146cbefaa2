//! When integrations are synced automatically, and since when that fails.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{IntegrationId, RunKind, Store, StoreError, Transaction, json, now};
use crate::{
    problem::Problem,
    schedule::{LONGEST, SHORTEST, pause},
};

/// With it, [`pause`] returns the interval itself.
const NO_JITTER: u32 = u32::MAX / 2;

/// When an integration is synced, and whether that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Time from a run to the next. Without it, only an administrator starts runs.
    pub interval: Option<Duration>,
    /// When the next run is due. It can be in the past where the program did not run.
    pub next: Option<Timestamp>,
    /// Runs of users or rooms that fail: of the kind that failed more often in a row.
    pub failing: Option<Failing>,
}

/// Runs of one kind that failed in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// What they synced.
    pub kind: RunKind,
    /// Time of the first failure.
    pub since: Timestamp,
    /// Number of failures.
    pub count: u32,
    /// Why the last one failed.
    pub problem: Problem,
}

impl Store {
    /// Returns when an integration is synced, and whether that fails.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn schedule(&self, IntegrationId(id): IntegrationId) -> Result<ScheduleRow, StoreError> {
        let planned = self
            .connection
            .prepare_cached("SELECT interval, next FROM schedule WHERE integration = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, timestamp(row.get_ref(1)?.as_str()?)?)))
            .optional()?;
        let failing = self
            .connection
            .prepare_cached(
                "SELECT kind, since, count, problem FROM failing
                 WHERE integration = ?1 AND kind <> 'booking'
                 ORDER BY count DESC, since LIMIT 1",
            )?
            .query_row([id], failing)
            .optional()?;
        let (interval, next) = planned.unzip();
        Ok(ScheduleRow { interval: interval.map(Duration::from_secs), next, failing })
    }

    /// Returns whether runs of bookings of an integration fail. They have a schedule of their own.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn failing_bookings(
        &self,
        IntegrationId(id): IntegrationId,
    ) -> Result<Option<Failing>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT kind, since, count, problem FROM failing
                 WHERE integration = ?1 AND kind = 'booking'",
            )?
            .query_row([id], failing)
            .optional()?)
    }

    /// Sets how often an integration is synced: every `interval`, limited to [`SHORTEST`] and
    /// [`LONGEST`], or only when an administrator starts a run. Where the interval does not change,
    /// the planned run stays planned.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn set_interval(
        &mut self,
        integration: IntegrationId,
        interval: Option<Duration>,
    ) -> Result<(), StoreError> {
        let interval = interval.map(|it| it.clamp(SHORTEST, LONGEST));
        if self.schedule(integration)?.interval == interval {
            return Ok(());
        }
        let IntegrationId(id) = integration;
        match interval {
            None => {
                self.execute("DELETE FROM schedule WHERE integration = ?1", [id])?;
            }
            Some(interval) => {
                self.execute(
                    "INSERT OR REPLACE INTO schedule (integration, interval, next)
                     VALUES (?1, ?2, ?3)",
                    params![id, interval.as_secs(), now()],
                )?;
                self.plan(integration, Timestamp::now(), None, NO_JITTER)?;
            }
        }
        Ok(())
    }

    /// Plans the next run after `now`, as [`pause`] computes it. Does nothing where there is no
    /// interval.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn plan(
        &mut self,
        integration: IntegrationId,
        now: Timestamp,
        asked: Option<Duration>,
        chance: u32,
    ) -> Result<(), StoreError> {
        let schedule = self.schedule(integration)?;
        let Some(interval) = schedule.interval else { return Ok(()) };
        let failures = schedule.failing.map_or(0, |it| it.count);
        let pause = pause(interval, failures, asked, chance);
        let next = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        self.execute(
            "UPDATE schedule SET next = ?2 WHERE integration = ?1",
            params![integration.0, next.to_string()],
        )?;
        Ok(())
    }

    /// Returns the integrations whose next run is due, the longest due first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn due(&self, now: Timestamp) -> Result<Vec<IntegrationId>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT integration, next FROM schedule JOIN settings USING (integration)",
        )?;
        let planned = statement.query_map([], |row| {
            Ok((timestamp(row.get_ref(1)?.as_str()?)?, IntegrationId(row.get(0)?)))
        })?;
        let mut planned = planned.collect::<Result<Vec<_>, _>>()?;
        planned.retain(|(next, _)| *next <= now);
        planned.sort();
        Ok(planned.into_iter().map(|(_, id)| id).collect())
    }

    /// Records that a run failed before it started.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) fn note_failure(
        &mut self,
        integration: IntegrationId,
        kind: RunKind,
        problem: &Problem,
    ) -> Result<(), StoreError> {
        self.transaction(integration, |it| it.failed(kind, problem))
    }
}

impl Transaction<'_> {
    /// Counts a failure. A cancelled run is no failure. A run of what the vendor does not offer
    /// counts as a success, since trying again does not help.
    pub(super) fn failed(&self, kind: RunKind, problem: &Problem) -> Result<(), StoreError> {
        if problem.is_cancelled() {
            return Ok(());
        }
        if problem.is_unsupported() {
            return self.works(kind);
        }
        self.sql
            .prepare_cached(
                "INSERT INTO failing (integration, kind, count, since, problem)
                 VALUES (?1, ?2, 1, ?3, ?4)
                 ON CONFLICT DO UPDATE SET count = count + 1, problem = excluded.problem",
            )?
            .execute(params![self.integration, kind, now(), json::write(problem)?])?;
        Ok(())
    }

    pub(super) fn works(&self, kind: RunKind) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("DELETE FROM failing WHERE integration = ?1 AND kind = ?2")?
            .execute(params![self.integration, kind])?;
        Ok(())
    }
}

fn failing(row: &Row<'_>) -> rusqlite::Result<Failing> {
    Ok(Failing {
        kind: row.get(0)?,
        since: timestamp(row.get_ref(1)?.as_str()?)?,
        count: row.get(2)?,
        problem: json::read("problem", row.get_ref(3)?.as_str()?)?,
    })
}

fn timestamp(text: &str) -> rusqlite::Result<Timestamp> {
    text.parse().map_err(|it: jiff::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, it.into())
    })
}
