//! The settings that an administrator enters: their schema, and their checks.

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

use crate::{
    cloud::Cloud,
    endpoints::Endpoints,
    error::FieldError,
    model::{BookingCalendar, User},
    secret::Secret,
};

/// Default text of the login button.
pub const LOGIN_BUTTON: &str = "Sign in with Microsoft";

/// Checked settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Step 1 of the wizard.
    pub server: Server,
    /// Step 2: the rooms to sync.
    pub rooms: RoomSelection,
    /// Step 2: whether and how to read their bookings.
    pub bookings: Bookings,
    /// Step 3: the users to sync.
    pub users: Users,
}

/// How to reach the tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Name of the integration in ONES.
    pub name: String,
    /// Who operates Office 365.
    pub cloud: Cloud,
    /// GUID or domain of the tenant, in lower case.
    pub tenant_id: String,
    /// GUID of the app.
    pub client_id: String,
    /// How ONES authenticates as the app.
    pub credential: Credential,
    /// Last day of the secret, where the administrator entered it. A certificate contains its own.
    pub secret_expires: Option<Day>,
}

/// How ONES authenticates to Entra ID.
#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    /// Value of the client secret.
    Secret(Secret),
    /// A certificate and its key, which signs assertions.
    Certificate(Box<Certificate>),
}

impl Credential {
    /// Returns the client secret; `None` where a certificate is used.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Secret(secret) => Some(secret),
            Self::Certificate(_) => None,
        }
    }

    /// Returns the name of the kind of credential.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Secret(_) => "client secret",
            Self::Certificate(_) => "client certificate",
        }
    }

    /// Returns the secret bytes of the credential, to derive keys from.
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
    /// The text that was entered: `2027-05-01`.
    pub text: String,
    /// Beginning of the day, in UTC.
    pub day: SystemTime,
}

/// Which rooms to sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomSelection {
    /// All rooms.
    All,
    /// These rooms, by id or e-mail address.
    Chosen(Vec<String>),
}

/// Whether and how to read the bookings of rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookings {
    /// Whether bookings are read.
    pub is_on: bool,
    /// Number of days ahead for which the host reads bookings.
    pub days: u16,
    /// Whether all users see titles. The host hides them; the plugin returns them in any case.
    pub titles_are_shown: bool,
    /// In whose calendar bookings are made.
    pub calendar: BookingCalendar,
    /// IANA name of the time zone of rooms that have none of their own.
    pub time_zone: Option<String>,
}

/// Which users to sync, and which attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// Groups of ONES that a new user joins.
    pub default_groups: Vec<String>,
    /// Where the card number is; `None` where card numbers are not synced.
    pub card_number: Option<CardNumber>,
    /// Text of the login button in ONES.
    pub login_button: String,
    /// Whether to sync guests.
    pub include_guests: bool,
    /// Whether to sync accounts that are blocked.
    pub include_disabled: bool,
    /// Ids of the groups whose members are synced, including members of groups within them. All
    /// users are synced where the list is empty.
    pub only_groups: Vec<String>,
}

/// Where the number of a user's access card is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardNumber {
    /// In the attribute with that name.
    Attribute(Attribute),
    /// In the directory extension for `pager`, whose full name must be looked up.
    Pager,
}

impl Users {
    /// Returns whether the record of the user meets the settings. [`Self::only_groups`] is not
    /// checked.
    pub fn selects(&self, user: &User) -> bool {
        (self.include_guests || !user.guest) && (self.include_disabled || user.enabled)
    }
}

impl Settings {
    /// Parses and checks the settings.
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

    /// Returns the URLs of the tenant.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.server.cloud, &self.server.tenant_id)
    }
}

/// JSON Schema (2020-12) of the settings, generated from the types in `form.rs`. It is a file so
/// that the component does not contain the generator. A test checks that the two are equal.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_matches_the_types() {
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<form::Form>();
        let mut schema = serde_json::to_string_pretty(&schema).expect("JSON");
        schema.push('\n');
        if schema != SCHEMA {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/settings/schema.json");
            std::fs::write(path, schema).expect("the source folder can be written");
            panic!(
                "src/settings/schema.json was out of date and has been rewritten: look at it, then \
                test again"
            );
        }
    }
}
