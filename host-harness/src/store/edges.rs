//! Who is in which group of the directory: edges, as they are told.
//!
//! They are kept by id, whether or not there is a record of it: a vendor tells a
//! membership once. Who is effectively in a group is worked out when it is asked.

use rusqlite::{OptionalExtension as _, params};

use super::{IntegrationId, Store, StoreError, Transaction, json};
use crate::model::Membership;

/// The numbers of all that are in the group `?2`, directly or through others: cycles end,
/// and a group that was removed, or that there is no record of, leads to nobody.
pub(super) const INSIDE: &str = "inside (number) AS (
    SELECT number FROM node WHERE integration = ?1 AND id = ?2
    UNION
    SELECT edge.member FROM inside JOIN edge ON edge.holder = inside.number
    WHERE EXISTS (SELECT 1 FROM node JOIN record USING (integration, id)
        WHERE node.number = inside.number AND record.kind = 'group'
          AND record.removed_at IS NULL))";

/// A group that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InGroup {
    /// Of the group.
    pub id: String,
    /// What a person calls it.
    pub name: String,
}

impl Store {
    /// The groups of the directory that a person is in, directly or through others, by
    /// name. Of those that were removed, none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn groups_of(
        &self,
        integration: IntegrationId,
        person: &str,
    ) -> Result<Vec<InGroup>, StoreError> {
        // Those above one after the other, level by level: each looks through all edges.
        let mut above = self.connection.prepare_cached(
            "SELECT json_group_array(holder) FROM (
                 SELECT DISTINCT holder FROM edge
                 WHERE member IN (SELECT value FROM json_each(?1))
                   AND holder NOT IN (SELECT value FROM json_each(?2)))
             WHERE EXISTS (SELECT 1 FROM node JOIN record USING (integration, id)
                 WHERE node.number = holder AND record.kind = 'group'
                   AND record.removed_at IS NULL)",
        )?;
        let number: Option<i64> = self
            .connection
            .prepare_cached("SELECT number FROM node WHERE integration = ?1 AND id = ?2")?
            .query_row(params![integration.0, person], |row| row.get(0))
            .optional()?;
        let mut level: Vec<i64> = number.into_iter().collect();
        let mut found: Vec<i64> = Vec::new();
        while !level.is_empty() {
            let texts = (json::write(&level)?, json::write(&found)?);
            level =
                above.query_row(texts, |row| json::read("holder", row.get_ref(0)?.as_str()?))?;
            found.extend(&level);
        }
        let mut named = self.connection.prepare_cached(
            "SELECT id, json ->> 'name' FROM record
             WHERE integration = ?1 AND kind = 'group' AND removed_at IS NULL
               AND id IN (SELECT node.id FROM json_each(?2) JOIN node ON number = value)
             ORDER BY search, id",
        )?;
        let groups = named.query_map(params![integration.0, json::write(&found)?], |row| {
            Ok(InGroup { id: row.get(0)?, name: row.get(1)? })
        })?;
        Ok(groups.collect::<Result<_, _>>()?)
    }
}

impl Transaction<'_> {
    /// Stores an edge as told by the enumeration `seen`. Whether it is new.
    pub(crate) fn add_member(&self, it: &Membership, seen: i64) -> Result<bool, StoreError> {
        let (holder, member) = (self.number(&it.group)?, self.number(&it.member)?);
        self.adds.set(true);
        let added = self
            .sql
            .prepare_cached(
                "INSERT OR IGNORE INTO edge (holder, member, seen) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![holder, member, seen])?;
        if added == 0 {
            self.sql
                .prepare_cached(
                    "UPDATE edge SET seen = ?3 WHERE holder = ?1 AND member = ?2 AND seen <> ?3",
                )?
                .execute(params![holder, member, seen])?;
        }
        Ok(added > 0)
    }

    /// Takes an edge away. Whether it was there.
    pub(crate) fn remove_member(&self, it: &Membership) -> Result<bool, StoreError> {
        let removed = self
            .sql
            .prepare_cached(
                "DELETE FROM edge
                 WHERE holder = (SELECT number FROM node WHERE integration = ?1 AND id = ?2)
                   AND member = (SELECT number FROM node WHERE integration = ?1 AND id = ?3)",
            )?
            .execute(params![self.integration, it.group, it.member])?;
        Ok(removed > 0)
    }

    /// Notes which enumeration tells a group whole; `None` where what it tells of its members is
    /// not all.
    pub(crate) fn list_group(&self, id: &str, by: Option<i64>) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE record SET listed = ?3
                 WHERE integration = ?1 AND kind = 'group' AND id = ?2 AND listed <> ?3
                   AND (?3 < 0 OR listed <> -?3)",
            )?
            .execute(params![self.integration, id, by.unwrap_or_default()])?;
        Ok(())
    }

    /// Takes away the edges that the enumeration `seen` did not tell, of the groups that it
    /// told whole. Returns how many those were.
    pub(crate) fn drop_missed_members(&self, seen: i64) -> Result<u64, StoreError> {
        let dropped = self
            .sql
            .prepare_cached(
                "DELETE FROM edge WHERE seen < ?2 AND holder IN (
                     SELECT number FROM record JOIN node USING (integration, id)
                     WHERE integration = ?1 AND kind = 'group' AND listed = ?2)",
            )?
            .execute(params![self.integration, seen])?;
        Ok(dropped as u64)
    }

    /// Takes away the edges of groups that are gone for good: nobody tells of them again.
    pub(crate) fn drop_members_of_gone(&self) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "DELETE FROM edge WHERE holder IN (
                     SELECT number FROM record JOIN node USING (integration, id)
                     WHERE integration = ?1 AND kind = 'group' AND reason = 'permanent')",
            )?
            .execute([self.integration])?;
        Ok(())
    }

    fn number(&self, id: &str) -> Result<i64, StoreError> {
        let found = self
            .sql
            .prepare_cached("SELECT number FROM node WHERE integration = ?1 AND id = ?2")?
            .query_row(params![self.integration, id], |row| row.get(0))
            .optional()?;
        match found {
            Some(number) => Ok(number),
            None => {
                self.sql
                    .prepare_cached("INSERT INTO node (integration, id) VALUES (?1, ?2)")?
                    .execute(params![self.integration, id])?;
                Ok(self.sql.last_insert_rowid())
            }
        }
    }
}
