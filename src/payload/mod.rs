//! Graph's JSON, read one item at a time: what is wrong with one does not spoil the others.

mod group;
mod place;
mod reported;
mod user;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::model::Removal;

pub use group::{
    GROUP_SELECT, GroupItem, GroupRecord, MemberChange, is_person, read_group, read_group_change,
};
pub use place::{ListRef, RoomKey, Space, is_room, read_list, read_mailbox, read_space};
pub use reported::Reported;
pub use user::{Item, UserReader};

/// Reads an item. `T` takes every member as optional.
///
/// # Errors
/// A sentence that names the member that is wrong.
fn read<T: DeserializeOwned>(raw: &RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|error| {
        // serde_json knows the place, but not the name: each member is tried by itself.
        let members = members(raw);
        let wrong = members.iter().find_map(|(name, value)| {
            let alone = format!("{{\"{name}\":{value}}}");
            let problem = serde_json::from_str::<T>(&alone).err()?;
            Some(format!("{name}: {}", without_place(&problem)))
        });
        wrong.unwrap_or_else(|| without_place(&error))
    })
}

/// "invalid type: integer `5`, expected a string at line 1 column 9" without the end.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The members of an item, unread, in their order. Empty where it is no object.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.iter().find(|(it, _)| it == name).map(|(_, value)| *value)
    }

    /// Null where there is none.
    fn value(&self, name: &str) -> Value {
        self.get(name).and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
    }

    fn iter(&self) -> impl Iterator<Item = &(Cow<'a, str>, &'a RawValue)> {
        self.0.iter()
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

fn members(raw: &RawValue) -> Members<'_> {
    serde_json::from_str(raw.get()).unwrap_or(Members(Vec::new()))
}

/// How something is gone, by its `@removed`.
fn removal(removed: &RawValue) -> Removal {
    let removed: Value = serde_json::from_str(removed.get()).unwrap_or_default();
    match removed.get("reason").and_then(Value::as_str) {
        Some("deleted") => Removal::Permanent,
        _ => Removal::Soft,
    }
}

/// A member that is text.
fn text_member(members: &Members<'_>, name: &str) -> Option<String> {
    filled(serde_json::from_str(members.get(name)?.get()).ok())
}

/// Microsoft tells "nothing" as null, as an empty text and by silence.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.is_empty())
}
