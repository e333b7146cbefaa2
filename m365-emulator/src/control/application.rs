//! [`Control`] over the registered application: its permissions, certificates and sign-ins.

use super::Control;
use crate::entra::consent;
use crate::error::ControlError;
use crate::state::certificate::{Certificate, RegisteredCertificate};
use crate::state::registration::redirect_uri;

impl Control {
    /// Lists the application permissions that are granted now. Tokens have those that were granted
    /// when the token was issued.
    #[must_use]
    pub fn permissions(&self) -> Vec<&'static str> {
        self.read(|state| state.registration.granted().collect())
    }

    /// Grants an application permission, such as `User.Read.All`. A permission that the emulator
    /// does not check, such as `Mail.Read`, is in the tokens too.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the emulator knows no permission of this name.
    pub fn grant(&self, permission: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.set_granted(permission, true))
    }

    /// Revokes an application permission.
    ///
    /// # Errors
    /// Same as for [`Control::grant`].
    pub fn revoke(&self, permission: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.set_granted(permission, false))
    }

    /// Grants the permissions that the application is registered to ask for, as an administrator
    /// does in the portal. Returns the address that the portal sends the administrator to, which
    /// has `admin_consent` and `tenant` but no `state`.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if the redirect URI is not an absolute http or https URL without a
    /// fragment.
    pub fn consent_in_portal(&self, redirect: &str) -> Result<String, ControlError> {
        let uri = redirect_uri(redirect)
            .ok_or_else(|| ControlError::Invalid(format!("`{redirect}` is not a redirect URI")))?;
        Ok(self.change(|state| consent::in_portal(state, &uri)).into())
    }

    /// Lists the certificates that the application can authenticate with.
    #[must_use]
    pub fn certificates(&self) -> Vec<RegisteredCertificate> {
        self.read(|state| {
            state.registration.certificates().iter().map(Certificate::record).collect()
        })
    }

    /// Uploads the first certificate of a PEM text, in addition to the others, and returns its
    /// thumbprint (SHA-1, hexadecimal). Other blocks of the text, such as a private key, are
    /// ignored.
    ///
    /// # Errors
    /// There is no certificate, it cannot be parsed, its key is not an RSA key, or it was uploaded
    /// before.
    pub fn add_certificate(&self, pem: &str) -> Result<String, ControlError> {
        let certificate = Certificate::from_pem(pem)?;
        let thumbprint = certificate.thumbprint();
        self.change(|state| state.registration.add_certificate(certificate))?;
        Ok(thumbprint)
    }

    /// Removes a certificate.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no certificate has this thumbprint.
    pub fn remove_certificate(&self, thumbprint: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.remove_certificate(thumbprint))
    }

    /// Makes a new signing key. The earlier keys stay published, unless `drop` is set. Graph
    /// accepts tokens that they signed in both cases.
    pub fn rotate_keys(&self, drop: bool) {
        self.change(|state| state.keys.rotate(drop));
    }

    /// Makes all authorization codes expire that were issued so far.
    pub fn expire_codes(&self) {
        self.change(|state| state.codes.expire());
    }
}
