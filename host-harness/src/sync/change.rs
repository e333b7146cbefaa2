//! Changes of a run, as observers see them.

use serde_json::Value;

use crate::store::Kind;

/// Observes a run.
pub trait Observer {
    /// Called with the number of records of a kind that were reported so far, and with the number
    /// that the vendor counts, where it says so.
    fn progress(&mut self, _kind: Kind, _reported: u64, _total: Option<u64>) {}

    /// Called with the action of every change. `describe` returns the change, and reads the record
    /// to do so. The sync stores no list of changes: an observer stores as many as it shows.
    fn changed(&mut self, _action: Action, _describe: &dyn Fn() -> Change) {}
}

/// Observes nothing.
pub struct Unobserved;

impl Observer for Unobserved {}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is new, or was removed before.
    Added,
    /// It is different.
    Updated,
    /// It is no longer offered.
    Removed,
    /// Its removal waits for approval.
    Held,
}

/// A change of one record.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happened.
    pub action: Action,
    /// Kind of the record.
    pub kind: Kind,
    /// Id of the record.
    pub id: String,
    /// Name that users see.
    pub name: String,
    /// E-mail address, or the name that the user signs in with.
    pub address: String,
    /// Of a booking: when it takes place, in the room's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Reason of a removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fields that an update changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// A field that an update changed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Name in camelCase, such as `address.city`.
    pub field: String,
    /// Value before.
    pub before: Value,
    /// Value now.
    pub after: Value,
}

/// Describes a change, from the record in JSON, and for an update from the record before.
pub(super) fn describe(
    kind: Kind,
    action: Action,
    json: &str,
    before: Option<&str>,
    reason: Option<&str>,
) -> Change {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let record = parse(json);
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|it| record.get(it).and_then(Value::as_str));
        found.unwrap_or_default().to_owned()
    };
    let mut fields = Vec::new();
    if let Some(before) = before {
        compare("", &parse(before), &record, &mut fields);
    }
    Change {
        action,
        kind,
        id: text(&["id"]),
        name: text(&["displayName", "name"]),
        address: text(&["username", "email"]),
        time: None,
        reason: reason.map(str::to_owned),
        fields,
    }
}

fn compare(field: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for key in new.keys().chain(old.keys().filter(|it| !new.contains_key(*it))) {
                let name = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                let of = |it: &serde_json::Map<_, Value>| it.get(key).cloned().unwrap_or_default();
                compare(&name, &of(old), &of(new), found);
            }
        }
        _ => found.push(FieldChange {
            field: field.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}
