//! The properties of users, groups and devices, and where Microsoft stores them.

mod device;
mod group;
mod user;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::ControlError;

pub(crate) use self::device::DEVICE;
pub(crate) use self::group::GROUP;
pub(crate) use self::user::USER;

/// Kinds of values of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Collection,
    Complex,
    /// `onPremisesExtensionAttributes`, which has fifteen members even if none is set.
    ExtensionAttributes,
}

/// Where a property is stored, which decides in which requests it can be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// The directory itself: can be listed and followed with delta.
    Directory,
    /// Another service: can be read of one user, but neither listed nor followed.
    Elsewhere,
    /// The audit logs: needs a separate permission.
    AuditLogs,
}

/// Index of a property in [`EntityType::properties`], which the tenant's directory extensions
/// follow.
pub(crate) type PropertyId = u16;

pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) store: Store,
}

/// Returns a property that the directory stores.
const fn stored(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, store: Store::Directory }
}

/// Returns a property that another service stores.
const fn elsewhere(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, store: Store::Elsewhere }
}

/// A type of objects in the directory.
pub(crate) struct EntityType {
    /// Name in OData, without `microsoft.graph.`.
    pub(crate) name: &'static str,
    /// All properties except `id`, in the order of answers.
    pub(crate) properties: &'static [Property],
    /// Properties of a listing without `$select`, in addition to `id`.
    pub(crate) default: &'static [&'static str],
    /// Properties that the weakest permission allows to read, in addition to `id`. The others are
    /// null.
    pub(crate) basic: &'static [&'static str],
    /// String properties that can be compared with `eq` and `in`, and tested with `startswith`.
    pub(crate) texts: &'static [&'static str],
    /// Flags that can be compared with `eq`.
    pub(crate) flags: &'static [&'static str],
}

/// The properties of one type in a tenant: those of the type, and the tenant's directory
/// extensions.
#[derive(Clone)]
pub(crate) struct Schema {
    pub(crate) entity: &'static EntityType,
    extensions: Vec<String>,
}

impl Schema {
    pub(crate) fn new(entity: &'static EntityType) -> Self {
        Self { entity, extensions: Vec::new() }
    }

    /// Registers a directory extension, `extension_{appId without dashes}_{name}`.
    pub(crate) fn extend(&mut self, name: &str) {
        if self.find(name).is_none() {
            self.extensions.push(name.to_owned());
        }
    }

    pub(crate) fn extensions(&self) -> &[String] {
        &self.extensions
    }

    pub(crate) fn find(&self, name: &str) -> Option<PropertyId> {
        self.position(|known| known == name)
    }

    pub(crate) fn find_ignoring_case(&self, name: &str) -> Option<PropertyId> {
        self.position(|known| known.eq_ignore_ascii_case(name))
    }

    fn position(&self, is_wanted: impl Fn(&str) -> bool) -> Option<PropertyId> {
        self.entity
            .properties
            .iter()
            .map(|property| property.name)
            .chain(self.extensions.iter().map(String::as_str))
            .position(is_wanted)
            .and_then(|position| PropertyId::try_from(position).ok())
    }

    pub(crate) fn name(&self, id: PropertyId) -> &str {
        let id = usize::from(id);
        match self.entity.properties.get(id) {
            Some(property) => property.name,
            None => {
                self.extensions.get(id - self.entity.properties.len()).map_or("", String::as_str)
            }
        }
    }

    pub(crate) fn is_extension(&self, id: PropertyId) -> bool {
        usize::from(id) >= self.entity.properties.len()
    }

    pub(crate) fn store(&self, id: PropertyId) -> Store {
        self.property(id).map_or(Store::Directory, |property| property.store)
    }

    /// Returns the names of all properties that the directory stores, including extensions.
    pub(crate) fn stored(&self) -> Vec<&str> {
        let own =
            self.entity.properties.iter().filter(|property| property.store == Store::Directory);
        own.map(|property| property.name)
            .chain(self.extensions.iter().map(String::as_str))
            .collect()
    }

    fn property(&self, id: PropertyId) -> Option<&'static Property> {
        self.entity.properties.get(usize::from(id))
    }

    /// Returns the value in a listing of a property that was never set. A directory extension is
    /// left out then.
    pub(crate) fn unset(&self, id: PropertyId) -> Option<&'static str> {
        self.property(id).map(|property| match property.kind {
            Kind::Collection => "[]",
            Kind::ExtensionAttributes => UNSET_EXTENSION_ATTRIBUTES,
            Kind::Text | Kind::Flag | Kind::Complex => "null",
        })
    }

    /// Checks that all values are of their properties' kinds, and returns the JSON to store.
    pub(crate) fn accept_all<'a>(
        &self,
        properties: &'a Map<String, Value>,
    ) -> Result<Vec<(PropertyId, Cow<'a, Value>)>, ControlError> {
        properties
            .iter()
            .map(|(name, value)| self.accept(name, value).map_err(ControlError::Invalid))
            .collect()
    }

    /// Checks that a value is of the property's kind, and returns the JSON to store.
    fn accept<'a>(
        &self,
        name: &str,
        value: &'a Value,
    ) -> Result<(PropertyId, Cow<'a, Value>), String> {
        let id = self.find(name).ok_or_else(|| {
            format!(
                "Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                self.entity.name
            )
        })?;
        let kind = self.property(id).map_or(Kind::Text, |property| property.kind);
        let fits = match kind {
            Kind::Text => value.is_string() || value.is_null(),
            Kind::Flag => value.is_boolean() || value.is_null(),
            Kind::Collection => value.is_array(),
            Kind::Complex => value.is_object() || value.is_null(),
            Kind::ExtensionAttributes => return Ok((id, Cow::Owned(extension_attributes(value)?))),
        };
        if fits {
            Ok((id, Cow::Borrowed(value)))
        } else {
            Err(format!("'{name}' cannot be {value}"))
        }
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Schema").field(&self.entity.name).field(&self.extensions).finish()
    }
}

const UNSET_EXTENSION_ATTRIBUTES: &str = concat!(
    r#"{"extensionAttribute1":null,"extensionAttribute2":null,"extensionAttribute3":null,"#,
    r#""extensionAttribute4":null,"extensionAttribute5":null,"extensionAttribute6":null,"#,
    r#""extensionAttribute7":null,"extensionAttribute8":null,"extensionAttribute9":null,"#,
    r#""extensionAttribute10":null,"extensionAttribute11":null,"extensionAttribute12":null,"#,
    r#""extensionAttribute13":null,"extensionAttribute14":null,"extensionAttribute15":null}"#
);

/// Returns all fifteen extension attributes. Those that are not given are null.
fn extension_attributes(given: &Value) -> Result<Value, String> {
    let given = given.as_object().ok_or("'onPremisesExtensionAttributes' has to be an object")?;
    let names: Vec<String> = (1..=15).map(|n| format!("extensionAttribute{n}")).collect();
    if let Some(stray) = given.keys().find(|key| !names.contains(key)) {
        return Err(format!("'onPremisesExtensionAttributes' has no member '{stray}'"));
    }
    Ok(names
        .into_iter()
        .map(|name| {
            let value = given.get(&name).cloned().unwrap_or_default();
            (name, value)
        })
        .collect())
}
