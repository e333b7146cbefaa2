//! Errors at the start and of the admin API. They are not among the answers of Entra and Graph.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is in use, does not belong to this machine, or is not allowed.
    #[error(
        "cannot listen on {address}: {source}; choose another address with --listen (port 0 \
         selects a free port)"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The CA certificate of this run could not be written.
    #[error("cannot write the CA certificate to {}: {source}", path.display())]
    WriteCa {
        /// Path of the file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// The id of the tenant or of the application is not a GUID.
    #[error("{name} is `{value}`, which is not a GUID (00000000-0000-0000-0000-000000000000)")]
    NotAGuid {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A browser cannot be redirected to this URI.
    #[error(
        "`{0}` is not a redirect URI; it has to be an absolute http or https URL without a fragment"
    )]
    NotARedirectUri(String),
    /// The application cannot authenticate with a client certificate.
    #[error("{0}")]
    ClientCertificate(ControlError),
    /// The configuration leads to no valid tenant.
    #[error("cannot make the tenant: {0}")]
    Tenant(ControlError),
    /// The client for notifications cannot be made.
    #[error("cannot make the client for notifications: {0}")]
    Client(reqwest::Error),
    /// The client secret is empty, which requests cannot distinguish from a missing secret.
    #[error("the client secret is empty")]
    EmptySecret,
}

/// Why a request to the admin API, or a call of [`Control`](crate::Control), failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The user, group, place, certificate or permission does not exist.
    #[error("there is no {kind} `{key}`")]
    NotFound {
        /// Kind of the object.
        kind: &'static str,
        /// Id, address or name in the request.
        key: String,
    },
    /// A value is not allowed. The text says which one, and why.
    #[error("{0}")]
    Invalid(String),
    /// An occurrence cannot be moved to or past the day of its neighbour in the series.
    #[error("an occurrence cannot be moved to or past the day of its neighbour")]
    CrossesNeighbour,
    /// A value that has to be unique is taken.
    #[error("another object has {property} `{value}` already")]
    Conflict {
        /// Name of the property.
        property: &'static str,
        /// Its value.
        value: String,
    },
}

impl ControlError {
    pub(crate) fn no(kind: &'static str, key: &str) -> Self {
        Self::NotFound { kind, key: key.to_owned() }
    }
}
