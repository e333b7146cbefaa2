//! The members of an item, each read as leniently as is safe.
//!
//! Servers, proxies and tools that write into the directory do not always keep to Graph's schema.
//! What can stand for the value is taken: a number or a truth value for a text, a text for a
//! number, null for an empty list. What cannot stand for it is an error that makes the record
//! unreadable: what ONES has stored then stays, which a field that is left out would overwrite.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::settings::is_guid;

/// The members of an item, unread, in their order. Empty where it is no object.
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Reads the outline of an item.
pub(crate) fn members(raw: &RawValue) -> Members<'_> {
    serde_json::from_str(raw.get()).unwrap_or(Members(Vec::new()))
}

impl<'a> Members<'a> {
    /// Where a member comes twice, the last counts, as with most parsers.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(it, _)| it == name).map(|(_, value)| *value)
    }

    /// All of them, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// Null where there is none.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.get(name).and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
    }

    /// Reads what a record is known by, an id or a name to sign in with: nothing but text can stand
    /// for that. GUIDs get one spelling.
    ///
    /// # Errors
    /// Says that it is something else.
    pub(super) fn key(&self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(one_spelling(&text)),
            _ => Err(format!("{name}: not a text")),
        }
    }

    /// The same, where what is wrong counts as absent.
    pub(super) fn key_if_any(&self, name: &str) -> Option<String> {
        self.key(name).unwrap_or_default()
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Says that nothing in it can stand for a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        text(&self.value(name)).map_err(|_| format!("{name}: not a text"))
    }

    /// The same, where what is wrong counts as absent.
    pub(super) fn text_if_any(&self, name: &str) -> Option<String> {
        self.text(name).unwrap_or_default()
    }

    /// Reads an e-mail address, without space around it.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn address(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.text(name)?.map(|it| trimmed(&it).to_owned()))
    }

    /// The same, where what is wrong counts as absent.
    pub(super) fn address_if_any(&self, name: &str) -> Option<String> {
        self.address(name).unwrap_or_default()
    }

    /// Reads a list of texts. Items that are null or no text are left out; a text by itself is a
    /// list of one.
    ///
    /// # Errors
    /// Says that it is no list.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        match self.value(name) {
            Value::Array(items) => {
                Ok(items.iter().filter_map(|it| text(it).unwrap_or_default()).collect())
            }
            Value::Object(_) => Err(format!("{name}: not a list")),
            value => Ok(text(&value).unwrap_or_default().into_iter().collect()),
        }
    }

    /// Reads true or false, also where they came as text.
    ///
    /// # Errors
    /// Says that it is neither.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(flag)),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(Some(true)),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(format!("{name}: not true or false")),
        }
    }

    /// Reads a whole number, also where it came as text or with a fraction of zero.
    ///
    /// # Errors
    /// Says that it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, String> {
        match self.value(name) {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            value => whole(&value).map(Some).ok_or_else(|| format!("{name}: not a whole number")),
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(24);
                while let Some(member) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

/// What stands for no text.
pub(super) struct NoText;

/// Reads a text; `None` where there is none. A number and a truth value stand for theirs.
pub(super) fn text(value: &Value) -> Result<Option<String>, NoText> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(filled(Some(text.clone()))),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Array(_) | Value::Object(_) => Err(NoText),
    }
}

/// Reads a whole number: 50.0 and "50" are as good as 50.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    let exact = |number: f64| {
        let fits = number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        fits.then_some(number as i64)
    };
    match value {
        Value::Number(number) => number.as_i64().or_else(|| exact(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| exact(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Microsoft's "nothing" is null, an empty text, or silence; a blank text is no more.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|it| !trimmed(it).is_empty())
}

/// An id in the one spelling that all parts of ONES compare: servers write GUIDs in either case.
/// Other ids are opaque. `None` for a blank one.
pub(crate) fn one_spelling(id: &str) -> Option<String> {
    let id = trimmed(id);
    match is_guid(id) {
        true => Some(id.to_ascii_lowercase()),
        false => filled(Some(id.to_owned())),
    }
}

/// Without space around it, also such that has no width.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|it: char| it.is_whitespace() || matches!(it, '\u{200b}' | '\u{feff}'))
}
