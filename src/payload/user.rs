//! The resource type `user`.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/user>, and for `@removed`
//! <https://learn.microsoft.com/graph/delta-query-overview>.

use serde_json::value::RawValue;

use super::{
    Json, Members, NO_ID, Reported,
    field::{filled, trimmed},
    json::are_equal,
    removal,
};
use crate::{
    model::{Removal, Unreadable, User, UserField},
    settings::{Attribute, AttributeLookup},
};

/// The properties of a record of ONES.
const SELECT: [&str; 15] = [
    "id",
    "userPrincipalName",
    "displayName",
    "mail",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "officeLocation",
    "mobilePhone",
    "businessPhones",
    "preferredLanguage",
    "accountEnabled",
    "userType",
    "proxyAddresses",
];

/// One item of `/users` or `/users/delta`.
#[derive(Debug, PartialEq)]
pub enum Item {
    /// A user, or a mailbox such as that of a room, which its addresses show.
    User {
        /// The record, with the primary e-mail address.
        user: User,
        /// Further e-mail addresses, in lower case.
        aliases: Vec<String>,
    },
    /// The user was removed.
    Removed(String, Removal),
    /// Only some of the selected properties; the others may have values.
    Partial(String),
    /// A property is wrong.
    Unreadable(Unreadable),
}

impl Item {
    /// Returns the same under the requested id, where the two differ in case only: the host may
    /// have stored another spelling.
    pub fn asked_as(self, id: &str) -> Self {
        match self {
            Self::User { mut user, aliases } if user.id.eq_ignore_ascii_case(id) => {
                id.clone_into(&mut user.id);
                Self::User { user, aliases }
            }
            item => item,
        }
    }
}

/// Reads users: knows the properties to select, and turns them into records.
#[derive(Debug)]
pub struct UserReader {
    select: String,
    card_number: Option<Attribute>,
    unknown: Vec<UserField>,
}

/// Returns a reader for the result of looking for the attribute of the card number.
impl From<&AttributeLookup> for UserReader {
    fn from(lookup: &AttributeLookup) -> Self {
        match lookup.warning {
            Some(_) => Self::without_card_number(),
            None => Self::new(lookup.attribute.as_ref()),
        }
    }
}

impl UserReader {
    /// Returns a reader that reads the card number from that attribute.
    pub fn new(card_number: Option<&Attribute>) -> Self {
        let mut select = SELECT.to_vec();
        let property = card_number.map(Attribute::property);
        select.extend(property.filter(|name| !SELECT.contains(name)));
        let unknown = Vec::new();
        Self { select: select.join(","), card_number: card_number.cloned(), unknown }
    }

    /// Returns a reader for a run in which the attribute of the card number is not available:
    /// every user's card number is unknown.
    pub fn without_card_number() -> Self {
        Self { unknown: vec![UserField::CardNumber], ..Self::new(None) }
    }

    /// Returns the attribute of the card number.
    pub fn card_number(&self) -> Option<&Attribute> {
        self.card_number.as_ref()
    }

    /// Returns the properties for `$select`.
    pub fn select(&self) -> &str {
        &self.select
    }

    /// Reads a complete item: of a listing or a read by id. An absent property has no value.
    pub fn read_complete(&self, raw: &RawValue) -> Item {
        self.read_members(&Members::read(raw))
    }

    /// Reads an item of delta, which contains "at least" what changed: an absent property has no
    /// value or is unchanged.
    pub fn read_change(&self, raw: &RawValue) -> Item {
        let members = Members::read(raw);
        let Some(id) = members.key_if_any("id") else {
            return self.read_members(&members);
        };
        if let Some(removal) = removal(&members) {
            return Item::Removed(id, removal);
        }
        if self.select.split(',').any(|name| members.get(name).is_none()) {
            return Item::Partial(id);
        }
        self.read_members(&members)
    }

    /// Does the same as [`Self::read_complete`], with the members of the item.
    pub(crate) fn read_members(&self, members: &Members<'_>) -> Item {
        self.user(members).unwrap_or_else(|reason| {
            let id = ["id", "userPrincipalName"].iter().find_map(|name| members.key_if_any(name));
            Item::Unreadable(Unreadable::new(id.unwrap_or_else(|| NO_ID.to_owned()), reason))
        })
    }

    /// Returns the selected properties that an item of delta reports.
    pub fn reported(&self, raw: &RawValue) -> Reported {
        Reported::read(raw, &self.select)
    }

    fn user(&self, members: &Members<'_>) -> Result<Item, String> {
        let id = members.key("id")?.ok_or("id is missing")?;
        let username = members.key("userPrincipalName")?.ok_or("userPrincipalName is missing")?;
        let email = members.address("mail")?;
        // "SMTP:" marks the primary address, "smtp:" the others. In WebAssembly, memchr finds the
        // colon sooner than `split_once`.
        let alias = |entry: &str| {
            let (kind, address) =
                entry.split_at_checked(memchr::memchr(b':', entry.as_bytes())?)?;
            let address = &address[1..];
            let address = trimmed(address);
            let is_email =
                email.as_ref().is_some_and(|it| are_equal(it.as_bytes(), address.as_bytes()));
            let is_alias = !is_email && trimmed(kind).eq_ignore_ascii_case("smtp");
            is_alias.then(|| address.to_lowercase())
        };
        let aliases = match members.value("proxyAddresses") {
            Json::List(entries) => {
                entries.iter().filter_map(|entry| alias(entry.as_str()?)).collect()
            }
            Json::Object(_) | Json::Unreadable => {
                return Err("proxyAddresses: not a list".to_owned());
            }
            entry => entry.as_str().and_then(alias).into_iter().collect(),
        };
        let user = User {
            id,
            display_name: members.text("displayName")?.unwrap_or_else(|| username.clone()),
            email,
            given_name: members.text("givenName")?,
            surname: members.text("surname")?,
            job_title: members.text("jobTitle")?,
            department: members.text("department")?,
            office: members.text("officeLocation")?,
            mobile_phone: members.text("mobilePhone")?,
            business_phone: members.texts("businessPhones")?.next(),
            language: members.text("preferredLanguage")?,
            card_number: self.number(members)?,
            enabled: members.flag("accountEnabled")?.unwrap_or(true),
            guest: is_guest(members.borrowed_text("userType")?.as_deref(), &username),
            username,
            unknown: self.unknown.clone(),
        };
        Ok(Item::User { user, aliases })
    }

    /// Reads the card number unchanged: leading zeros and spaces are part of it.
    fn number(&self, members: &Members<'_>) -> Result<Option<String>, String> {
        let Some(attribute) = &self.card_number else {
            return Ok(None);
        };
        let Some(value) = members.get(attribute.property()) else {
            return Ok(None);
        };
        let wrong = || format!("{attribute}: not a text");
        let inner = attribute.path().iter().skip(1);
        let value = inner.fold(value, |object, name| match object {
            Json::Unreadable => object,
            _ => object.get(name).unwrap_or(&Json::Null),
        });
        match value {
            Json::Null => Ok(None),
            Json::Text(text) => Ok(filled(text)),
            Json::Number(number) => Ok(Some(number.to_string())),
            Json::List(values) => match values.first() {
                None => Ok(None),
                Some(first) => first.as_str().map(filled).ok_or_else(wrong),
            },
            Json::Bool(_) | Json::Object(_) | Json::Unreadable => Err(wrong()),
        }
    }
}

/// Returns whether a user is a guest. Accounts from before 2014, and some that tools created, have
/// no type: the user name of a guest contains `#EXT#`.
fn is_guest(user_type: Option<&str>, username: &str) -> bool {
    match user_type.map(trimmed) {
        Some(user_type) => user_type.eq_ignore_ascii_case("guest"),
        None => username.to_ascii_lowercase().contains("#ext#"),
    }
}
