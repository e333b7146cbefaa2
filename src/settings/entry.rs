//! A field of the settings that may be wrong without spoiling the others.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// What stands in one place of the settings. Reading it never fails, so that every
/// wrong field is found at once; serde by itself stops at the first.
#[derive(Debug, Default)]
pub(super) enum Entry<T> {
    /// Left out, or null.
    #[default]
    Absent,
    /// As it should be.
    Given(T),
    /// Of another type: what is wrong, as a sentence.
    Wrong(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Absent);
        }
        // The value itself can be a secret that stands in the wrong place: not repeated.
        let found = match &value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Ok(T::deserialize(value)
            .map_or_else(|_| Self::Wrong(format!("This must not be {found}")), Self::Given))
    }
}

#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Entry<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
