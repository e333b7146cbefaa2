//! The resource type `user`.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/user>, and for `@removed`
//! <https://learn.microsoft.com/graph/delta-query-overview>.

use serde_json::{Value, value::RawValue};

use super::{
    Members, NO_ID, Reported,
    field::{filled, trimmed},
    members, removal,
};
use crate::{
    card_number::{Attribute, Lookup},
    model::{Removal, Unreadable, User, UserField},
};

/// What a record of ONES is made of.
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
    /// A person, or a mailbox that is none: see `addresses`.
    User {
        /// The record.
        user: User,
        /// E-mail addresses in lower case, the primary one included.
        addresses: Vec<String>,
    },
    /// Gone.
    Removed(String, Removal),
    /// Delta told only some of what was selected; what is absent may have a value.
    Partial(String),
    /// Wrong in itself.
    Unreadable(Unreadable),
}

impl Item {
    /// The same under the id by which it was asked for, where the two differ in case alone: who
    /// asks may have stored another spelling.
    pub fn asked_as(self, id: &str) -> Self {
        match self {
            Self::User { mut user, addresses } if user.id.eq_ignore_ascii_case(id) => {
                id.clone_into(&mut user.id);
                Self::User { user, addresses }
            }
            item => item,
        }
    }
}

/// Knows which properties are needed, and turns them into records.
#[derive(Debug)]
pub struct UserReader {
    select: String,
    card_number: Option<Attribute>,
    unknown: Vec<UserField>,
}

/// A reader for what the look-up of the card number's attribute found.
impl From<&Lookup> for UserReader {
    fn from(lookup: &Lookup) -> Self {
        match lookup.warning {
            Some(_) => Self::without_card_number(),
            None => Self::new(lookup.attribute.as_ref()),
        }
    }
}

impl UserReader {
    /// With the card number from that attribute.
    pub fn new(card_number: Option<&Attribute>) -> Self {
        let mut select = SELECT.to_vec();
        let property = card_number.map(Attribute::property);
        select.extend(property.filter(|it| !SELECT.contains(it)));
        let unknown = Vec::new();
        Self { select: select.join(","), card_number: card_number.cloned(), unknown }
    }

    /// Returns a reader for a run in which the attribute of the card number is not available:
    /// every user's card number is unknown.
    pub fn without_card_number() -> Self {
        Self { unknown: vec![UserField::CardNumber], ..Self::new(None) }
    }

    /// Where the card number is.
    pub fn card_number(&self) -> Option<&Attribute> {
        self.card_number.as_ref()
    }

    /// For `$select`.
    pub fn select(&self) -> &str {
        &self.select
    }

    /// Reads an item of a listing, or of a `$batch`: what is absent has no value.
    pub fn whole(&self, raw: &RawValue) -> Item {
        self.read(&members(raw))
    }

    /// Reads an item of delta, which tells "at least" what changed: properties that were never
    /// set are absent, and so can be those that stayed as they were.
    pub fn change(&self, raw: &RawValue) -> Item {
        let members = members(raw);
        let Some(id) = members.key_if_any("id") else {
            return self.read(&members);
        };
        if let Some(removal) = removal(&members) {
            return Item::Removed(id, removal);
        }
        if self.select.split(',').any(|name| members.get(name).is_none()) {
            return Item::Partial(id);
        }
        self.read(&members)
    }

    fn read(&self, members: &Members<'_>) -> Item {
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
        let mut addresses: Vec<_> = email.iter().map(|it| it.to_lowercase()).collect();
        // "SMTP:" marks the primary address, "smtp:" the others.
        addresses.extend(members.texts("proxyAddresses")?.iter().filter_map(|it| {
            let (kind, address) = it.split_once(':')?;
            trimmed(kind).eq_ignore_ascii_case("smtp").then(|| trimmed(address).to_lowercase())
        }));
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
            business_phone: members.texts("businessPhones")?.into_iter().next(),
            language: members.text("preferredLanguage")?,
            card_number: self.number(members)?,
            enabled: members.flag("accountEnabled")?.unwrap_or(true),
            guest: is_guest(members.text("userType")?.as_deref(), &username),
            username,
            unknown: self.unknown.clone(),
        };
        Ok(Item::User { user, addresses })
    }

    /// To the letter: leading zeros and spaces are part of a card's number.
    fn number(&self, members: &Members<'_>) -> Result<Option<String>, String> {
        let Some(attribute) = &self.card_number else {
            return Ok(None);
        };
        let Some(value) = members.get(attribute.property()) else {
            return Ok(None);
        };
        let wrong = || format!("{attribute}: not a text");
        let value: Value = serde_json::from_str(value.get()).map_err(|_| wrong())?;
        let inner = attribute.path().iter().skip(1);
        let value = inner.fold(&value, |it, name| it.get(name).unwrap_or(&Value::Null));
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(filled(Some(text.clone()))),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::Array(values) => match values.first() {
                None => Ok(None),
                Some(first) => {
                    first.as_str().map(|it| filled(Some(it.to_owned()))).ok_or_else(wrong)
                }
            },
            Value::Bool(_) | Value::Object(_) => Err(wrong()),
        }
    }
}

/// Accounts from before 2014 have no type, nor have some that tools made; the name of a guest shows
/// it all the same.
fn is_guest(user_type: Option<&str>, username: &str) -> bool {
    match user_type.map(trimmed) {
        Some(user_type) => user_type.eq_ignore_ascii_case("guest"),
        None => username.to_ascii_lowercase().contains("#ext#"),
    }
}
