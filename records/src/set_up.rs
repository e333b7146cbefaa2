//! Setting a plugin up: its description, choices for its settings, and the test of them.

use serde::{Serialize, Serializer};
use serde_json::Value;
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{FieldError, enumeration::enumeration};

/// The description of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Manifest {
    pub name: String,
    pub version: String,
    /// JSON as text. In JSON, it is part of the document.
    #[cfg_attr(feature = "wasmtime", component(name = "settings-schema"))]
    #[serde(serialize_with = "as_json")]
    pub settings_schema: String,
    pub permissions: Vec<Permission>,
    #[cfg_attr(feature = "wasmtime", component(name = "time-zones"))]
    pub time_zones: Option<String>,
}

impl Manifest {
    /// Returns the JSON Schema of the settings. If it is not JSON, returns the text as it is.
    pub fn schema(&self) -> Value {
        parse(&self.settings_schema)
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn as_json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    parse(text).serialize(serializer)
}

/// A permission that the vendor's administrator must grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Permission {
    pub name: String,
    pub id: Option<String>,
    pub reason: String,
}

/// The result of testing the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Report {
    pub checks: Vec<Check>,
}

/// The result of one check of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Check {
    pub id: String,
    pub outcome: Outcome,
    pub summary: String,
    pub remedy: Option<String>,
    pub detail: Option<String>,
    pub fields: Vec<FieldError>,
}

enumeration! {
    /// How a check ended.
    #[serde(rename_all = "kebab-case")]
    Outcome {
        Passed = "passed",
        Warned = "warned",
        Failed = "failed",
        Skipped = "skipped",
    }
}

/// A possible value of a field of the settings, or of an item of that field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
}
