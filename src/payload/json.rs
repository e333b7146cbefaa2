//! JSON values that borrow their texts, so that an item is read without copies.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, value::RawValue};

/// A JSON value. A text without escapes is borrowed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Members<'a>),
    /// A number that is too large, or lists and objects that are nested too deeply.
    Unreadable,
}

impl<'a> Json<'a> {
    /// Reads a value.
    pub(crate) fn read(raw: &'a RawValue) -> Self {
        serde_json::from_str(raw.get()).unwrap_or(Self::Unreadable)
    }

    /// Returns the member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// Returns the text; `None` where it is another value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The members of an object, in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members<'a, V = Json<'a>>(Vec<(Cow<'a, str>, V)>);

impl<'a> Members<'a> {
    /// Reads the members of an item. One that is not an object has none.
    pub(crate) fn read(raw: &'a RawValue) -> Self {
        // A value that cannot be read must not affect the other members.
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            let members = Members::split(raw).0.into_iter();
            Self(members.map(|(name, value)| (name, Json::read(value))).collect())
        })
    }

    /// Returns the id of the item as it is written, where it is text.
    pub(crate) fn id(&self) -> Option<Cow<'a, str>> {
        match self.get("id")? {
            Json::Text(id) => Some(id.clone()),
            _ => None,
        }
    }

    /// Returns the members, to be replaced by others.
    pub(super) fn slots(&mut self) -> &mut Vec<(Cow<'a, str>, Json<'a>)> {
        &mut self.0
    }

    /// Adds members, which count instead of those with the same names.
    pub(super) fn with(mut self, members: impl Iterator<Item = (Cow<'a, str>, Json<'a>)>) -> Self {
        self.0.extend(members);
        self
    }
}

impl<'a> Members<'a, &'a RawValue> {
    /// Splits an item into its members, whose values stay raw. One that is not an object has none.
    pub(crate) fn split(raw: &'a RawValue) -> Self {
        serde_json::from_str(raw.get()).unwrap_or_default()
    }
}

impl<'a, V> Members<'a, V> {
    /// Returns the value of a member. Where it appears twice, the last one counts, as with most
    /// parsers.
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.0
            .iter()
            .rev()
            .find(|(other, _)| are_equal(other.as_bytes(), name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Returns all members, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

/// Compares two names, eight bytes at a time. In WebAssembly, `==` compares each byte in a loop
/// that the host checks for being endless.
#[inline]
pub(super) fn are_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // The last eight bytes may overlap with those before.
    let (Some(one_end), Some(other_end)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) else {
        return one.iter().zip(other).all(|(one, other)| one == other);
    };
    let (one, other) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    one_end == other_end && one.iter().zip(other).all(|(one, other)| one == other)
}

impl<V> Default for Members<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<'de, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadMembers(PhantomData))
    }
}

struct ReadMembers<'a, V>(PhantomData<(&'a (), V)>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for ReadMembers<'de, V> {
    type Value = Members<'de, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A text. `Cow` alone would copy each one.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue<'a>(PhantomData<&'a ()>);

        impl<'de> Visitor<'de> for AnyValue<'de> {
            type Value = Json<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Json::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Json::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Number::from_f64(value).map_or(Json::Unreadable, Json::Number))
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Json::Text(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Json::Text(Cow::Owned(value.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Json::List(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                ReadMembers(PhantomData).visit_map(map).map(Json::Object)
            }
        }

        deserializer.deserialize_any(AnyValue(PhantomData))
    }
}
