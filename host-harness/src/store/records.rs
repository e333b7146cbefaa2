//! Users, rooms and groups, and the state of their sync.

use jiff::Timestamp;
use rusqlite::{
    CachedStatement, Connection, OptionalExtension as _, functions::FunctionFlags, params,
};
use serde::de::DeserializeOwned;

use super::{Kind, Record, StoreError, Transaction, json};
use crate::model::User;

/// State of the sync of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Checkpoint that the next run continues from. Users and groups share it.
    pub checkpoint: Option<String>,
    /// Number of the latest enumeration.
    pub enumeration: i64,
    /// Whether it has begun and is not complete.
    pub enumerating: bool,
    /// Whether it is complete, and what it did not report has not been handled yet.
    pub sweep_due: bool,
    /// Number of records that were active before the first run that is not settled yet. Additions
    /// of these runs must not make their removals look few.
    pub base: Option<u64>,
}

/// What storing a record changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It was never seen before.
    Created,
    /// It was removed, and is back.
    Returned,
    /// It is different. Holds the record before, as JSON.
    Updated(String),
    /// Nothing.
    Unchanged,
}

/// When a run reported a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting {
    /// Number of the latest enumeration.
    pub(crate) seen: i64,
    /// Time of the report.
    pub(crate) at: Timestamp,
}

/// Finds the record of an id.
const FIND: &str = "
    SELECT json, removed_at IS NOT NULL, provisional FROM record
    WHERE integration = ?1 AND kind = ?2 AND id = ?3";

/// Stores a record in place of one of the same id, which is no longer removed.
const INSERT_OR_REPLACE: &str = "
    INSERT INTO record (integration, kind, id, json, email, seen, first_seen, search, reported)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (integration, kind, id) DO UPDATE SET json = excluded.json,
        email = excluded.email, seen = excluded.seen, search = excluded.search,
        removed_at = NULL, reason = NULL, kept_at = NULL, provisional = 0,
        reported = excluded.reported";

/// Stores a record where there is none of the same id.
const INSERT_NEW: &str = "
    INSERT INTO record (integration, kind, id, json, email, seen, first_seen, search, reported)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (integration, kind, id) DO NOTHING";

/// Stores records as a run reports them, each by the same statements: looking up a statement takes
/// a twentieth of the time of storing a record.
pub(crate) struct Reported<'a> {
    transaction: &'a Transaction<'a>,
    find: CachedStatement<'a>,
    insert_new: CachedStatement<'a>,
    insert_or_replace: CachedStatement<'a>,
}

/// Adds `lowercase`, for letters of every script. SQLite's own function knows ASCII only.
pub(super) fn add_functions(connection: &Connection) -> Result<(), StoreError> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    Ok(connection.create_scalar_function("lowercase", 1, flags, |arguments| {
        Ok(arguments.get_raw(0).as_str_or_null()?.map(str::to_lowercase))
    })?)
}

impl Transaction<'_> {
    /// Returns the state of the sync as a run begins. Removals are compared with the number of
    /// records that are active now, unless an earlier run is not settled.
    pub(crate) fn begin(&self, kind: Kind) -> Result<Progress, StoreError> {
        let mut progress = self.progress(kind)?;
        if progress.base.is_none() {
            progress.base = Some(self.active(kind)?);
            self.set_progress(kind, &progress)?;
        }
        Ok(progress)
    }

    pub(crate) fn progress(&self, kind: Kind) -> Result<Progress, StoreError> {
        let progress = self
            .sql
            .prepare_cached(
                "SELECT checkpoint, enumeration, enumerating, sweep_due, base FROM progress
                 WHERE integration = ?1 AND kind = ?2",
            )?
            .query_row(params![self.integration, kind], |row| {
                Ok(Progress {
                    checkpoint: row.get(0)?,
                    enumeration: row.get(1)?,
                    enumerating: row.get(2)?,
                    sweep_due: row.get(3)?,
                    base: row.get(4)?,
                })
            })
            .optional()?;
        Ok(progress.unwrap_or_default())
    }

    /// Stores the state of the sync, without its checkpoint.
    pub(crate) fn set_progress(&self, kind: Kind, it: &Progress) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO progress
                 (integration, kind, enumeration, enumerating, sweep_due, base)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET enumeration = excluded.enumeration,
                     enumerating = excluded.enumerating, sweep_due = excluded.sweep_due,
                     base = excluded.base",
            )?
            .execute(params![
                self.integration,
                kind,
                it.enumeration,
                it.enumerating,
                it.sweep_due,
                it.base
            ])?;
        Ok(())
    }

    /// Stores the checkpoint that the next run of users and groups continues from.
    pub(crate) fn set_checkpoint(&self, checkpoint: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO progress (integration, kind, checkpoint) VALUES (?1, 'user', ?2)
                 ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint",
            )?
            .execute(params![self.integration, checkpoint])?;
        Ok(())
    }

    /// Returns a record as it is stored, also one that was removed.
    pub(crate) fn stored<R: DeserializeOwned>(
        &self,
        kind: Kind,
        id: &str,
    ) -> Result<Option<R>, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT json FROM record WHERE integration = ?1 AND kind = ?2 AND id = ?3",
            )?
            .query_row(params![self.integration, kind, id], |row| {
                json::read("json", row.get_ref(0)?.as_str()?)
            })
            .optional()?)
    }

    /// Returns whether there is a record of that id that is not removed.
    pub(crate) fn is_active(&self, kind: Kind, id: &str) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM record
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3 AND removed_at IS NULL",
            )?
            .exists(params![self.integration, kind, id])?)
    }

    /// Returns what stores records as a run reports them.
    pub(crate) fn reported(&self) -> Result<Reported<'_>, StoreError> {
        Ok(Reported {
            transaction: self,
            find: self.sql.prepare_cached(FIND)?,
            insert_new: self.sql.prepare_cached(INSERT_NEW)?,
            insert_or_replace: self.sql.prepare_cached(INSERT_OR_REPLACE)?,
        })
    }

    /// Stores a user whom no sync has reported yet, and who is not stored. The next complete
    /// enumeration that does not report the user either makes a candidate for removal of it.
    pub(crate) fn put_provisional(&self, user: &User, json: &str) -> Result<(), StoreError> {
        let sighting = Sighting { seen: 0, at: Timestamp::now() };
        let mut statement = self.sql.prepare_cached(INSERT_OR_REPLACE)?;
        self.insert(&mut statement, Kind::User, user, json, sighting)?;
        self.note_active(Kind::User, 1);
        self.sql
            .prepare_cached(
                "UPDATE record SET provisional = 1
                 WHERE integration = ?1 AND kind = 'user' AND id = ?2",
            )?
            .execute(params![self.integration, user.id])?;
        Ok(())
    }

    /// Stores a record by one of the two statements that insert. Returns whether it wrote anything.
    fn insert(
        &self,
        statement: &mut CachedStatement<'_>,
        kind: Kind,
        record: &impl Record,
        json: &str,
        sighting: Sighting,
    ) -> Result<bool, StoreError> {
        self.adds.set(true);
        let Sighting { seen, at } = sighting;
        let searched: Vec<_> = record.searched().into_iter().flatten().collect();
        let written = statement.execute(params![
            self.integration,
            kind,
            record.id(),
            json,
            record.email().map(str::to_lowercase),
            seen,
            self.began,
            searched.join("\n").to_lowercase(),
            at.as_second()
        ])?;
        Ok(written > 0)
    }

    /// Notes that a run reported the record. A removal that waits for it is cancelled, and so is
    /// the decision to keep it.
    pub(crate) fn mark(&self, kind: Kind, id: &str, it: Sighting) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET seen = ?4, reported = ?5, kept_at = NULL
                 WHERE integration = ?1 AND kind = ?2 AND id = ?3
                   AND (seen <> ?4 OR reported <> ?5 OR kept_at IS NOT NULL)",
            )?
            .execute(params![self.integration, kind, id, it.seen, it.at.as_second()])?;
        self.cancel_removal(kind, id)
    }

    /// Gives a room that was known by its e-mail address, since it had no id, the id `id`, unless
    /// another room has it.
    pub(crate) fn name_room(&self, id: &str, email: &str) -> Result<(), StoreError> {
        let makeshift: Option<String> = self
            .sql
            .prepare_cached(
                "SELECT id FROM record AS it WHERE integration = ?1 AND kind = 'room'
                   AND id IN (?3, lowercase(?3)) AND id <> ?2 AND removed_at IS NULL
                   AND email = lowercase(?3)
                   AND NOT EXISTS (SELECT 1 FROM record
                       WHERE integration = ?1 AND kind = 'room' AND id = ?2)",
            )?
            .query_row(params![self.integration, id, email], |row| row.get(0))
            .optional()?;
        let Some(makeshift) = makeshift else { return Ok(()) };
        self.cancel_removal(Kind::Room, &makeshift)?;
        self.sql
            .prepare_cached(
                "UPDATE record SET id = ?3
                 WHERE integration = ?1 AND kind = 'room' AND id = ?2",
            )?
            .execute(params![self.integration, makeshift, id])?;
        Ok(())
    }

    /// Adds a new user to groups.
    pub(crate) fn join(&self, user: &str, groups: &[String]) -> Result<(), StoreError> {
        if groups.is_empty() {
            return Ok(());
        }
        let mut statement = self.sql.prepare_cached(
            "INSERT OR IGNORE INTO membership (record, group_name)
             SELECT number, ?3 FROM record WHERE integration = ?1 AND kind = 'user' AND id = ?2",
        )?;
        for group in groups {
            statement.execute(params![self.integration, user, group])?;
        }
        Ok(())
    }
}

impl Reported<'_> {
    /// Stores a record as reported where none of its id is stored. Returns whether it did. Where
    /// most records are new, this takes less time than looking for each one first.
    pub(crate) fn put_new(
        &mut self,
        kind: Kind,
        record: &impl Record,
        json: &str,
        sighting: Sighting,
    ) -> Result<bool, StoreError> {
        let Self { transaction, insert_new, .. } = self;
        let added = transaction.insert(insert_new, kind, record, json, sighting)?;
        if added {
            transaction.note_active(kind, 1);
        }
        Ok(added)
    }

    /// Stores a record as reported, whose JSON is `json`. It is no longer provisional, and a
    /// removal that waits for it is cancelled.
    pub(crate) fn put(
        &mut self,
        kind: Kind,
        record: &impl Record,
        json: &str,
        sighting: Sighting,
    ) -> Result<Put, StoreError> {
        let Self { transaction, find, insert_or_replace, .. } = self;
        let id = record.id();
        let before = find
            .query_row(params![transaction.integration, kind, id], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
            })
            .optional()?;
        let put = match before {
            None => Put::Created,
            Some((_, true, _)) => Put::Returned,
            Some((before, false, provisional)) if before == json => {
                if !provisional {
                    transaction.mark(kind, id, sighting)?;
                    return Ok(Put::Unchanged);
                }
                Put::Unchanged
            }
            Some((before, false, _)) => Put::Updated(before),
        };
        transaction.insert(insert_or_replace, kind, record, json, sighting)?;
        if matches!(put, Put::Created | Put::Returned) {
            transaction.note_active(kind, 1);
        }
        // No removal waits for a record that was not stored.
        if put != Put::Created {
            transaction.cancel_removal(kind, id)?;
        }
        Ok(put)
    }
}
