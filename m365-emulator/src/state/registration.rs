//! The one registered application: its credentials and its permissions.

use std::collections::BTreeSet;
use std::fmt;

use url::{Host, Url};

use super::certificate::Certificate;
use crate::error::ControlError;

/// Application permissions of Graph that can be granted
/// (<https://learn.microsoft.com/graph/permissions-reference>): those that the emulator checks, and
/// others that an administrator may have granted too. Other names are refused as typing errors.
const PERMISSIONS: &[&str] = &[
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "AuditLog.Read.All",
    "Calendars.Read",
    "Calendars.ReadBasic.All",
    "Calendars.ReadWrite",
    "ChannelMessage.Read.All",
    "Chat.Read.All",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "Device.Read.All",
    "Device.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Domain.Read.All",
    "Files.Read.All",
    "Files.ReadWrite.All",
    "Group.Create",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Mail.Read",
    "Mail.ReadBasic.All",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
    "Member.Read.Hidden",
    "Notes.Read.All",
    "Notes.ReadWrite.All",
    "OnlineMeetings.Read.All",
    "OnlineMeetings.ReadWrite.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "People.Read.All",
    "Place.Read.All",
    "Place.ReadWrite.All",
    "Policy.Read.All",
    "Reports.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Sites.FullControl.All",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Sites.Selected",
    "Tasks.Read.All",
    "Tasks.ReadWrite.All",
    "User.Export.All",
    "User.Invite.All",
    "User.ManageIdentities.All",
    "User.Read.All",
    "User.ReadBasic.All",
    "User.ReadWrite.All",
];

/// Permissions that the application is registered to ask for. They are granted from the start.
pub(crate) const REQUESTED: &[&str] =
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

    /// Uploads a certificate in addition to the others, so that certificates can be rotated.
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

    /// Grants all permissions that the application is registered to ask for.
    pub(crate) fn consent(&mut self) {
        self.granted.extend(REQUESTED);
    }

    /// Grants or revokes a permission. As with Entra, tokens that were issued before keep theirs.
    pub(crate) fn set_granted(
        &mut self,
        permission: &str,
        granted: bool,
    ) -> Result<(), ControlError> {
        let name = PERMISSIONS
            .iter()
            .find(|name| **name == permission)
            .ok_or_else(|| ControlError::no("application permission", permission))?;
        if granted {
            self.granted.insert(name);
        } else {
            self.granted.remove(name);
        }
        Ok(())
    }
}

/// Reads an address that a browser can be sent to: an absolute http or https URL without a
/// fragment.
pub(crate) fn redirect_uri(uri: &str) -> Option<Url> {
    let uri = Url::parse(uri).ok()?;
    (matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none()).then_some(uri)
}

/// Returns whether the application registered this address, compared as it is written
/// (<https://learn.microsoft.com/entra/identity-platform/reply-url>). If it registered none, any
/// `http` address of the loopback interface is accepted, because ports of tests are not known in
/// advance.
pub(crate) fn is_registered(registered: &[String], given: &str, parsed: &Url) -> bool {
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
