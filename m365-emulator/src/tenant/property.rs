//! The properties of `microsoft.graph.user`: which there are, and where Microsoft keeps them.

use std::borrow::Cow;

use serde_json::Value;

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

/// Names a property: an index into [`PROPERTIES`], beyond its end into the tenant's directory extensions.
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

/// All but `id`, in the order in which answers have them. Names and kinds from the schema
/// (<https://graph.microsoft.com/v1.0/$metadata>), the stores from
/// <https://learn.microsoft.com/graph/api/user-list> ("cannot be returned within a user collection").
pub(crate) const PROPERTIES: &[Property] = &[
    elsewhere("aboutMe", Kind::Text),
    kept("accountEnabled", Kind::Flag),
    kept("ageGroup", Kind::Text),
    kept("assignedLicenses", Kind::Collection),
    kept("assignedPlans", Kind::Collection),
    kept("authorizationInfo", Kind::Complex),
    elsewhere("birthday", Kind::Text),
    kept("businessPhones", Kind::Collection),
    kept("city", Kind::Text),
    kept("companyName", Kind::Text),
    kept("consentProvidedForMinor", Kind::Text),
    kept("country", Kind::Text),
    kept("createdDateTime", Kind::Text),
    kept("creationType", Kind::Text),
    kept("deletedDateTime", Kind::Text),
    kept("department", Kind::Text),
    kept("displayName", Kind::Text),
    kept("employeeHireDate", Kind::Text),
    kept("employeeId", Kind::Text),
    kept("employeeLeaveDateTime", Kind::Text),
    kept("employeeOrgData", Kind::Complex),
    kept("employeeType", Kind::Text),
    kept("externalUserState", Kind::Text),
    kept("externalUserStateChangeDateTime", Kind::Text),
    kept("faxNumber", Kind::Text),
    kept("givenName", Kind::Text),
    elsewhere("hireDate", Kind::Text),
    kept("identities", Kind::Collection),
    kept("imAddresses", Kind::Collection),
    elsewhere("interests", Kind::Collection),
    kept("isManagementRestricted", Kind::Flag),
    kept("isResourceAccount", Kind::Flag),
    kept("jobTitle", Kind::Text),
    kept("lastPasswordChangeDateTime", Kind::Text),
    kept("legalAgeGroupClassification", Kind::Text),
    kept("licenseAssignmentStates", Kind::Collection),
    kept("mail", Kind::Text),
    kept("mailNickname", Kind::Text),
    elsewhere("mailboxSettings", Kind::Complex),
    kept("mobilePhone", Kind::Text),
    elsewhere("mySite", Kind::Text),
    kept("officeLocation", Kind::Text),
    kept("onPremisesDistinguishedName", Kind::Text),
    kept("onPremisesDomainName", Kind::Text),
    kept("onPremisesExtensionAttributes", Kind::ExtensionAttributes),
    kept("onPremisesImmutableId", Kind::Text),
    kept("onPremisesLastSyncDateTime", Kind::Text),
    kept("onPremisesProvisioningErrors", Kind::Collection),
    kept("onPremisesSamAccountName", Kind::Text),
    kept("onPremisesSecurityIdentifier", Kind::Text),
    kept("onPremisesSyncEnabled", Kind::Flag),
    kept("onPremisesUserPrincipalName", Kind::Text),
    kept("otherMails", Kind::Collection),
    kept("passwordPolicies", Kind::Text),
    kept("passwordProfile", Kind::Complex),
    elsewhere("pastProjects", Kind::Collection),
    kept("postalCode", Kind::Text),
    kept("preferredDataLocation", Kind::Text),
    kept("preferredLanguage", Kind::Text),
    elsewhere("preferredName", Kind::Text),
    kept("provisionedPlans", Kind::Collection),
    kept("proxyAddresses", Kind::Collection),
    elsewhere("responsibilities", Kind::Collection),
    elsewhere("schools", Kind::Collection),
    kept("securityIdentifier", Kind::Text),
    kept("serviceProvisioningErrors", Kind::Collection),
    kept("showInAddressList", Kind::Flag),
    Property { name: "signInActivity", kind: Kind::Complex, store: Store::AuditLogs },
    kept("signInSessionsValidFromDateTime", Kind::Text),
    elsewhere("skills", Kind::Collection),
    kept("state", Kind::Text),
    kept("streetAddress", Kind::Text),
    kept("surname", Kind::Text),
    kept("usageLocation", Kind::Text),
    kept("userPrincipalName", Kind::Text),
    kept("userType", Kind::Text),
];

/// What `/users` answers with where `$select` does not say otherwise, beside `id`.
pub(crate) const DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// What `User.ReadBasic.All` shows, beside `id`; the rest is there but empty
/// (<https://learn.microsoft.com/graph/permissions-reference#userreadbasicall>).
pub(crate) const BASIC: &[&str] =
    &["displayName", "givenName", "mail", "securityIdentifier", "surname", "userPrincipalName"];

/// Which properties a tenant's users have: the schema's and the tenant's own extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    extensions: Vec<String>,
}

impl Schema {
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
        PROPERTIES
            .iter()
            .map(|property| property.name)
            .chain(self.extensions.iter().map(String::as_str))
            .position(is_it)
            .and_then(|position| PropertyId::try_from(position).ok())
    }

    pub(crate) fn name(&self, id: PropertyId) -> &str {
        let id = usize::from(id);
        match PROPERTIES.get(id) {
            Some(property) => property.name,
            None => self.extensions.get(id - PROPERTIES.len()).map_or("", String::as_str),
        }
    }

    pub(crate) fn store(id: PropertyId) -> Store {
        PROPERTIES.get(usize::from(id)).map_or(Store::Directory, |property| property.store)
    }

    /// How a property that was never set looks in a listing. A directory extension does not look at all.
    pub(crate) fn unset(id: PropertyId) -> Option<&'static str> {
        PROPERTIES.get(usize::from(id)).map(|property| match property.kind {
            Kind::Collection => "[]",
            Kind::ExtensionAttributes => UNSET_EXTENSION_ATTRIBUTES,
            Kind::Text | Kind::Flag | Kind::Complex => "null",
        })
    }

    /// Whether a value is of the property's kind; the JSON to store, or what is wrong.
    pub(crate) fn accept<'a>(
        &self,
        name: &str,
        value: &'a Value,
    ) -> Result<(PropertyId, Cow<'a, Value>), String> {
        let id = self.find(name).ok_or_else(|| {
            format!("Could not find a property named '{name}' on type 'microsoft.graph.user'.")
        })?;
        let kind = PROPERTIES.get(usize::from(id)).map_or(Kind::Text, |property| property.kind);
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
