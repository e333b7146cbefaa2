//! Columns that hold JSON.

use rusqlite::types::Type;
use serde::{Serialize, de::DeserializeOwned};

pub(super) fn write(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|it| rusqlite::Error::ToSqlConversionFailure(it.into()))
}

pub(super) fn read<T: DeserializeOwned>(column: &str, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|it| {
        let cause = format!("{column}: {it}").into();
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, cause)
    })
}
