//! Users, groups and memberships.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::enumeration::enumeration;

/// A user of the vendor's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct User {
    pub id: String,
    pub username: String,
    #[cfg_attr(feature = "wasmtime", component(name = "display-name"))]
    pub display_name: String,
    pub email: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "given-name"))]
    pub given_name: Option<String>,
    pub surname: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "job-title"))]
    pub job_title: Option<String>,
    pub department: Option<String>,
    pub office: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "mobile-phone"))]
    pub mobile_phone: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "business-phone"))]
    pub business_phone: Option<String>,
    pub language: Option<String>,
    #[cfg_attr(feature = "wasmtime", component(name = "card-number"))]
    pub card_number: Option<String>,
    pub enabled: bool,
    pub guest: bool,
    /// A stored record has none: see [`Self::keep_unknown`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UserField>,
}

impl User {
    /// Replaces the fields that are unknown by those of the stored record.
    pub fn keep_unknown(&mut self, stored: Self) {
        let unknown = std::mem::take(&mut self.unknown);
        if unknown.contains(&UserField::CardNumber) {
            self.card_number = stored.card_number;
        }
    }
}

enumeration! {
    /// A field that can be unknown although the user itself can be read.
    #[serde(rename_all = "camelCase")]
    UserField {
        CardNumber = "card-number",
    }
}

/// A group of the vendor's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Group {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub email: Option<String>,
}

/// A direct member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Membership {
    pub group: String,
    pub member: String,
}
