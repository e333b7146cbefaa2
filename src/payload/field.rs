//! Reads the members of an item, as tolerantly as is safe.
//!
//! Servers, proxies and tools that write to the directory do not always follow Graph's schema. A
//! value of another type is accepted where its meaning is clear: a number or a boolean for a text,
//! a text for a number, null for an empty list. Any other value makes the record unreadable: ONES
//! then leaves its stored record unchanged, whereas a field that is left out would overwrite it.

use std::{borrow::Cow, slice};

use super::json::{Json, Members};
use crate::settings::is_guid;

impl Members<'_> {
    /// Returns the value of a member; null where there is none.
    pub(super) fn value(&self, name: &str) -> &Json<'_> {
        self.get(name).unwrap_or(&Json::Null)
    }

    /// Reads an id or user name, which must be text. GUIDs get one spelling.
    ///
    /// # Errors
    /// A text that says that it is not text.
    pub(super) fn key(&self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            Json::Null => Ok(None),
            Json::Text(text) => Ok(one_spelling(text)),
            _ => Err(no_text(name)),
        }
    }

    /// Reads the same; a wrong value counts as absent.
    pub(super) fn key_if_any(&self, name: &str) -> Option<String> {
        self.key(name).unwrap_or_default()
    }

    /// Reads a text.
    ///
    /// # Errors
    /// A text that says that the value cannot be read as text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        owned(name, self.value(name))
    }

    /// Reads the same, without a copy of it.
    ///
    /// # Errors
    /// Those of [`Self::text`].
    pub(super) fn borrowed_text(&self, name: &str) -> Result<Option<Cow<'_, str>>, String> {
        text(self.value(name)).map_err(|_| no_text(name))
    }

    /// Reads the same; a wrong value counts as absent.
    pub(super) fn text_if_any(&self, name: &str) -> Option<String> {
        self.text(name).unwrap_or_default()
    }

    /// Reads an e-mail address, without space around it.
    ///
    /// # Errors
    /// Those of [`Self::text`].
    pub(super) fn address(&self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            Json::Text(text) => Ok(filled(trimmed(text))),
            value => owned(name, value),
        }
    }

    /// Reads the same; a wrong value counts as absent.
    pub(super) fn address_if_any(&self, name: &str) -> Option<String> {
        self.address(name).unwrap_or_default()
    }

    /// Reads a list of texts. Leaves out items that are null or cannot be read as text; a single
    /// text is a list of one.
    ///
    /// # Errors
    /// A text that says that the value is not a list.
    pub(super) fn texts(&self, name: &str) -> Result<impl Iterator<Item = String>, String> {
        let items = match self.value(name) {
            Json::List(items) => &items[..],
            Json::Object(_) | Json::Unreadable => return Err(format!("{name}: not a list")),
            value => slice::from_ref(value),
        };
        let texts = items.iter().filter_map(|item| text(item).unwrap_or_default());
        Ok(texts.map(Cow::into_owned))
    }

    /// Reads true or false, also as text.
    ///
    /// # Errors
    /// A text that says that the value is neither.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.value(name) {
            Json::Null => Ok(None),
            Json::Bool(flag) => Ok(Some(*flag)),
            Json::Text(text) if text.trim().is_empty() => Ok(None),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("true") => Ok(Some(true)),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(format!("{name}: not true or false")),
        }
    }

    /// Reads a whole number, also as text or with a fraction of zero.
    ///
    /// # Errors
    /// A text that says that the value is not a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, String> {
        match self.value(name) {
            Json::Null => Ok(None),
            Json::Text(text) if text.trim().is_empty() => Ok(None),
            value => match whole_number(value) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("{name}: not a whole number")),
            },
        }
    }
}

/// Reads a text. The name is that of the member, for the error.
fn owned(name: &str, value: &Json<'_>) -> Result<Option<String>, String> {
    match value {
        // As nearly all values are.
        Json::Text(text) => Ok(filled(text)),
        _ => Ok(text(value).map_err(|_| no_text(name))?.map(Cow::into_owned)),
    }
}

fn no_text(name: &str) -> String {
    format!("{name}: not a text")
}

/// A value that cannot be read as text.
pub(super) struct NoText;

/// Reads a text; `None` where there is none. Numbers and booleans are read as their text.
pub(super) fn text<'v>(value: &'v Json<'_>) -> Result<Option<Cow<'v, str>>, NoText> {
    match value {
        Json::Null => Ok(None),
        Json::Text(text) => Ok(is_filled(text).then_some(Cow::Borrowed(text))),
        Json::Number(number) => Ok(Some(number.to_string().into())),
        Json::Bool(flag) => Ok(Some(flag.to_string().into())),
        Json::List(_) | Json::Object(_) | Json::Unreadable => Err(NoText),
    }
}

/// Reads a whole number; 50.0 and "50" are read as 50.
pub(crate) fn whole_number(value: &Json<'_>) -> Option<i64> {
    let exact = |number: f64| {
        let fits = number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "it is a small whole number")]
        fits.then_some(number as i64)
    };
    match value {
        Json::Number(number) => number.as_i64().or_else(|| exact(number.as_f64()?)),
        Json::Text(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| exact(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Returns the text, unless it is empty or blank: Microsoft sends null, an empty text, or nothing
/// where there is no value.
pub(crate) fn filled(text: &str) -> Option<String> {
    is_filled(text).then(|| text.to_owned())
}

#[inline]
fn is_filled(text: &str) -> bool {
    begins_visibly(text) || contains_visible(text)
}

#[cold]
fn contains_visible(text: &str) -> bool {
    text.contains(|letter| !is_space(letter))
}

/// Returns an id in the spelling that all parts of ONES compare: GUIDs in lower case, since servers
/// write them in either; other ids unchanged. `None` for a blank one.
pub(crate) fn one_spelling(id: &str) -> Option<String> {
    let id = trimmed(id);
    match is_guid(id) {
        true => Some(id.to_ascii_lowercase()),
        false => filled(id),
    }
}

/// Returns the text without space around it, including space without width.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    let is_trimmed = begins_visibly(text) && text.as_bytes().last().is_some_and(is_visible);
    if is_trimmed { text } else { trim(text) }
}

#[cold]
fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Returns whether the first character is visible and of ASCII, as in most texts: nothing has to be
/// decoded then.
fn begins_visibly(text: &str) -> bool {
    text.as_bytes().first().is_some_and(is_visible)
}

fn is_visible(byte: &u8) -> bool {
    byte.is_ascii_graphic()
}

fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}')
}
