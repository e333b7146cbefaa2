//! The properties that a change reported, stored until the rest of the record can be read.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{Json, Members};

/// Properties of one user or group by name, each as the JSON text that delta reported.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reported(BTreeMap<String, Box<RawValue>>);

impl Reported {
    /// Reads the properties of `item` that `select` names, a list as in `$select`.
    pub fn read(item: &RawValue, select: &str) -> Self {
        let members = Members::split(item);
        let properties = select.split(',').filter_map(|name| {
            members.get(name).map(|value| (name.to_owned(), (*value).to_owned()))
        });
        Self(properties.collect())
    }

    /// Adds what a later change reported. The later one wins.
    pub fn add(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Returns an object with these properties only.
    pub fn alone(&self) -> Box<RawValue> {
        to_raw_value(&self.0).unwrap_or_default()
    }

    /// Returns the object `body` with these properties in place of its own: a read by id can come
    /// from a replica that has not seen the change yet.
    pub fn over(&self, body: &RawValue) -> Box<RawValue> {
        let members = Members::split(body);
        let mut merged: BTreeMap<_, _> =
            members.iter().map(|(name, value)| (name, *value)).collect();
        merged.extend(self.0.iter().map(|(name, value)| (name.as_str(), &**value)));
        to_raw_value(&merged).unwrap_or_else(|_| body.to_owned())
    }

    /// Does the same as [`Self::over`], with the members of the object.
    pub(crate) fn over_members<'a>(&'a self, members: &Members<'a>) -> Members<'a> {
        let own = self.0.iter().map(|(name, value)| (Cow::Borrowed(&**name), Json::read(value)));
        members.clone().with(own)
    }

    /// Returns whether one of these properties was reported.
    pub fn names_any(&self, properties: &[&str]) -> bool {
        properties.iter().any(|name| self.0.contains_key(*name))
    }

    /// Returns the size of the names and values, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.get().len()).sum()
    }
}
