//! Users, groups and memberships.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{TextUse, enumeration::enumeration};

/// A user of the vendor's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct User<S = String> {
    pub id: S,
    pub username: S,
    #[cfg_attr(feature = "wasmtime", component(name = "display-name"))]
    pub display_name: S,
    pub email: Option<S>,
    #[cfg_attr(feature = "wasmtime", component(name = "given-name"))]
    pub given_name: Option<S>,
    pub surname: Option<S>,
    #[cfg_attr(feature = "wasmtime", component(name = "job-title"))]
    pub job_title: Option<S>,
    pub department: Option<S>,
    pub office: Option<S>,
    #[cfg_attr(feature = "wasmtime", component(name = "mobile-phone"))]
    pub mobile_phone: Option<S>,
    #[cfg_attr(feature = "wasmtime", component(name = "business-phone"))]
    pub business_phone: Option<S>,
    pub language: Option<S>,
    #[cfg_attr(feature = "wasmtime", component(name = "card-number"))]
    pub card_number: Option<S>,
    pub enabled: bool,
    pub guest: bool,
    /// A stored record has none: see [`Self::keep_unknown`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UserField>,
}

impl<'a, S: From<&'a str>> User<S> {
    /// Replaces the fields that are unknown by those of the stored record.
    pub fn keep_unknown(&mut self, stored: &'a User) {
        let unknown = std::mem::take(&mut self.unknown);
        if unknown.contains(&UserField::CardNumber) {
            self.card_number = stored.card_number.as_deref().map(S::from);
        }
    }
}

impl<S> User<S> {
    /// Returns the user with other texts: what `map` returns of each, and of how it is used.
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<User<U>, E> {
        let id = map(&self.id, TextUse::Key("user.id"))?;
        let mut read = |text| map(text, TextUse::Shown);
        Ok(User {
            id,
            username: read(&self.username)?,
            display_name: read(&self.display_name)?,
            email: self.email.as_ref().map(&mut read).transpose()?,
            given_name: self.given_name.as_ref().map(&mut read).transpose()?,
            surname: self.surname.as_ref().map(&mut read).transpose()?,
            job_title: self.job_title.as_ref().map(&mut read).transpose()?,
            department: self.department.as_ref().map(&mut read).transpose()?,
            office: self.office.as_ref().map(&mut read).transpose()?,
            mobile_phone: self.mobile_phone.as_ref().map(&mut read).transpose()?,
            business_phone: self.business_phone.as_ref().map(&mut read).transpose()?,
            language: self.language.as_ref().map(&mut read).transpose()?,
            card_number: self.card_number.as_ref().map(&mut read).transpose()?,
            enabled: self.enabled,
            guest: self.guest,
            unknown: self.unknown.clone(),
        })
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
pub struct Group<S = String> {
    pub id: S,
    pub name: S,
    pub description: Option<S>,
    pub email: Option<S>,
}

/// A direct member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Membership<S = String> {
    pub group: S,
    pub member: S,
}

impl<S> Group<S> {
    /// As [`User::try_map`].
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<Group<U>, E> {
        let id = map(&self.id, TextUse::Key("group.id"))?;
        let mut read = |text| map(text, TextUse::Shown);
        Ok(Group {
            id,
            name: read(&self.name)?,
            description: self.description.as_ref().map(&mut read).transpose()?,
            email: self.email.as_ref().map(&mut read).transpose()?,
        })
    }
}

impl<S> Membership<S> {
    /// As [`User::try_map`].
    ///
    /// # Errors
    /// Those of `map`.
    pub fn try_map<'a, U, E>(
        &'a self,
        map: &mut impl FnMut(&'a S, TextUse) -> Result<U, E>,
    ) -> Result<Membership<U>, E> {
        Ok(Membership {
            group: map(&self.group, TextUse::Key("membership.group"))?,
            member: map(&self.member, TextUse::Key("membership.member"))?,
        })
    }
}
