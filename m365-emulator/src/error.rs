//! What can go wrong before, or beside, the answers that Microsoft would give.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, not of this machine, or not allowed.
    #[error(
        "cannot listen on {address}: {source}; choose another with --listen, port 0 takes a free one"
    )]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The certificate of the run's CA could not be written.
    #[error("cannot write the CA certificate to {}: {source}", path.display())]
    WriteCa {
        /// Where to.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// The tenant or the application has an id that Entra never gives.
    #[error("{name} is `{value}`, which is no GUID (00000000-0000-0000-0000-000000000000)")]
    NotAGuid {
        /// Which setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A redirect URI that no browser can be sent to.
    #[error(
        "`{0}` is no redirect URI; it has to be an absolute http or https URL without a fragment"
    )]
    NotARedirectUri(String),
    /// A client certificate that the application cannot prove itself with.
    #[error("{0}")]
    ClientCertificate(ControlError),
    /// No tenant could be made of the configuration.
    #[error("cannot make the tenant: {0}")]
    Tenant(ControlError),
    /// Basic authentication and forms carry any text, but an empty secret is what a missing one looks like.
    #[error("the client secret is empty")]
    EmptySecret,
}

/// A request to the admin side that cannot be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such user, group, place, certificate, or whatever else was named.
    #[error("there is no {kind} `{key}`")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// By which id or address.
        key: String,
    },
    /// A value does not fit.
    #[error("{0}")]
    Invalid(String),
    /// A name that must be unique is taken.
    #[error("another object has {property} `{value}` already")]
    Conflict {
        /// The property.
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
