//! The one registered application: its credentials and what it was granted.

use std::collections::BTreeSet;
use std::fmt;

use url::{Host, Url};

use super::certificate::Certificate;
use crate::error::ControlError;

/// Application permissions that open something here, and their app role ids
/// (<https://learn.microsoft.com/graph/permissions-reference>).
pub(crate) const PERMISSIONS: &[(&str, &str)] = &[
    ("Calendars.Read", "798ee544-9d2d-430c-a058-570e29e34338"),
    ("Calendars.ReadWrite", "ef54d2bf-783f-4e0f-bca1-3210c0444d99"),
    ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
    ("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
    ("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
    ("Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09"),
    ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
    ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
    ("Place.Read.All", "913b9306-0ce1-42b8-9137-6a7df690a760"),
    ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    ("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
    ("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
];

/// What the application is registered to ask for: granted from the start, until somebody revokes it.
pub(super) const REQUESTED: &[&str] =
    &["Calendars.ReadWrite", "Group.Read.All", "Place.Read.All", "User.Read.All"];

/// A client secret. Its value appears in no debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClientSecret(String);

impl ClientSecret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret([redacted])")
    }
}

/// The application and its service principal in the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) client_id: String,
    pub(crate) secret: ClientSecret,
    /// Object id of the service principal: `oid` of the tokens.
    pub(crate) object_id: String,
    pub(crate) name: String,
    granted: BTreeSet<&'static str>,
    certificates: Vec<Certificate>,
}

impl Registration {
    pub(crate) fn new(client_id: String, secret: ClientSecret, object_id: String) -> Self {
        Self {
            client_id,
            secret,
            object_id,
            name: "Room and people sync".to_owned(),
            granted: REQUESTED.iter().copied().collect(),
            certificates: Vec::new(),
        }
    }

    pub(crate) fn granted(&self) -> impl Iterator<Item = &'static str> {
        self.granted.iter().copied()
    }

    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Uploads a certificate beside those that are there, so that they can be rotated.
    pub(crate) fn add_certificate(&mut self, certificate: Certificate) -> Result<(), ControlError> {
        let value = certificate.thumbprint();
        if self.certificates.iter().any(|own| own.thumbprint() == value) {
            return Err(ControlError::Conflict { property: "thumbprint", value });
        }
        self.certificates.push(certificate);
        Ok(())
    }

    pub(crate) fn remove_certificate(&mut self, thumbprint: &str) -> Result<(), ControlError> {
        let at = self
            .certificates
            .iter()
            .position(|own| own.thumbprint().eq_ignore_ascii_case(thumbprint))
            .ok_or_else(|| ControlError::no("certificate", thumbprint))?;
        self.certificates.remove(at);
        Ok(())
    }

    /// Grants all that the application asks for.
    pub(super) fn consent(&mut self) {
        self.granted.extend(REQUESTED);
    }

    /// Grants or revokes. As with Entra, tokens that are out already keep what they have.
    pub(crate) fn set_granted(
        &mut self,
        permission: &str,
        granted: bool,
    ) -> Result<(), ControlError> {
        let (name, _) = PERMISSIONS
            .iter()
            .find(|(name, _)| *name == permission)
            .ok_or_else(|| ControlError::no("application permission", permission))?;
        if granted {
            self.granted.insert(name);
        } else {
            self.granted.remove(name);
        }
        Ok(())
    }
}

/// An address that a browser can be sent to with an answer.
pub(crate) fn redirect_uri(uri: &str) -> Option<Url> {
    let uri = Url::parse(uri).ok()?;
    (matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none()).then_some(uri)
}

/// Whether the application registered this address, letter by letter
/// (<https://learn.microsoft.com/entra/identity-platform/reply-url>). Where it registered none, any `http` address
/// of the loopback will do: ports of tests are not known beforehand.
pub(super) fn is_registered(registered: &[String], given: &str, parsed: &Url) -> bool {
    if !registered.is_empty() {
        return registered.iter().any(|uri| uri == given);
    }
    parsed.scheme() == "http"
        && match parsed.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
