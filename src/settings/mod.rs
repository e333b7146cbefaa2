//! What the administrator entered: parsed, checked as a whole, and described.

mod attribute;
mod certificate;
mod check;
mod entry;
mod form;
pub mod pointer;

use std::time::SystemTime;

use serde_json::Value;

pub use attribute::{Attribute, AttributeLookup};
pub use certificate::Certificate;
pub(crate) use check::is_guid;

use crate::{cloud::Cloud, endpoints::Endpoints, error::FieldError, model::User, secret::Secret};

/// What the login button says where nobody named it.
pub const LOGIN_BUTTON: &str = "Sign in with Microsoft";

/// Checked settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Step 1 of the wizard.
    pub server: Server,
    /// Step 2: which rooms.
    pub rooms: RoomSelection,
    /// Step 3: which people.
    pub users: Users,
}

/// How to reach the tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// What ONES calls this integration.
    pub name: String,
    /// Who operates Office 365.
    pub cloud: Cloud,
    /// A GUID or a domain, in lower case.
    pub tenant_id: String,
    /// A GUID.
    pub client_id: String,
    /// How ONES proves to be the app.
    pub credential: Credential,
    /// The last day of the secret, where the administrator told. A certificate tells its own.
    pub secret_expires: Option<Day>,
}

/// What proves to Entra ID who asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    /// The client secret's value.
    Secret(Secret),
    /// A certificate whose key signs.
    Certificate(Box<Certificate>),
}

impl Credential {
    /// The client secret, where that is what is used.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Certificate(_) => None,
        }
    }

    /// What an administrator calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Secret(_) => "client secret",
            Self::Certificate(_) => "client certificate",
        }
    }

    /// What only the holder has, to derive keys from.
    pub fn private_bytes(&self) -> Vec<u8> {
        match self {
            Self::Secret(secret) => secret.reveal().as_bytes().to_vec(),
            Self::Certificate(certificate) => certificate.private_bytes(),
        }
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// As it was entered: `2027-05-01`.
    pub text: String,
    /// Its beginning, in UTC.
    pub day: SystemTime,
}

/// Which rooms to sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomSelection {
    /// Whatever there is.
    All,
    /// By id or e-mail address.
    Chosen(Vec<String>),
}

/// Which people to sync, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// For ONES: groups that a new person joins.
    pub default_groups: Vec<String>,
    /// Where the card number is.
    pub card_number: Option<CardNumber>,
    /// For ONES: the login button's name.
    pub login_button: String,
    /// Also people of other tenants.
    pub include_guests: bool,
    /// Also accounts that are blocked.
    pub include_disabled: bool,
    /// Ids of the groups that people are limited to, also by way of other groups; all people
    /// where there are none.
    pub only_groups: Vec<String>,
}

/// Where the number of a person's access card is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardNumber {
    /// In an attribute of that name.
    Attribute(Attribute),
    /// In the directory extension that holds `pager`, whatever it is called in full.
    Pager,
}

impl Users {
    /// Whether the person is one of those to sync, as far as the person's record tells: not
    /// whether they are in one of [`Self::only_groups`].
    pub fn select(&self, user: &User) -> bool {
        (self.include_guests || !user.guest) && (self.include_disabled || user.enabled)
    }
}

impl Settings {
    /// Reads what was entered.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn parse(json: &str) -> Result<Self, Vec<FieldError>> {
        let value: Value = serde_json::from_str(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            vec![FieldError::new("", format!("The settings are not JSON (at {place})"))]
        })?;
        check::check(&value)
    }

    /// Where to ask.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.server.cloud, &self.server.tenant_id)
    }
}

/// JSON Schema (2020-12) of the settings: made from the types in `form.rs`, kept as a file so
/// that the component need not carry what makes it. A test keeps the two equal.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_the_types() {
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .with(|it| it.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<form::Form>();
        let mut schema = serde_json::to_string_pretty(&schema).expect("JSON");
        schema.push('\n');
        if schema != SCHEMA {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/settings/schema.json");
            std::fs::write(path, schema).expect("the source folder can be written");
            panic!(
                "src/settings/schema.json was out of date and has been rewritten: look at it, then test again"
            );
        }
    }
}
