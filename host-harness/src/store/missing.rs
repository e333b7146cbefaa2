//! Records that may be gone: a listing or one answer did not find them.
//!
//! One answer is no proof, since a vendor's replicas lag behind each other. Such a record is a
//! candidate for removal: `seen` is -1 in its row. A candidate that the vendor did not report for
//! a while is read by id; until then, that answer could come from a replica that lags as well.
//! Where it is found, it is read once more after as long a while (`seen` is -2 meanwhile), since
//! the answer that lags can be the one that finds it.

use jiff::Timestamp;
use rusqlite::params;

use super::{Kind, StoreError, Transaction};
use crate::model::Removal;

/// Of a record that a listing or one answer did not find.
const MISSING: i64 = -1;

/// Of a candidate that reading it by id has found.
const FOUND_ONCE: i64 = -2;

/// A record that may be gone.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) id: String,
    /// Reading it by id has found it before.
    pub(crate) found_before: bool,
}

impl Transaction<'_> {
    /// Makes candidates of the active records that the enumeration `seen` did not report and
    /// whose removal is not yet asked for.
    pub(crate) fn doubt_not_seen(
        &self,
        kind: Kind,
        seen: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                // A clock that was set back must not protect a record until it has caught up.
                "UPDATE record SET seen = ?5, reported = min(reported, ?4)
                 WHERE integration = ?1 AND kind = ?2 AND seen < ?3 AND removed_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM removal
                       WHERE integration = record.integration AND kind = record.kind
                         AND id = record.id)",
            )?
            .execute(params![self.integration, kind, seen, now.as_second(), MISSING])?;
        Ok(())
    }

    /// Makes a candidate of an active record that the vendor reported at `at` without its
    /// fields. Of anything else it is no news.
    pub(crate) fn doubt(&self, kind: Kind, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?5, reported = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .execute(params![self.integration, kind, id, at.as_second(), MISSING])?;
        Ok(())
    }

    /// Notes that reading a candidate by id has found it, for the first time.
    pub(crate) fn found_once(&self, kind: Kind, id: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .execute(params![self.integration, kind, id, FOUND_ONCE])?;
        Ok(())
    }

    /// Returns candidates that the vendor did not report after `until` (in seconds since 1970)
    /// and whose removal is not yet asked for: `limit` at most, from behind the id `after` on.
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

    /// Asks for the removal of a candidate that reading it by id did not find either. It is no
    /// candidate then: where an administrator keeps it, the next enumeration decides.
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

    /// Notes that the vendor reported the record at `at`, where only that is known of the report.
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
