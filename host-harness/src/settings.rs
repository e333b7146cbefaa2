//! Settings of an integration: read from a file or a form, passed to the plugin, stored only
//! encrypted.

mod bookings;

use std::{fmt, io, io::Read as _, path::Path};

use serde_json::Value;

use crate::{
    pointer,
    problem::{Case, Problem},
};

pub use bookings::{BookingSettings, DAYS as BOOKING_DAYS};

/// What the administrator entered. Its `Debug` output shows the name alone, since the rest can hold
/// secrets.
#[derive(Clone)]
pub struct Settings {
    name: Option<String>,
    value: Value,
}

impl Settings {
    /// Reads `path`, or standard input where it is `-`.
    ///
    /// In texts, `${NAME}` stands for the value of `variable` for that name, so that the file need
    /// not hold secrets.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn read(
        path: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        Self::parse(&read(path)?, variable)
    }

    /// Reads the name alone, from the settings in `path`. No other variable need be set.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn read_name(
        path: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<String, SettingsError> {
        let mut value = json(&read(path)?)?;
        if let Some(name) = value.pointer_mut(NAME) {
            expand(name, &mut NAME.to_owned(), &variable)?;
        }
        name(&value).ok_or(SettingsError::NoName)
    }

    /// As [`Self::read`], from the text of the file.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn parse(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut value = json(text)?;
        expand(&mut value, &mut String::new(), &variable)?;
        Ok(Self::from(value))
    }

    /// Returns the name of the integration: `server.name`.
    ///
    /// # Errors
    /// [`SettingsError::NoName`] where there is none, or it is not a text.
    pub fn name(&self) -> Result<&str, SettingsError> {
        self.name.as_deref().ok_or(SettingsError::NoName)
    }

    /// Returns the groups that a user joins when first seen: `users.defaultGroups`. Empty where it
    /// is not a list of names, which the plugin refuses.
    pub fn default_groups(&self) -> Vec<String> {
        let groups = self.value.pointer("/users/defaultGroups").and_then(Value::as_array);
        groups.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns all settings, secrets included.
    pub fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn to_json(&self) -> String {
        self.value.to_string()
    }
}

/// Without replacing variables.
impl From<Value> for Settings {
    fn from(value: Value) -> Self {
        Self { name: name(&value), value }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}

/// JSON Pointer of the name.
const NAME: &str = "/server/name";

fn read(path: &Path) -> Result<String, SettingsError> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|cause| SettingsError::Unreadable { file: path.display().to_string(), cause })
}

fn json(text: &str) -> Result<Value, SettingsError> {
    // Some editors write a byte order mark first.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(SettingsError::NotJson)
}

fn name(settings: &Value) -> Option<String> {
    let name = settings.pointer(NAME).and_then(Value::as_str);
    name.filter(|it| !it.trim().is_empty()).map(str::to_owned)
}

/// Settings that cannot be passed to a plugin.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("cannot read the settings {file}: {cause}")]
    Unreadable {
        /// Path as given.
        file: String,
        /// What the system reports.
        cause: io::Error,
    },
    /// They are not JSON. The cause has line and column.
    #[error("the settings are not JSON: {0}")]
    NotJson(serde_json::Error),
    /// An environment variable that the settings name is not set.
    #[error("the environment variable {name}, which the settings name at {pointer}, is not set")]
    NotSet {
        /// Name of the variable.
        name: String,
        /// Where it is named (JSON Pointer).
        pointer: String,
    },
    /// They have no name.
    #[error("/server/name is missing: the name of the integration, a text")]
    NoName,
    /// A command needs bookings, and they are off.
    #[error("bookings are off: set /rooms/bookings to \"on\"")]
    BookingsOff,
}

impl From<&SettingsError> for Problem {
    fn from(error: &SettingsError) -> Self {
        let code = match error {
            SettingsError::Unreadable { .. } => "settings-unreadable",
            SettingsError::NotJson(_) => "settings-not-json",
            SettingsError::NotSet { .. } => "settings-variable-not-set",
            SettingsError::NoName => "settings-without-name",
            SettingsError::BookingsOff => "bookings-off",
        };
        Self::new(Case::Settings, code, error)
    }
}

/// Replaces the variables in `value`, which is at `place` (JSON Pointer).
fn expand(
    value: &mut Value,
    place: &mut String,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<(), SettingsError> {
    let depth = place.len();
    match value {
        Value::String(text) => {
            if let Some(expanded) = expand_text(text, place, variable)? {
                *text = expanded;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                place.push_str(&format!("/{index}"));
                expand(item, place, variable)?;
                place.truncate(depth);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                place.push('/');
                place.push_str(&pointer::escape(key));
                expand(member, place, variable)?;
                place.truncate(depth);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

/// Returns the text with variables replaced, or `None` where it names none. The value of a variable
/// is not expanded again.
fn expand_text(
    text: &str,
    place: &str,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, SettingsError> {
    let mut expanded = None::<String>;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let out = expanded.get_or_insert_default();
        out.push_str(before);
        match after.split_once('}') {
            Some((name, behind)) if is_variable_name(name) => {
                let not_set =
                    || SettingsError::NotSet { name: name.to_owned(), pointer: place.to_owned() };
                out.push_str(&variable(name).ok_or_else(not_set)?);
                rest = behind;
            }
            _ => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    Ok(expanded.map(|out| out + rest))
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
}
