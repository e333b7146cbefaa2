//! What ONES offers, row by row: nothing is held in memory.

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::{IntegrationId, Kind, Store, StoreError};

/// A person or a room, as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// As the plugin told it.
    pub record: Map<String, Value>,
    /// Of a person: the groups joined when first seen.
    pub groups: Vec<String>,
    /// When and why it was removed.
    pub removed: Option<(String, String)>,
}

impl RecordRow {
    /// One JSON object.
    pub fn to_json(&self, kind: Kind) -> Value {
        let mut object = self.record.clone();
        if kind == Kind::User {
            object.insert("groups".to_owned(), json!(self.groups));
        }
        if let Some((at, reason)) = &self.removed {
            object.insert("removed".to_owned(), json!({ "at": at, "reason": reason }));
        }
        Value::Object(object)
    }
}

/// A held removal, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovalRow {
    /// Person or room.
    pub kind: Kind,
    /// Of the person or room.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// E-mail, or the name to sign in with.
    pub address: String,
    /// Why: `soft`, `permanent`, `out-of-scope`, or `gone`.
    pub reason: String,
    /// Since when, as RFC 3339 has it.
    pub held_since: String,
}

impl Store {
    /// Calls `each` with what ONES offers, with `all` also with what was removed. People
    /// whose e-mail is that of an active room are left out: the directory knows a room's
    /// mailbox as an account before it knows it as a room.
    ///
    /// # Errors
    /// See [`StoreError`], or what `each` gives.
    pub fn each_record<E: From<StoreError>>(
        &self,
        integration: IntegrationId,
        kind: Kind,
        all: bool,
        mut each: impl FnMut(RecordRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT json, removed_at, reason,
                     (SELECT json_group_array(group_name) FROM membership
                      WHERE integration = it.integration AND kind = it.kind AND person = it.id)
                 FROM record AS it
                 WHERE integration = ?1 AND kind = ?2 AND (?3 OR removed_at IS NULL)
                   AND NOT (kind = 'user' AND EXISTS (SELECT 1 FROM record
                       WHERE integration = it.integration AND kind = 'room'
                         AND removed_at IS NULL AND email = it.email))
                 ORDER BY id",
            )
            .map_err(StoreError::from)?;
        let mut rows =
            statement.query(params![integration.0, kind, all]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(record(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Calls `each` with every held removal.
    ///
    /// # Errors
    /// See [`StoreError`], or what `each` gives.
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
        Ok(())
    }
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<RecordRow> {
    let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
    let removed = match (row.get(1)?, row.get(2)?) {
        (Some(at), Some(reason)) => Some((at, reason)),
        _ => None,
    };
    let groups = parse(row.get(3)?);
    let groups = groups.as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(RecordRow {
        record: match parse(row.get(0)?) {
            Value::Object(record) => record,
            _ => Map::new(),
        },
        groups: groups.map(str::to_owned).collect(),
        removed,
    })
}

fn removal(row: &rusqlite::Row<'_>) -> rusqlite::Result<RemovalRow> {
    Ok(RemovalRow {
        kind: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        address: row.get(3)?,
        reason: row.get(4)?,
        held_since: row.get(5)?,
    })
}
