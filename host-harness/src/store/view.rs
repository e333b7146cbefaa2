//! Lists of what ONES offers, row by row, so that memory does not grow with their length.

use rusqlite::{Row, params};
use serde_json::{Map, Value, json as value};

use super::{IntegrationId, Kind, Store, StoreError, bookings, json};

/// A user, a room or a group in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// Id of the record.
    pub id: String,
    /// The record as the plugin reported it.
    pub record: Map<String, Value>,
    /// Groups of ONES that a user joined when first seen.
    pub groups: Vec<String>,
    /// When and why it was removed.
    pub removed: Option<(String, String)>,
    /// Whether the user signed in, and no sync has reported the user yet.
    pub provisional: bool,
}

/// Selects users, rooms or groups for a page.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// Only those with this text in their name, e-mail address or sign-in name, in upper or lower
    /// case.
    pub search: &'a str,
    /// Id of the last record of the page before.
    pub after: Option<&'a str>,
    /// Include removed ones.
    pub removed: bool,
    /// Largest number of records.
    pub limit: u32,
}

/// Number of records of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub users: u64,
    pub rooms: u64,
    /// Groups of the directory.
    pub groups: u64,
    /// Removals that wait for approval.
    pub held: u64,
}

impl RecordRow {
    /// Returns the record as a JSON object.
    pub fn to_json(&self, kind: Kind) -> Value {
        let mut object = self.record.clone();
        if kind == Kind::User {
            object.insert("groups".to_owned(), value!(self.groups));
        }
        if let Some((at, reason)) = &self.removed {
            object.insert("removed".to_owned(), value!({ "at": at, "reason": reason }));
        }
        Value::Object(object)
    }
}

/// A held removal in a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovalRow {
    /// Kind of the record.
    pub kind: Kind,
    /// Id of the record.
    pub id: String,
    /// Name that users see.
    pub name: String,
    /// E-mail address, or the name that the user signs in with.
    pub address: String,
    /// Reason: `soft`, `permanent`, or `out-of-scope`; `gone` for a room that an older version
    /// removed; `deleted` for a booking.
    pub reason: String,
    /// Time since which it is held (RFC 3339).
    pub held_since: String,
}

impl Store {
    /// Calls `each` with the records that ONES offers, with `all` including removed ones. Users
    /// with the e-mail address of an active room are left out: the directory reports a room's
    /// mailbox as an account before it reports the room.
    ///
    /// # Errors
    /// See [`StoreError`], and the errors of `each`.
    pub fn each_record<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        kind: Kind,
        all: bool,
        mut each: impl FnMut(RecordRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM record AS it
                 WHERE integration = ?1 AND kind = ?2 AND (?3 OR removed_at IS NULL)
                   AND {OFFERED}
                 ORDER BY id"
            ))
            .map_err(StoreError::from)?;
        let mut rows =
            statement.query(params![integration.0, kind, all]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(record(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Returns a page of what [`Self::each_record`] lists, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn page(
        &self,
        integration: IntegrationId,
        kind: Kind,
        of: PageOf<'_>,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let PageOf { search, after, removed, limit } = of;
        let reading_all = kind.reading_all();
        let mut statement = self.connection.prepare_cached(&format!(
            // Only the records of the page are read in full.
            "WITH found AS (
                 SELECT integration, kind, id, search FROM record AS it {reading_all}
                 WHERE integration = ?1 AND kind = ?2 AND instr(search, ?3) > 0
                   AND (search, id) > (coalesce((SELECT search FROM record
                       WHERE integration = ?1 AND kind = ?2 AND id = ?4), ''), coalesce(?4, ''))
                   AND (?5 OR removed_at IS NULL) AND {OFFERED}
                 ORDER BY search, id LIMIT ?6)
             SELECT {COLUMNS} FROM found JOIN record AS it USING (integration, kind, id)
             ORDER BY found.search, found.id"
        ))?;
        let search = search.trim().to_lowercase();
        let rows = statement
            .query_map(params![integration.0, kind, search, after, removed, limit], record)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the users that ONES offers with this id, or else with this e-mail address, sign-in
    /// name or display name, in upper or lower case; at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn users_called(
        &self,
        integration: IntegrationId,
        name: &str,
        limit: u32,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM record AS it
             WHERE integration = ?1 AND kind = 'user' AND removed_at IS NULL AND id = ?2
               AND {OFFERED}"
        ))?;
        let found = statement.query_map(params![integration.0, name], record)?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
        let search = PageOf { search: name, after: None, removed: false, limit: u32::MAX };
        let mut found = self.page(integration, Kind::User, search)?;
        let name = name.trim().to_lowercase();
        let is_called = |row: &RecordRow| {
            let fields = ["email", "username", "displayName"].into_iter();
            let mut texts = fields.filter_map(|field| row.record.get(field)?.as_str());
            texts.any(|text| text.to_lowercase() == name)
        };
        found.retain(is_called);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// Returns the e-mail addresses of all rooms that ONES offers, in the order of their ids.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn room_addresses(&self, integration: IntegrationId) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT json ->> 'email' FROM record
             WHERE integration = ?1 AND kind = 'room' AND removed_at IS NULL ORDER BY email, id",
        )?;
        let rooms = statement.query_map([integration.0], |row| row.get(0))?;
        Ok(rooms.collect::<Result<_, _>>()?)
    }

    /// Returns the number of users, rooms and groups that are offered, and of held removals.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn counts(&self, integration: IntegrationId) -> Result<Counts, StoreError> {
        let rooms = self.active(integration, Kind::Room)?;
        let users = match rooms {
            // Then none has the address of a room.
            0 => self.active(integration, Kind::User)?,
            _ => self
                .connection
                .prepare_cached(&format!(
                    "SELECT count(*) FROM record AS it {}
                     WHERE integration = ?1 AND kind = 'user' AND removed_at IS NULL AND {OFFERED}",
                    Kind::User.reading_all()
                ))?
                .query_row([integration.0], |row| row.get(0))?,
        };
        let groups = self.active(integration, Kind::Group)?;
        Ok(Counts { users, rooms, groups, held: self.held(integration)? })
    }

    /// Calls `each` with every held removal.
    ///
    /// # Errors
    /// See [`StoreError`], and the errors of `each`.
    pub fn each_held<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        mut each: impl FnMut(RemovalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT kind, id, coalesce(json ->> 'displayName', json ->> 'name', ''),
                     coalesce(json ->> 'username', json ->> 'email', ''), removal.reason, held_since
                 FROM removal JOIN record USING (integration, kind, id)
                 WHERE integration = ?1 AND held_since IS NOT NULL ORDER BY kind, id",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement.query([integration.0]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(removal(row).map_err(StoreError::from)?)?;
        }
        bookings::held(&self.connection, integration.0)?.into_iter().try_for_each(each)
    }
}

pub(super) const COLUMNS: &str = "it.id, it.json, it.removed_at, it.reason, it.provisional,
    (SELECT json_group_array(group_name) FROM membership WHERE record = it.number) AS groups";

/// Leaves out users with the e-mail address of an active room.
pub(super) const OFFERED: &str = "NOT (it.kind = 'user' AND EXISTS (SELECT 1 FROM record
    WHERE integration = it.integration AND kind = 'room'
      AND removed_at IS NULL AND email = it.email))";

pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
    let removed = match (row.get("removed_at")?, row.get("reason")?) {
        (Some(at), Some(reason)) => Some((at, reason)),
        _ => None,
    };
    Ok(RecordRow {
        id: row.get("id")?,
        record: json::read("json", row.get_ref("json")?.as_str()?)?,
        groups: json::read("groups", row.get_ref("groups")?.as_str()?)?,
        removed,
        provisional: row.get("provisional")?,
    })
}

fn removal(row: &Row<'_>) -> rusqlite::Result<RemovalRow> {
    Ok(RemovalRow {
        kind: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        address: row.get(3)?,
        reason: row.get(4)?,
        held_since: row.get(5)?,
    })
}
