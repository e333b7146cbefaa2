//! A field of the settings that can be wrong without affecting the others.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// The value of a field. Deserializing it never fails, so that all wrong fields are found at once;
/// serde alone stops at the first one.
#[derive(Debug, Default)]
pub(super) enum Entry<T> {
    /// Absent, or null.
    #[default]
    Absent,
    /// The expected type.
    Given(T),
    /// Another type: one sentence that says what is wrong.
    Wrong(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Absent);
        }
        // The value itself is not repeated: it can be a secret in the wrong field.
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
