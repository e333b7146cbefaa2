//! What a run changes, for whoever looks on.

use serde_json::Value;

use crate::store::Kind;

/// Looks on while a run goes.
pub trait Observer {
    /// So many of a kind were told; the vendor counts `total`, where it says so.
    fn progress(&mut self, _kind: Kind, _told: u64, _total: Option<u64>) {}

    /// One person, room or group changed. Nothing is kept for the observer: who wants to show
    /// changes keeps as many as can be shown.
    fn changed(&mut self, _change: Change) {}
}

/// Looks away.
pub struct Unobserved;

impl Observer for Unobserved {}

/// What happened to a person, room or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// New, or back.
    Added,
    /// Other than before.
    Updated,
    /// No longer offered.
    Removed,
    /// To be removed, once a person agrees.
    Held,
}

/// A change of one person, room or group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happened.
    pub action: Action,
    /// To a person, a room or a group.
    pub kind: Kind,
    /// Of the person, room or group.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// E-mail, or the name to sign in with.
    pub address: String,
    /// Of a removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of an update.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// A field that is other than before.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// In camelCase, as `address.city`.
    pub field: String,
    /// Before.
    pub before: Value,
    /// Now.
    pub after: Value,
}

/// From a record in JSON, and for an update the one before.
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
