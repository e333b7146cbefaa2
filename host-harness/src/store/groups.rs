//! Lists of groups: those of the directory, and those that were created in ONES.

use rusqlite::{Row, params};
use serde::Serialize;

use super::{
    IntegrationId, PageOf, RecordRow, Store, StoreError,
    edges::INSIDE,
    json,
    nested::{Members, Nested},
    view,
};
use crate::model::Group;

/// Where a group was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupSource {
    /// In the vendor's directory. The group is a copy.
    Directory,
    /// In ONES. No sync changes it.
    Ones,
}

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// Id of the group. Groups of ONES have none, and are known by name.
    pub id: Option<String>,
    /// Name that users see.
    pub name: String,
    /// Purpose of the group.
    pub description: Option<String>,
    /// E-mail address of all its members.
    pub email: Option<String>,
    /// Where it was created.
    pub source: GroupSource,
    /// Number of users in it, directly or through other groups, of those that ONES offers.
    pub members: u64,
    /// Ids of these users, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_ids: Option<Vec<String>>,
    /// When and why it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
}

/// When and why a record was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Time of the removal (RFC 3339).
    pub at: String,
    /// Reason, as in [`super::RemovalRow`].
    pub reason: String,
}

impl Store {
    /// Calls `each` with the groups of the directory by id, with `all` including removed ones, then
    /// with the groups of ONES by name. With `members`, each group lists its users.
    ///
    /// # Errors
    /// See [`StoreError`], and the errors of `each`.
    pub fn each_group<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        all: bool,
        members: bool,
        mut each: impl FnMut(GroupRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT json, removed_at, reason FROM record
                 WHERE integration = ?1 AND kind = 'group' AND (?2 OR removed_at IS NULL)
                 ORDER BY id",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement.query(params![integration.0, all]).map_err(StoreError::from)?;
        let mut nested = Nested::new(self, integration, members)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(group_row(row, |id| nested.members(id))?)?;
        }
        for group in self.own_groups(integration, members)? {
            each(group)?;
        }
        Ok(())
    }

    /// Returns a page of the directory's groups, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn groups_page(
        &self,
        integration: IntegrationId,
        of: PageOf<'_>,
    ) -> Result<Vec<GroupRow>, StoreError> {
        let PageOf { search, after, removed, limit } = of;
        let mut statement = self.connection.prepare_cached(
            "SELECT json, removed_at, reason FROM record
             WHERE integration = ?1 AND kind = 'group' AND instr(search, ?2) > 0
               AND (search, id) > (coalesce((SELECT search FROM record
                   WHERE integration = ?1 AND kind = 'group' AND id = ?3), ''), coalesce(?3, ''))
               AND (?4 OR removed_at IS NULL)
             ORDER BY search, id LIMIT ?5",
        )?;
        let search = search.trim().to_lowercase();
        let mut rows = statement.query(params![integration.0, search, after, removed, limit])?;
        let mut nested = Nested::new(self, integration, false)?;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            groups.push(group_row(row, |id| nested.members(id))?);
        }
        Ok(groups)
    }

    /// Returns a group of the directory, also a removed one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn group(
        &self,
        integration: IntegrationId,
        id: &str,
    ) -> Result<Option<GroupRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT json, removed_at, reason FROM record
             WHERE integration = ?1 AND kind = 'group' AND id = ?2",
        )?;
        let mut rows = statement.query(params![integration.0, id])?;
        let row = rows.next()?;
        row.map(|it| group_row(it, |id| self.members(integration, id, false))).transpose()
    }

    /// Returns a page of the users in a group of the directory, by name, without removed ones.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn members_page(
        &self,
        integration: IntegrationId,
        group: &str,
        of: PageOf<'_>,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let PageOf { search, after, limit, .. } = of;
        let mut statement = self.connection.prepare_cached(&format!(
            "WITH RECURSIVE {INSIDE}
             SELECT {} FROM record AS it
             WHERE integration = ?1 AND kind = 'user'
               AND id IN (SELECT node.id FROM inside JOIN node USING (number))
               AND instr(search, ?3) > 0
               AND (search, id) > (coalesce((SELECT search FROM record
                   WHERE integration = ?1 AND kind = 'user' AND id = ?4), ''), coalesce(?4, ''))
               AND removed_at IS NULL AND {}
             ORDER BY search, id LIMIT ?5",
            view::COLUMNS,
            view::OFFERED
        ))?;
        let search = search.trim().to_lowercase();
        let page = params![integration.0, group, search, after, limit];
        let rows = statement.query_map(page, view::record)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the groups of ONES that have users, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn own_groups(
        &self,
        integration: IntegrationId,
        members: bool,
    ) -> Result<Vec<GroupRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT group_name, count(*),
                 CASE WHEN ?2 THEN json_group_array(id ORDER BY id) FILTER (WHERE ?2) END
             FROM membership JOIN record AS it ON it.number = membership.record
             WHERE it.integration = ?1 AND removed_at IS NULL AND {}
             GROUP BY group_name ORDER BY group_name",
            view::OFFERED
        ))?;
        let rows = statement.query_map(params![integration.0, members], |row| {
            let ids: Option<String> = row.get(2)?;
            Ok(GroupRow {
                id: None,
                name: row.get(0)?,
                description: None,
                email: None,
                source: GroupSource::Ones,
                members: row.get(1)?,
                member_ids: ids.map(|it| json::read("id", &it)).transpose()?,
                removed: None,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn group_row(
    row: &Row<'_>,
    members: impl FnOnce(&str) -> Result<Members, StoreError>,
) -> Result<GroupRow, StoreError> {
    let Group { id, name, description, email } =
        json::read::<Group>("json", row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
    let removed = match (row.get(1)?, row.get(2)?) {
        (Some(at), Some(reason)) => Some(Removed { at, reason }),
        _ => None,
    };
    let (members, member_ids) = members(&id)?;
    Ok(GroupRow {
        id: Some(id),
        name,
        description,
        email,
        source: GroupSource::Directory,
        members,
        member_ids,
        removed,
    })
}
