//! The attribute of users that contains the number of their access card.

use std::{fmt, str::FromStr};

/// The name of an attribute of a user, written as in `$filter`: `employeeId`,
/// `onPremisesExtensionAttributes/extensionAttribute1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    path: Vec<String>,
}

impl Attribute {
    /// Returns a directory extension by its full name.
    pub fn extension(name: String) -> Self {
        Self { path: vec![name] }
    }

    /// Returns the property that contains the attribute, for `$select`.
    pub fn property(&self) -> &str {
        &self.path[0]
    }

    /// Returns the names of the properties from the user down to the value; at least one.
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.join("/"))
    }
}

/// Properties of a user whose values are not text.
const NO_TEXT: [&str; 4] =
    ["accountEnabled", "onPremisesExtensionAttributes", "proxyAddresses", "employeeOrgData"];

/// Properties of a user that can contain a card number, in Graph's spelling.
const KNOWN_TEXTS: [&str; 8] = [
    "employeeId",
    "faxNumber",
    "mobilePhone",
    "businessPhones",
    "officeLocation",
    "postalCode",
    "mailNickname",
    "onPremisesSamAccountName",
];

/// Parses the name that an administrator entered, or one that [`fmt::Display`] wrote.
impl FromStr for Attribute {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        // It makes pages smaller and needs another permission:
        // https://learn.microsoft.com/graph/api/user-list.
        if name.eq_ignore_ascii_case("signInActivity") {
            return Err("signInActivity cannot be a card number");
        }
        if NO_TEXT.iter().any(|property| property.eq_ignore_ascii_case(name)) {
            return Err("This attribute is not text: choose one that holds the number itself");
        }
        const EXTENSION: &str = "extensionAttribute";
        let (head, tail) = name.split_at_checked(EXTENSION.len()).unwrap_or_default();
        let path: Vec<String> = if head.eq_ignore_ascii_case(EXTENSION) {
            if !matches!(tail.parse::<u8>(), Ok(1..=15)) || tail.starts_with(['0', '+']) {
                return Err("There are only extensionAttribute1 to extensionAttribute15");
            }
            vec!["onPremisesExtensionAttributes".to_owned(), format!("{EXTENSION}{tail}")]
        } else {
            // Graph returns them in its own spelling, not in the requested one.
            let known = KNOWN_TEXTS.iter().find(|known| known.eq_ignore_ascii_case(name));
            known.copied().unwrap_or(name).split('/').map(str::to_owned).collect()
        };
        let is_name = |name: &String| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if path.len() > 2 || !path.iter().all(is_name) {
            return Err(
                "This is not the name of an attribute such as employeeId or extensionAttribute1",
            );
        }
        Ok(Self { path })
    }
}

/// The result of looking for the attribute that the settings name. A run continues without it.
#[derive(Debug, Clone, Default)]
pub struct AttributeLookup {
    /// The attribute; `None` where the settings name none, or where it was not found.
    pub attribute: Option<Attribute>,
    /// Why it was not found, and what to do about it.
    pub warning: Option<String>,
}

impl From<Option<Attribute>> for AttributeLookup {
    fn from(attribute: Option<Attribute>) -> Self {
        Self { attribute, warning: None }
    }
}
