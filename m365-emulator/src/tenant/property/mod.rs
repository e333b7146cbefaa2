//! The properties of users, groups and devices: which there are, and where Microsoft keeps them.

mod device;
mod group;
mod user;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::ControlError;

pub(crate) use self::device::DEVICE;
pub(crate) use self::group::GROUP;
pub(crate) use self::user::USER;

/// What a property's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Collection,
    Complex,
    /// `onPremisesExtensionAttributes`, which is there with fifteen members even where none is set.
    ExtensionAttributes,
}

/// Where a property is kept, which decides who may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// The directory itself: can be listed and tracked.
    Directory,
    /// Another service: can be read of one user, neither listed nor tracked.
    Elsewhere,
    /// The audit logs: needs a permission of its own.
    AuditLogs,
}

/// Names a property: an index into [`EntityType::properties`], beyond their end into the tenant's directory extensions.
pub(crate) type PropertyId = u16;

pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) store: Store,
}

const fn kept(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, store: Store::Directory }
}

const fn elsewhere(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, store: Store::Elsewhere }
}

/// A type of things in the directory.
pub(crate) struct EntityType {
    /// As OData calls it, behind `microsoft.graph.`.
    pub(crate) name: &'static str,
    /// All but `id`, in the order in which answers have them.
    pub(crate) properties: &'static [Property],
    /// What a listing answers with where `$select` does not say otherwise, beside `id`.
    pub(crate) default: &'static [&'static str],
    /// What the most modest permission shows, beside `id`; the rest is there but empty.
    pub(crate) basic: &'static [&'static str],
    /// Text properties that can be compared with `eq` and `in`, and tested with `startswith`.
    pub(crate) texts: &'static [&'static str],
    /// Flags that can be compared with `eq`.
    pub(crate) flags: &'static [&'static str],
}

/// Which properties a tenant's things of one type have: the type's and the tenant's own extensions.
#[derive(Clone)]
pub(crate) struct Schema {
    pub(crate) of: &'static EntityType,
    extensions: Vec<String>,
}

impl Schema {
    pub(crate) fn new(of: &'static EntityType) -> Self {
        Self { of, extensions: Vec::new() }
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

    fn position(&self, is_it: impl Fn(&str) -> bool) -> Option<PropertyId> {
        self.of
            .properties
            .iter()
            .map(|property| property.name)
            .chain(self.extensions.iter().map(String::as_str))
            .position(is_it)
            .and_then(|position| PropertyId::try_from(position).ok())
    }

    pub(crate) fn name(&self, id: PropertyId) -> &str {
        let id = usize::from(id);
        match self.of.properties.get(id) {
            Some(property) => property.name,
            None => self.extensions.get(id - self.of.properties.len()).map_or("", String::as_str),
        }
    }

    pub(crate) fn is_extension(&self, id: PropertyId) -> bool {
        usize::from(id) >= self.of.properties.len()
    }

    pub(crate) fn store(&self, id: PropertyId) -> Store {
        self.property(id).map_or(Store::Directory, |property| property.store)
    }

    /// All that the directory itself keeps, extensions included.
    pub(crate) fn kept(&self) -> Vec<&str> {
        let own = self.of.properties.iter().filter(|property| property.store == Store::Directory);
        own.map(|property| property.name)
            .chain(self.extensions.iter().map(String::as_str))
            .collect()
    }

    fn property(&self, id: PropertyId) -> Option<&'static Property> {
        self.of.properties.get(usize::from(id))
    }

    /// How a property that was never set looks in a listing. A directory extension does not look at all.
    pub(crate) fn unset(&self, id: PropertyId) -> Option<&'static str> {
        self.property(id).map(|property| match property.kind {
            Kind::Collection => "[]",
            Kind::ExtensionAttributes => UNSET_EXTENSION_ATTRIBUTES,
            Kind::Text | Kind::Flag | Kind::Complex => "null",
        })
    }

    /// Whether all values are of their properties' kinds; the JSON to store, or what is wrong.
    pub(crate) fn accept_all<'a>(
        &self,
        properties: &'a Map<String, Value>,
    ) -> Result<Vec<(PropertyId, Cow<'a, Value>)>, ControlError> {
        properties
            .iter()
            .map(|(name, value)| self.accept(name, value).map_err(ControlError::Invalid))
            .collect()
    }

    /// Whether a value is of the property's kind; the JSON to store, or what is wrong.
    fn accept<'a>(
        &self,
        name: &str,
        value: &'a Value,
    ) -> Result<(PropertyId, Cow<'a, Value>), String> {
        let id = self.find(name).ok_or_else(|| {
            format!(
                "Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                self.of.name
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
        f.debug_tuple("Schema").field(&self.of.name).field(&self.extensions).finish()
    }
}

const UNSET_EXTENSION_ATTRIBUTES: &str = r#"{"extensionAttribute1":null,"extensionAttribute2":null,"extensionAttribute3":null,"extensionAttribute4":null,"extensionAttribute5":null,"extensionAttribute6":null,"extensionAttribute7":null,"extensionAttribute8":null,"extensionAttribute9":null,"extensionAttribute10":null,"extensionAttribute11":null,"extensionAttribute12":null,"extensionAttribute13":null,"extensionAttribute14":null,"extensionAttribute15":null}"#;

/// All fifteen, those that were not given as null.
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
