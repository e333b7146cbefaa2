//! The resource type `user`.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/user>, and for `@removed`
//! <https://learn.microsoft.com/graph/delta-query-overview>.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Reported, filled, members, read, removal, text_member};
use crate::{
    card_number::{Attribute, Lookup},
    model::{Removal, Unreadable, User, UserFields},
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

/// Knows which properties are needed, and turns them into records.
#[derive(Debug)]
pub struct UserReader {
    select: String,
    card_number: Option<Attribute>,
    unknown: UserFields,
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
        let unknown = UserFields::default();
        Self { select: select.join(","), card_number: card_number.cloned(), unknown }
    }

    /// Returns a reader for a run in which the attribute of the card number is not available:
    /// every user's card number is unknown.
    pub fn without_card_number() -> Self {
        Self { unknown: UserFields { card_number: true }, ..Self::new(None) }
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
        self.user(raw).unwrap_or_else(|reason| {
            let members = members(raw);
            let id =
                ["id", "userPrincipalName"].iter().find_map(|name| text_member(&members, name));
            Item::Unreadable(Unreadable { id: id.unwrap_or_else(|| "(no id)".to_owned()), reason })
        })
    }

    /// Reads an item of delta, which tells "at least" what changed: properties that were never
    /// set are absent, and so can be those that stayed as they were.
    pub fn change(&self, raw: &RawValue) -> Item {
        let members = members(raw);
        let Some(id) = text_member(&members, "id") else {
            return self.whole(raw);
        };
        if let Some(gone) = members.get("@removed") {
            return Item::Removed(id, removal(gone));
        }
        if self.select.split(',').any(|name| members.get(name).is_none()) {
            return Item::Partial(id);
        }
        self.whole(raw)
    }

    /// Returns the selected properties that an item of delta reports.
    pub fn reported(&self, raw: &RawValue) -> Reported {
        Reported::read(raw, &self.select)
    }

    fn user(&self, raw: &RawValue) -> Result<Item, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            id: Option<String>,
            user_principal_name: Option<String>,
            display_name: Option<String>,
            mail: Option<String>,
            given_name: Option<String>,
            surname: Option<String>,
            job_title: Option<String>,
            department: Option<String>,
            office_location: Option<String>,
            mobile_phone: Option<String>,
            business_phones: Option<Vec<Option<String>>>,
            preferred_language: Option<String>,
            account_enabled: Option<bool>,
            user_type: Option<String>,
            proxy_addresses: Option<Vec<String>>,
        }

        let payload: Payload = read(raw)?;
        let id = filled(payload.id).ok_or("id is missing")?;
        let username = filled(payload.user_principal_name).ok_or("userPrincipalName is missing")?;
        let email = filled(payload.mail);
        let mut addresses: Vec<_> = email.iter().map(|it| it.to_lowercase()).collect();
        // "SMTP:" marks the primary address, "smtp:" the others.
        addresses.extend(payload.proxy_addresses.into_iter().flatten().filter_map(|it| {
            let (kind, address) = it.split_once(':')?;
            kind.eq_ignore_ascii_case("smtp").then(|| address.to_lowercase())
        }));
        let user = User {
            id,
            display_name: filled(payload.display_name).unwrap_or_else(|| username.clone()),
            email,
            given_name: filled(payload.given_name),
            surname: filled(payload.surname),
            job_title: filled(payload.job_title),
            department: filled(payload.department),
            office: filled(payload.office_location),
            mobile_phone: filled(payload.mobile_phone),
            business_phone: payload.business_phones.into_iter().flatten().find_map(filled),
            language: filled(payload.preferred_language),
            card_number: self.number(raw)?,
            enabled: payload.account_enabled.unwrap_or(true),
            // Accounts from before 2014 have no userType; a guest's name tells all the same.
            guest: payload
                .user_type
                .map_or_else(|| username.contains("#EXT#"), |it| it.eq_ignore_ascii_case("guest")),
            username,
            unknown: self.unknown,
        };
        Ok(Item::User { user, addresses })
    }

    /// To the letter: leading zeros and spaces are part of a card's number.
    fn number(&self, raw: &RawValue) -> Result<Option<String>, String> {
        let Some(attribute) = &self.card_number else {
            return Ok(None);
        };
        let Some(value) = members(raw).get(attribute.property()) else {
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
