//! JSON values that borrow their texts, so that an item is read without copies.

use std::{borrow::Cow, cell::Cell, fmt, marker::PhantomData};

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
#[derive(Debug, Clone)]
pub(crate) struct Members<'a, V = Json<'a>> {
    members: Vec<(Cow<'a, str>, V)>,
    places: Option<Box<Places>>,
}

impl<V: PartialEq> PartialEq for Members<'_, V> {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl<'a, V> From<Vec<(Cow<'a, str>, V)>> for Members<'a, V> {
    fn from(members: Vec<(Cow<'a, str>, V)>) -> Self {
        Self { members, places: None }
    }
}

impl<'a> Members<'a> {
    /// Reads the members of an item. One that is not an object has none.
    pub(crate) fn read(raw: &'a RawValue) -> Self {
        // A value that cannot be read must not affect the other members.
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            let members = Members::split(raw).members.into_iter();
            members.map(|(name, value)| (name, Json::read(value))).collect::<Vec<_>>().into()
        })
    }

    /// Returns the id of the item as it is written, where it is text.
    pub(crate) fn id(&self) -> Option<Cow<'a, str>> {
        match self.get("id")? {
            Json::Text(id) => Some(id.clone()),
            _ => None,
        }
    }

    /// Returns no members, whose memory many items of a list are read into.
    pub(crate) fn of_many() -> Self {
        Self { members: Vec::new(), places: Some(Box::default()) }
    }

    /// Begins the next item: returns the members of the last one, to be replaced, and where they
    /// were found.
    pub(super) fn next_item(
        &mut self,
    ) -> (&mut Vec<(Cow<'a, str>, Json<'a>)>, Option<&mut Places>) {
        let places = self.places.as_deref_mut();
        (&mut self.members, places)
    }

    /// Replaces the members by those of another item.
    pub(crate) fn replace(&mut self, item: Self) {
        self.members = item.members;
        self.places.as_deref_mut().into_iter().for_each(Places::begin_other);
    }

    /// Adds members, which count instead of those with the same names.
    pub(super) fn with(self, members: impl Iterator<Item = (Cow<'a, str>, Json<'a>)>) -> Self {
        self.members.into_iter().chain(members).collect::<Vec<_>>().into()
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
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        let place = self.places.as_deref().and_then(Places::next);
        let found = place.and_then(|place| self.members.get(place.get()));
        match found {
            Some((other, value)) if are_equal(other.as_bytes(), name.as_bytes()) => Some(value),
            _ => self.search(name, place),
        }
    }

    /// Looks for a member, and remembers its place.
    #[cold]
    fn search(&self, name: &str, place: Option<&Cell<usize>>) -> Option<&V> {
        let is_it = |(other, _): &(Cow<'_, str>, V)| are_equal(other.as_bytes(), name.as_bytes());
        let found = self.members.iter().rposition(is_it)?;
        if let Some(place) = place {
            place.set(found);
        }
        self.members.get(found).map(|(_, value)| value)
    }

    /// Returns all members, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

/// Number of members of an item whose places are remembered.
const PLACES: usize = 24;

/// Where the members of an item were found, in the order in which they were looked for. The items
/// of a list have the same names, and are asked for them in the same order, so that nearly all
/// members are found without a search.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Places in the list of members; [`usize::MAX`] where none is known.
    found: [Cell<usize>; PLACES],
    asked: Cell<usize>,
}

impl Default for Places {
    fn default() -> Self {
        Self { found: [const { Cell::new(usize::MAX) }; PLACES], asked: Cell::new(0) }
    }
}

impl Places {
    /// Begins the next item, which has the same names as the one before in the same order.
    pub(super) fn begin(&mut self) {
        self.asked.set(0);
    }

    /// Begins an item with other names. Nothing is known about it: a name that is still in its
    /// place could appear again behind it, and the last one counts.
    pub(super) fn begin_other(&mut self) {
        *self = Self::default();
    }

    /// Returns the place of the next member that is looked for.
    fn next(&self) -> Option<&Cell<usize>> {
        let asked = self.asked.get();
        self.asked.set(asked + 1);
        self.found.get(asked)
    }
}

/// Compares two names. In WebAssembly, `==` compares each byte in a loop that the host checks for
/// being endless; names of usual length need no loop here.
#[inline(always)]
pub(super) fn are_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match one.len() {
            0..2 => one.first() == other.first(),
            2..4 => ends_are_equal::<2>(one, other),
            4..8 => ends_are_equal::<4>(one, other),
            8..=16 => ends_are_equal::<8>(one, other),
            _ => ends_are_equal::<8>(one, other) && chunks_are_equal(one, other),
        }
}

/// Compares the first and the last `N` bytes, which may overlap.
#[inline]
fn ends_are_equal<const N: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
}

/// Compares all bytes but the last ones, fewer than eight.
#[inline]
fn chunks_are_equal(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    one.iter().zip(other).all(|(one, other)| one == other)
}

impl<V> Default for Members<'_, V> {
    fn default() -> Self {
        Vec::new().into()
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
        Ok(members.into())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::are_equal;

    proptest! {
        #[test]
        fn names_are_equal_if_all_their_bytes_are(
            name in prop::collection::vec(any::<u8>(), 1..40),
            at in any::<prop::sample::Index>(),
        ) {
            prop_assert!(are_equal(&name, &name));
            prop_assert!(!are_equal(&name, &name[1..]));
            let mut other = name.clone();
            other[at.index(name.len())] ^= 1;
            prop_assert!(!are_equal(&name, &other));
        }
    }
}
