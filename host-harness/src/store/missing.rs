//! Records that may be gone, since a listing or one answer did not find them.
//!
//! One answer is no proof, since a vendor's replicas lag behind each other. Such a record is a
//! candidate for removal: `seen` is -1 in its row. A candidate that the vendor did not report for a
//! while is read by id. Before that, the answer could come from a replica that lags as well. Where
//! it is found, it is read once more after the same time, since the answer that finds it can be the
//! one that lags. Until then, `seen` is -2.

use jiff::Timestamp;
use rusqlite::params;

use super::{Kind, StoreError, Transaction};
use crate::model::Removal;

/// `seen` of a record that a listing or one answer did not find.
pub(super) const MISSING: i64 = -1;

/// `seen` of a candidate that was found when it was read by id.
pub(super) const FOUND_ONCE: i64 = -2;

/// A record that may be gone.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) id: String,
    /// Whether it was found before when it was read by id.
    pub(crate) found_before: bool,
}

impl Transaction<'_> {
    /// Makes candidates of the active records that the enumeration `seen` did not report, except
    /// those whose removal is already requested.
    pub(crate) fn doubt_not_seen(
        &self,
        kind: Kind,
        seen: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let reading_all = kind.reading_all();
        self.sql
            .prepare_cached(&format!(
                // A clock that was set back must not protect a record until it has caught up.
                "UPDATE record {reading_all} SET seen = ?5, reported = min(reported, ?4)
                 WHERE integration = ?1 AND kind = ?2 AND seen < ?3 AND removed_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM removal
                       WHERE integration = record.integration AND kind = record.kind
                         AND id = record.id)"
            ))?
            .execute(params![self.integration, kind, seen, now.as_second(), MISSING])?;
        Ok(())
    }

    /// Makes a candidate of an active record that the vendor reported at `at` without its fields.
    /// Other records stay as they are.
    pub(crate) fn doubt(&self, kind: Kind, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?5, reported = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .execute(params![self.integration, kind, id, at.as_second(), MISSING])?;
        Ok(())
    }

    /// Notes that a candidate was found for the first time when it was read by id.
    pub(crate) fn found_once(&self, kind: Kind, id: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .execute(params![self.integration, kind, id, FOUND_ONCE])?;
        Ok(())
    }

    /// Returns candidates that the vendor did not report after `until` (in seconds since 1970),
    /// except those whose removal is already requested. Returns at most `limit`, with ids behind
    /// `after`.
    pub(crate) fn candidates(
        &self,
        kind: Kind,
        until: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            // The conditions of the index `missing_record` are repeated, so that it is used.
            "SELECT id, seen FROM record AS it
             WHERE integration = ?1 AND kind = ?2 AND id > ?4 AND seen < 0 AND removed_at IS NULL
               AND reported <= ?3
               AND NOT EXISTS (SELECT 1 FROM removal
                   WHERE integration = it.integration AND kind = it.kind AND id = it.id)
             ORDER BY id LIMIT ?5",
        )?;
        let found =
            statement.query_map(params![self.integration, kind, until, after, limit], |row| {
                let found_before = row.get::<_, i64>(1)? == FOUND_ONCE;
                Ok(Candidate { id: row.get(0)?, found_before })
            })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Requests the removal of a candidate that was not found by id either. It is then no
    /// candidate: where an administrator keeps it, the next enumeration decides.
    pub(crate) fn confirm_gone(
        &self,
        kind: Kind,
        id: &str,
        reason: Removal,
        seen: i64,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND seen < 0",
            )?
            .execute(params![self.integration, kind, id, seen])?;
        self.ask_removal(kind, id, reason.as_str())
    }

    /// Notes that the vendor reported the record at `at`, where the report holds no more than that.
    pub(super) fn note_report(
        &self,
        kind: Kind,
        id: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET reported = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3",
            )?
            .execute(params![self.integration, kind, id, at.as_second()])?;
        Ok(())
    }
}
