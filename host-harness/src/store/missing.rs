//! Records that may be gone: a listing or one answer did not find them.
//!
//! One answer is no proof, since a vendor's replicas lag behind each other. Such a record is a
//! candidate for removal: `seen` is -1 in its row, or below the number of the latest listing that is
//! complete. Each run reads the candidates by id.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{Kind, StoreError, Transaction};
use crate::model::Removal;

/// Which records are candidates for removal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Candidates {
    /// Those that an earlier listing or one answer did not find.
    Missing,
    /// These, and those that the listing of this number did not report.
    NotSeenBy(i64),
}

impl Transaction<'_> {
    /// Returns the ids of active records that are candidates and whose removal is not yet asked
    /// for, `limit` at most, from behind `after` on.
    pub(crate) fn candidates(
        &self,
        kind: Kind,
        which: Candidates,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (condition, seen) = match which {
            // As in the index `missing_record`, so that it is used.
            Candidates::Missing => ("seen < 0", 0),
            Candidates::NotSeenBy(seen) => ("seen < ?3", seen),
        };
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT id FROM record AS it
             WHERE integration = ?1 AND kind = ?2 AND id > ?4 AND {condition}
               AND removed_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM removal
                   WHERE integration = it.integration AND kind = it.kind AND id = it.id)
             ORDER BY id LIMIT ?5"
        ))?;
        let ids = statement
            .query_map(params![self.integration, kind, seen, after, limit], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Makes an active record a candidate, which the vendor reported at `at` without saying
    /// how it stands. Of anything else it is no news.
    pub(crate) fn doubt(&self, kind: Kind, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.set_missing(kind, id, at.as_second())
    }

    /// Asks for the removal of a candidate that reading it by id at `now` did not find either.
    /// Where it was reported less than `grace` ago, it stays a candidate.
    pub(crate) fn confirm_missing(
        &self,
        kind: Kind,
        id: &str,
        reason: Removal,
        now: Timestamp,
        grace: Duration,
    ) -> Result<(), StoreError> {
        let reported: Option<i64> = self
            .sql
            .prepare_cached(
                "SELECT reported FROM record WHERE integration = ?1 AND kind = ?2 AND id = ?3",
            )?
            .query_row(params![self.integration, kind, id], |row| row.get(0))
            .optional()?;
        let Some(reported) = reported else { return Ok(()) };
        // A clock that was set back must not protect it until it has caught up.
        let reported = reported.min(now.as_second());
        let since = u64::try_from(now.as_second().saturating_sub(reported)).unwrap_or_default();
        if since >= grace.as_secs() {
            self.ask_removal(kind, id, reason.as_str())
        } else {
            self.set_missing(kind, id, reported)
        }
    }

    /// Notes that the vendor reported the record at `at`, without its fields.
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

    fn set_missing(&self, kind: Kind, id: &str, reported: i64) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = -1, reported = ?4
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .execute(params![self.integration, kind, id, reported])?;
        Ok(())
    }
}
