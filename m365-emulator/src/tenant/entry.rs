//! What users, groups and devices have in common: an id, properties, and when they were added and
//! removed.

use serde_json::{Map, Value, json};

use super::property::{PropertyId, Schema};

/// Number of a change. 0 stands for the tenant as it was made.
pub(crate) type Sequence = u32;

/// Index of a user, group or device among those of its kind. It never changes.
pub(crate) type Slot = u32;

/// How an object was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Moved to the recycle bin.
    Soft,
    /// Deleted permanently.
    Permanent,
}

impl Removal {
    /// Returns the reason in `@removed`.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Soft => "changed",
            Self::Permanent => "deleted",
        }
    }
}

/// One property. The value is stored as the JSON that answers have, so that a page of a thousand
/// users is written by copying, which keeps large tenants fast.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) property: PropertyId,
    pub(crate) changed: Sequence,
    pub(crate) json: Box<str>,
}

/// An object of the directory: a user, a group or a device.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// Sorted by property. A property that is missing was never set.
    held: Vec<Held>,
    /// Change since which the object is present, or removed, without interruption.
    pub(crate) since: Sequence,
    pub(crate) removed: Option<Removal>,
}

impl Entry {
    pub(crate) fn new(id: String, since: Sequence) -> Self {
        Self { id, held: Vec::new(), since, removed: None }
    }

    pub(crate) fn held(&self) -> &[Held] {
        &self.held
    }

    pub(crate) fn get(&self, property: PropertyId) -> Option<&Held> {
        let at = self.held.binary_search_by_key(&property, |held| held.property).ok()?;
        self.held.get(at)
    }

    pub(crate) fn json(&self, property: PropertyId) -> Option<&str> {
        self.get(property).map(|held| &*held.json)
    }

    /// Returns a string property; none if it is null or was never set.
    pub(crate) fn text(&self, property: PropertyId) -> Option<String> {
        serde_json::from_str::<Option<String>>(self.json(property)?).ok().flatten()
    }

    /// Sets a property. Returns whether the value changed.
    pub(super) fn set(&mut self, property: PropertyId, value: &Value, now: Sequence) -> bool {
        let json = value.to_string().into_boxed_str();
        match self.held.binary_search_by_key(&property, |held| held.property) {
            Ok(at) if self.held[at].json == json => false,
            Ok(at) => {
                self.held[at] = Held { property, changed: now, json };
                true
            }
            // Null for a property that was never set is no change.
            Err(_) if value.is_null() => false,
            Err(at) => {
                self.held.insert(at, Held { property, changed: now, json });
                true
            }
        }
    }

    /// Returns all stored properties.
    pub(crate) fn record(&self, schema: &Schema) -> Value {
        let mut record = Map::new();
        record.insert("id".to_owned(), self.id.clone().into());
        for held in &self.held {
            let value = serde_json::from_str(&held.json).unwrap_or_default();
            record.insert(schema.name(held.property).to_owned(), value);
        }
        if let Some(removal) = self.removed {
            record.insert("@removed".to_owned(), json!({"reason": removal.reason()}));
        }
        Value::Object(record)
    }
}
