//! What users, groups and devices have in common: an id, properties, and when they came and went.

use serde_json::{Map, Value, json};

use super::property::{PropertyId, Schema};

/// Counts changes: 0 is the tenant as it was made.
pub(crate) type Sequence = u32;

/// Where something sits among its kind, for good.
pub(crate) type Slot = u32;

/// How something is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// In the recycle bin.
    Soft,
    /// For good.
    Permanent,
}

impl Removal {
    /// As `@removed` spells it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Soft => "changed",
            Self::Permanent => "deleted",
        }
    }
}

/// One property. Values are kept as the JSON that answers carry: a page of a thousand users is put together by
/// copying, which is what makes large tenants cheap.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) property: PropertyId,
    pub(crate) changed: Sequence,
    pub(crate) json: Box<str>,
}

/// Something in the directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// Sorted by property. A property that is not here was never set.
    held: Vec<Held>,
    /// Since when it is there, or gone, without a break.
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

    /// A text property; none where it is null or was never set.
    pub(crate) fn text(&self, property: PropertyId) -> Option<String> {
        serde_json::from_str::<Option<String>>(self.json(property)?).ok().flatten()
    }

    /// True where the value is another than before.
    pub(super) fn set(&mut self, property: PropertyId, value: &Value, now: Sequence) -> bool {
        let json = value.to_string().into_boxed_str();
        match self.held.binary_search_by_key(&property, |held| held.property) {
            Ok(at) if self.held[at].json == json => false,
            Ok(at) => {
                self.held[at] = Held { property, changed: now, json };
                true
            }
            // Null for what was never set changes nothing.
            Err(_) if value.is_null() => false,
            Err(at) => {
                self.held.insert(at, Held { property, changed: now, json });
                true
            }
        }
    }

    /// Every stored property, for the truth.
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
