//! Certificates that the application authenticates with.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Serialize;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::ControlError;

/// An uploaded certificate, as the portal shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredCertificate {
    /// SHA-1 over the DER, in hexadecimal: the name of the certificate in the portal.
    pub thumbprint: String,
    /// Start of its validity, RFC 3339.
    pub not_before: String,
    /// End of its validity, RFC 3339.
    pub not_after: String,
}

/// A certificate with an RSA key. Any issuer is accepted, since an administrator uploaded it.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// SHA-1 over the DER.
    pub(crate) x5t: Vec<u8>,
    /// SHA-256 over the DER.
    pub(crate) x5t_s256: Vec<u8>,
    /// Start of its validity.
    pub(crate) start: jiff::Timestamp,
    /// End of its validity.
    pub(crate) end: jiff::Timestamp,
    /// RSAPublicKey (RFC 8017, A.1.1).
    key: Vec<u8>,
}

/// Signature algorithm of an assertion (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Ps256,
    Rs256,
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "PS256" => Some(Self::Ps256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

impl Certificate {
    /// Reads the first certificate of a PEM text, which may also contain other blocks, such as a
    /// private key.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if there is no certificate, it cannot be parsed, or its key is not
    /// an RSA key.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, ControlError> {
        let invalid = |why: &str| ControlError::Invalid(format!("not a client certificate: {why}"));
        let blocks = pem::parse_many(pem).map_err(|error| invalid(&error.to_string()))?;
        let der = blocks
            .iter()
            .find(|block| block.tag() == "CERTIFICATE")
            .ok_or_else(|| invalid("the PEM text has no block CERTIFICATE"))?
            .contents();
        let (_, parsed) =
            X509Certificate::from_der(der).map_err(|error| invalid(&error.to_string()))?;
        let key = parsed.public_key();
        if key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
            return Err(invalid("its key is not an RSA key"));
        }
        let time = |time: x509_parser::time::ASN1Time| {
            jiff::Timestamp::from_second(time.timestamp())
                .map_err(|error| invalid(&error.to_string()))
        };
        Ok(Self {
            x5t: digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().to_vec(),
            x5t_s256: digest(&SHA256, der).as_ref().to_vec(),
            start: time(parsed.validity().not_before)?,
            end: time(parsed.validity().not_after)?,
            key: key.subject_public_key.data.to_vec(),
        })
    }

    pub(crate) fn thumbprint(&self) -> String {
        hexadecimal(&self.x5t)
    }

    pub(crate) fn record(&self) -> RegisteredCertificate {
        RegisteredCertificate {
            thumbprint: self.thumbprint(),
            not_before: self.start.to_string(),
            not_after: self.end.to_string(),
        }
    }

    pub(crate) fn signed(&self, algorithm: Algorithm, message: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(algorithm.verification(), &self.key)
            .verify(message.as_bytes(), signature)
            .is_ok()
    }
}

/// Returns bytes in hexadecimal as Entra writes thumbprints.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
