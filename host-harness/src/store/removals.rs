//! Removals that wait: until a run ends well, or until an administrator decides.

use rusqlite::params;

use super::{
    IntegrationId, Kind, Store, StoreError, Transaction,
    bookings::{self, WaitingItems},
    now,
};

/// Decision of an administrator on a held removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Remove the record.
    Approve,
    /// Keep the record. Until the plugin reports it again, every later request to remove it is
    /// held, however few removals there are.
    Discard,
}

/// Some of the removals that wait.
#[derive(Clone, Copy)]
struct Which<'a> {
    /// Whether they are held, or wait for the end of a run.
    held: bool,
    /// Of one kind, or of all kinds.
    kind: Option<Kind>,
    /// One id, or all.
    id: Option<&'a str>,
}

impl Store {
    /// Decides on the held removals with these ids, or on all where no ids are given. Returns their
    /// number.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] where an id is not among them. Nothing is changed then.
    pub fn decide(
        &mut self,
        integration: IntegrationId,
        decision: Decision,
        ids: &[String],
    ) -> Result<u64, StoreError> {
        self.transaction(integration, |transaction| transaction.decide(decision, ids))
    }

    /// Returns the number of held removals.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn held(&self, integration: IntegrationId) -> Result<u64, StoreError> {
        Ok(self.connection.query_row(
            &format!(
                "SELECT (SELECT count(*) FROM removal
                     WHERE integration = ?1 AND held_since IS NOT NULL) + {}",
                bookings::HELD
            ),
            [integration.0],
            |row| row.get(0),
        )?)
    }
}

impl Transaction<'_> {
    /// Requests the removal of an active record. Other records stay as they are.
    pub(crate) fn ask_removal(&self, kind: Kind, id: &str, reason: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO removal (integration, kind, id, reason)
                 SELECT integration, kind, id, ?4 FROM record
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL
                 ON CONFLICT DO UPDATE SET reason = excluded.reason",
            )?
            .execute(params![self.integration, kind, id, reason])?;
        Ok(())
    }

    pub(crate) fn cancel_removal(&self, kind: Kind, id: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("DELETE FROM removal WHERE integration = ?1 AND kind = ?2 AND id = ?3")?
            .execute(params![self.integration, kind, id])?;
        Ok(())
    }

    /// Returns the number of removals that wait for the end of a run, and of those that are held.
    pub(crate) fn waiting(&self, kind: Kind) -> Result<(u64, u64), StoreError> {
        if kind == Kind::Booking {
            let items = self.waiting_items()?;
            let sum = |of: fn(&WaitingItems) -> u64| items.iter().map(of).sum();
            return Ok((sum(|it| it.pending), sum(|it| it.held)));
        }
        Ok(self
            .sql
            .prepare_cached(
                "SELECT count(*) - count(held_since), count(held_since) FROM removal
                 WHERE integration = ?1 AND kind = ?2",
            )?
            .query_row(params![self.integration, kind], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Calls `each` for every removal that waits for the end of a run, with the record, the reason,
    /// and whether an administrator decided to keep the record.
    pub(crate) fn each_pending(
        &self,
        kind: Kind,
        mut each: impl FnMut(&str, &str, bool),
    ) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT json, removal.reason, kept_at IS NOT NULL
             FROM removal JOIN record USING (integration, kind, id)
             WHERE integration = ?1 AND kind = ?2 AND held_since IS NULL ORDER BY id",
        )?;
        let mut rows = statement.query(params![self.integration, kind])?;
        while let Some(row) = rows.next()? {
            let text = |index| row.get_ref(index).and_then(|it| Ok(it.as_str()?));
            each(text(0)?, text(1)?, row.get(2)?);
        }
        Ok(())
    }

    /// Holds the removals that wait for the end of a run: all, or those that an administrator
    /// decided to keep.
    pub(crate) fn hold_pending(&self, kind: Kind, all: bool) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE removal SET held_since = ?3
                 WHERE integration = ?1 AND kind = ?2 AND held_since IS NULL
                   AND (?4 OR EXISTS (SELECT 1 FROM record
                       WHERE integration = removal.integration AND kind = removal.kind
                         AND id = removal.id AND kept_at IS NOT NULL))",
            )?
            .execute(params![self.integration, kind, now(), all])?;
        Ok(())
    }

    /// Removes the records whose removals wait for the end of a run. Returns their number.
    pub(crate) fn apply_pending(&self, kind: Kind) -> Result<u64, StoreError> {
        self.end(Decision::Approve, Which { held: false, kind: Some(kind), id: None })
    }

    fn decide(&self, decision: Decision, ids: &[String]) -> Result<u64, StoreError> {
        let one = |id| {
            let records = self.end(decision, Which { held: true, kind: None, id })?;
            Ok::<_, StoreError>(records + self.decide_items(decision, id)?)
        };
        if ids.is_empty() {
            return one(None);
        }
        let (mut decided, mut unknown) = (0, Vec::new());
        let mut ids: Vec<_> = ids.iter().map(String::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            match one(Some(id))? {
                0 => unknown.push(id.to_owned()),
                some => decided += some,
            }
        }
        // An error undoes the transaction.
        if unknown.is_empty() { Ok(decided) } else { Err(StoreError::NotHeld { ids: unknown }) }
    }

    /// Carries out the decision. Returns the number of removals that it covers.
    fn end(&self, decision: Decision, which: Which<'_>) -> Result<u64, StoreError> {
        let Which { held, kind, id } = which;
        let condition = "removal.integration = ?1 AND (removal.held_since IS NOT NULL) = ?2
             AND (?3 IS NULL OR removal.kind = ?3) AND (?4 IS NULL OR removal.id = ?4)";
        let change = match decision {
            Decision::Approve => "removed_at = ?5, reason = removal.reason, kept_at = NULL",
            Decision::Discard => "kept_at = ?5",
        };
        if decision == Decision::Approve {
            self.note_removed(condition, which)?;
        }
        self.sql
            .prepare_cached(&format!(
                "UPDATE record SET {change} FROM removal
                 WHERE {condition} AND record.integration = removal.integration
                   AND record.kind = removal.kind AND record.id = removal.id"
            ))?
            .execute(params![self.integration, held, kind, id, now()])?;
        let ended = self
            .sql
            .prepare_cached(&format!("DELETE FROM removal WHERE {condition}"))?
            .execute(params![self.integration, held, kind, id])?;
        Ok(ended as u64)
    }

    /// Subtracts the records whose removal meets the condition from the number of active ones.
    fn note_removed(&self, condition: &str, which: Which<'_>) -> Result<(), StoreError> {
        let Which { held, kind, id } = which;
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT kind, count(*) FROM removal JOIN record USING (integration, kind, id)
             WHERE {condition} AND removed_at IS NULL GROUP BY kind"
        ))?;
        let mut rows = statement.query(params![self.integration, held, kind, id])?;
        while let Some(row) = rows.next()? {
            self.note_active(row.get(0)?, -row.get::<_, i64>(1)?);
        }
        Ok(())
    }
}
