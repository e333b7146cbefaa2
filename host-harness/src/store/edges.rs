//! Members of the directory's groups, as edges of a graph.
//!
//! Edges are stored by id, whether or not there is a record of that id, since a vendor reports a
//! membership once. Members through other groups are computed when they are asked for.

use std::rc::Rc;

use rusqlite::{OptionalExtension as _, params, types::Value};

use super::{IntegrationId, Numbers, Store, StoreError, Transaction, json};
use crate::model::Membership;

/// Numbers of all members of the group `?2`, directly or through others. Cycles end. A group that
/// was removed, or has no record, has no members.
pub(super) const INSIDE: &str = "inside (number) AS (
    SELECT number FROM node WHERE integration = ?1 AND id = ?2
    UNION
    SELECT edge.member FROM inside JOIN edge ON edge.holder = inside.number
    WHERE EXISTS (SELECT 1 FROM node JOIN record USING (integration, id)
        WHERE node.number = inside.number AND record.kind = 'group'
          AND record.removed_at IS NULL))";

/// A group that a user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InGroup {
    /// Id of the group.
    pub id: String,
    /// Name that users see.
    pub name: String,
}

/// Edges that are stored together: the numbers of members, by the number of their group. A
/// statement for each edge takes longer than storing it.
#[derive(Default)]
pub(crate) struct NewMembers {
    groups: Vec<(i64, Vec<Value>)>,
}

impl Store {
    /// Returns the groups of the directory that a user is in, directly or through others, by name,
    /// without removed ones.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn groups_of(
        &self,
        integration: IntegrationId,
        user: &str,
    ) -> Result<Vec<InGroup>, StoreError> {
        // Level by level, since each level reads all edges.
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
            .query_row(params![integration.0, user], |row| row.get(0))
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
    /// Adds an edge to those that [`Self::store_members`] stores.
    pub(crate) fn add_member(
        &self,
        it: Membership<&str>,
        numbers: &mut Numbers,
        to: &mut NewMembers,
    ) -> Result<(), StoreError> {
        let holder = numbers.of_group(it.group, |id| self.number(id))?;
        let member = numbers.of_member(it.member, |id| self.number(id))?;
        match to.groups.last_mut() {
            Some((last, members)) if *last == holder => members.push(member.into()),
            _ => to.groups.push((holder, vec![member.into()])),
        }
        Ok(())
    }

    /// Stores edges as reported by the enumeration `seen`. Returns the number of new ones.
    pub(crate) fn store_members(&self, it: &mut NewMembers, seen: i64) -> Result<u64, StoreError> {
        let mut added = 0;
        for (holder, members) in it.groups.drain(..) {
            self.adds.set(true);
            let reported = members.len();
            let members = Rc::new(members);
            let new = self
                .sql
                .prepare_cached(
                    "INSERT OR IGNORE INTO edge (holder, member, seen)
                     SELECT ?1, value, ?2 FROM rarray(?3)",
                )?
                .execute(params![holder, seen, members])?;
            if new < reported {
                self.sql
                    .prepare_cached(
                        "UPDATE edge SET seen = ?2 WHERE holder = ?1
                           AND member IN (SELECT value FROM rarray(?3)) AND seen <> ?2",
                    )?
                    .execute(params![holder, seen, members])?;
            }
            added += new as u64;
        }
        Ok(added)
    }

    /// Deletes an edge. Returns whether it existed.
    pub(crate) fn remove_member(&self, it: Membership<&str>) -> Result<bool, StoreError> {
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

    /// Notes the enumeration that reports all members of a group; `None` where what it reports is
    /// not complete.
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

    /// Deletes the edges that the enumeration `seen` did not report, of groups whose members it
    /// reported completely. Returns their number.
    pub(crate) fn drop_missed_members(&self, seen: i64) -> Result<u64, StoreError> {
        let dropped = self
            .sql
            .prepare_cached(
                "DELETE FROM edge WHERE seen < ?2 AND holder IN (
                     SELECT node.number FROM record JOIN node USING (integration, id)
                     WHERE integration = ?1 AND kind = 'group' AND listed = ?2)",
            )?
            .execute(params![self.integration, seen])?;
        Ok(dropped as u64)
    }

    /// Deletes the edges of groups that were removed for good: no vendor reports them again.
    pub(crate) fn drop_members_of_gone(&self) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "DELETE FROM edge WHERE holder IN (
                     SELECT node.number FROM record JOIN node USING (integration, id)
                     WHERE integration = ?1 AND kind = 'group' AND reason = 'permanent')",
            )?
            .execute([self.integration])?;
        Ok(())
    }

    /// Returns the number of an id. Stores the id first if it is new.
    fn number(&self, id: &str) -> Result<i64, StoreError> {
        let added = self
            .sql
            .prepare_cached("INSERT OR IGNORE INTO node (integration, id) VALUES (?1, ?2)")?
            .execute(params![self.integration, id])?;
        if added > 0 {
            return Ok(self.sql.last_insert_rowid());
        }
        Ok(self
            .sql
            .prepare_cached("SELECT number FROM node WHERE integration = ?1 AND id = ?2")?
            .query_row(params![self.integration, id], |row| row.get(0))?)
    }
}
